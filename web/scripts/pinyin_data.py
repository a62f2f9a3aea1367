"""Writes web/src/values/pinyin_data.json, the server's tables of readings as the app needs them.

`.venv/bin/python web/scripts/pinyin_data.py` from the top folder, whenever `values/pinyin_readings.py` or the package
pypinyin changes; tests/values/test_pinyin_vectors.py tells when that was forgotten.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

_TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_TOP))

from values.pinyin_readings import PHRASES, POLYPHONES, SURNAMES, _source, numbered_readings, with_tone  # noqa: E402

TARGET = _TOP / "web" / "src" / "values" / "pinyin_data.json"
_FIRST = 0xA1  # a syllable is written as the character of this number on; all of them are two bytes
_NONE = "\u00a0"
_LONGEST_GAP = 24  # of characters without a reading within one stretch


def data() -> dict[str, object]:
    """`stretches`: first code points; `readings`: by stretch the default syllable of each character from there on."""
    default = {int(code): found[0] for code in _source() if (found := numbered_readings(chr(int(code))))}
    syllables = sorted(set(default.values()))
    sign = {syllable: chr(_FIRST + number) for number, syllable in enumerate(syllables)}
    stretches: list[int] = []
    readings: list[str] = []
    last = -1
    for code in sorted(default):
        if last < 0 or code - last > _LONGEST_GAP:
            stretches.append(code)
            readings.append("")
        else:
            readings[-1] += _NONE * (code - last - 1)
        readings[-1] += sign[default[code]]
        last = code
    fixed = {(char, read) for phrase, reads in PHRASES.items() for char, read in zip(phrase, reads, strict=True)}
    fixed |= set(SURNAMES.items())
    return {
        "syllables": " ".join(syllables),
        "stretches": stretches,
        "readings": readings,
        "toned": {f"{char}{syllable}": with_tone(char, syllable)[-1] for char, syllable in sorted(fixed)},
        "surnames": SURNAMES,
        "phrases": {phrase: " ".join(reads) for phrase, reads in PHRASES.items()},
        "polyphones": {char: " ".join(reads) for char, reads in POLYPHONES.items()},
        "folds": _folds(),
    }


def _folds() -> dict[str, str]:
    """Characters whose case folding is not their small letter."""
    every = (chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000)
    return {char: char.casefold() for char in every if char.casefold() != char.lower()}


def text() -> str:
    return json.dumps(data(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
