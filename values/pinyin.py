"""Order and search of names as Chinese users expect them: pinyin, initials, parts of the name.

Sort rule (a device must arrive at the same keys, so it is exact):
1. NFKC, casefold; accents of Latin letters are dropped.
2. The text is cut into units: one Han character; a run of digits; a run of other letters. Anything else only separates.
3. Each unit is written in ASCII:
   - Han character: default reading without tone, tone digit (5 = neutral), code point in at least 4 hex digits:
     李 → `li3674e`.
     The reading is that of the longest entry of PHRASES that covers the character (leftmost first), else, for the first
     character of a text of two to four Han characters and nothing else, that of SURNAMES, else the first reading.
   - digits: leading zeros dropped, then the count of digits in two places before them: 9 → `019`, 10 → `0210`.
   - letters a-z: as they are. Any other character: `~` and its code point in 5 hex digits.
4. The units are joined by one space and the key is cut at 240 characters.
Comparing keys byte by byte (COLLATE "C", SQLite BINARY, JavaScript `<`) then gives the human order.

Search rule: a row is found when one of its terms starts with `query_term(what the user typed)`; a prefix range over a
B-tree `(tenant_id, term)` answers it.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from values.pinyin_readings import PHRASES, SURNAMES, numbered_readings, search_readings, with_tone

MAX_TERMS = 64
MAX_TERM_CHARS = 64
MAX_SORT_KEY_CHARS = 240
_MAX_STARTS = 20  # parts of a name at which a search may begin; three kinds of terms fit 64
# Longest first. Each Han character is one part, which is what _starts counts.
_LEGAL_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "分公司", "公司")
_MAX_COMBINATIONS = 16  # readings of one name
_MAX_TAILS = 4  # readings of what follows a polyphone

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_UNITS = re.compile(rf"[{_HAN}]|[0-9]+|[^\W_0-9{_HAN}]+")
_HAN_NAME = re.compile(rf"[{_HAN}]{{2,4}}")
_IS_HAN = re.compile(f"[{_HAN}]")
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")
_PHRASE = re.compile("|".join(sorted(map(re.escape, PHRASES), key=len, reverse=True)))
_LANDLINE = re.compile(r"86(?!1[3-9][0-9]{9}$)([1-9][0-9]{8,11})")  # +86, area code, 7 or 8 digits
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#|,)\s*\d{1,6}\s*$", re.IGNORECASE)


def _fold(text: str) -> str:
    """NFKC and casefold; é → e, but kana and Hangul keep their marks."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if _has_accents(folded):
        folded = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return folded


def _has_accents(text: str) -> bool:
    return any("\u00c0" <= char < "\u0370" or "\u1e00" <= char < "\u1f00" for char in text)


def query_term(text: str) -> str:
    """What a user typed, in the form of the terms: letters and digits only, folded, at most 64 characters.

    '' means that nothing searchable was typed: the caller must not search for it (it would match everything).
    """
    return "".join(_UNITS.findall(_fold(text)))[:MAX_TERM_CHARS]


def _fixed_readings(text: str, units: list[re.Match[str]]) -> dict[int, str]:
    """Readings that a word or a family name fixes: {index of the unit: syllable}."""
    fixed: dict[int, str] = {}
    if _HAN_NAME.fullmatch(text) and text[0] in SURNAMES:
        fixed[0] = SURNAMES[text[0]]
    phrases = list(_PHRASE.finditer(text))
    if phrases:
        index_at = {unit.start(): index for index, unit in enumerate(units)}
        for phrase in phrases:
            for offset, syllable in enumerate(PHRASES[phrase.group()]):
                fixed[index_at[phrase.start() + offset]] = syllable
    return fixed


def sort_key(text: str) -> str:
    """ASCII key whose byte order is the human order of names; see the rule at the top of this file."""
    folded = _fold(text)
    units = list(_UNITS.finditer(folded))
    fixed = _fixed_readings(folded, units)
    return " ".join(_sort_unit(unit.group(), fixed.get(index)) for index, unit in enumerate(units))[:MAX_SORT_KEY_CHARS]


@lru_cache(maxsize=16_384)
def _sort_unit(unit: str, syllable: str | None) -> str:
    if "0" <= unit[0] <= "9":
        digits = unit.lstrip("0") or "0"
        return f"{min(len(digits), 99):02d}{digits}"
    if _IS_HAN.match(unit):
        readings = numbered_readings(unit)
        if syllable is not None:
            return f"{with_tone(unit, syllable)}{ord(unit):04x}"
        if readings:
            return f"{readings[0]}{ord(unit):04x}"
    return "".join(char if "a" <= char <= "z" else f"~{ord(char):05x}" for char in unit)


def _unit_readings(unit: str, fixed: str | None, surname: str | None) -> tuple[str, ...]:
    if not _IS_HAN.match(unit):
        return (unit,)
    readings = search_readings(unit) or (unit,)
    if fixed is None and surname is None:
        return readings
    return tuple(dict.fromkeys(reading for reading in (fixed, *readings, surname) if reading is not None))


def _combinations(readings: list[tuple[str, ...]]) -> list[list[str]]:
    """Every choice of readings, the defaults first, at most 16; later polyphones keep their default beyond that."""
    combinations: list[list[str]] = [[]]
    for choices in readings:
        if len(choices) > 1 and len(combinations) * len(choices) <= _MAX_COMBINATIONS:
            combinations = [[*chosen, choice] for choice in choices for chosen in combinations]
        else:
            for chosen in combinations:
                chosen.append(choices[0])
    return combinations


def _starts(parts: list[str]) -> int:
    """At how many parts a search may begin: not inside the legal form that ends most companies' names.

    Nobody looks for 公司 or ltd, and each such start costs three rows in the term table.
    """
    name = "".join(parts)
    for legal in _LEGAL_FORMS:
        if name.endswith(legal) and len(name) > len(legal):
            return max(1, min(len(parts) - len(legal), _MAX_STARTS))
    return min(len(parts), _MAX_STARTS)


def _suffixes(parts: list[str], starts: int = _MAX_STARTS) -> list[str]:
    """['yun', 'fan', 'ke'] → ['yunfanke', 'fanke', 'ke'], the first `starts` of them."""
    joined = "".join(parts)
    suffixes, offset = [], 0
    for part in parts[:starts]:
        suffixes.append(joined[offset : offset + MAX_TERM_CHARS])
        offset += len(part)
    return suffixes


def _initials(parts: list[str], starts: int = _MAX_STARTS) -> list[str]:
    """Initials and their suffixes down to two letters: ['yun', 'fan', 'ke'] → ['yfk', 'fk']."""
    letters = "".join([part[0] for part in parts])
    return [letters[start : start + MAX_TERM_CHARS] for start in range(min(len(letters) - 1, starts))]


def search_terms(text: str) -> list[str]:
    """Terms under which a name is found, most useful first; at most 64 of at most 64 characters, none twice.

    云帆科技 → 云帆科技 帆科技 科技 技, yunfankeji fankeji keji ji, yfkj fkj kj. Common second readings of a character
    count too (重庆: chongqing, zhongqing), ü is found as v and as u, a Latin word counts as one syllable.
    """
    folded = _fold(text)
    units = list(_UNITS.finditer(folded))
    if not units:
        return []
    parts = [unit.group() for unit in units]
    starts = _starts(parts)
    terms = _suffixes(parts, starts)
    if not folded.isascii():
        terms += _reading_terms(folded, units, parts, starts)
    elif len(parts) > 1:
        terms += _initials(parts)
    return list(dict.fromkeys(terms))[:MAX_TERMS]


def _reading_terms(folded: str, units: list[re.Match[str]], parts: list[str], starts: int) -> list[str]:
    fixed = _fixed_readings(folded, units)
    readings = [_unit_readings(part, fixed.get(index), None) for index, part in enumerate(parts)]
    if parts[0] in SURNAMES:
        readings[0] = _unit_readings(parts[0], fixed.get(0), SURNAMES[parts[0]])
    combinations = _combinations(readings)
    terms = _suffixes(combinations[0], starts) + _initials(combinations[0], starts)
    if len(combinations) > 1:
        others = combinations[1:]
        terms += _from_each_polyphone(readings, starts)
        spelled = [_suffixes(combination, starts) for combination in others]
        initials = [_initials(combination, starts) for combination in others]
        terms += [suffixes[0] for suffixes in spelled]
        terms += [suffixes[0] for suffixes in initials if suffixes]
        terms += _transposed_tails(spelled) + _transposed_tails(initials)
    return terms


def _from_each_polyphone(readings: list[tuple[str, ...]], starts: int) -> list[str]:
    """What begins at a polyphone read the other way: 曾记 → zengji, zj. It comes before the longer combinations,

    because people type a distinctive part of a company's name more often than all of it.
    """
    terms = []
    for index, choices in enumerate(readings[:starts]):
        if len(choices) == 1:
            continue
        tails = _combinations(readings[index + 1 :])[:_MAX_TAILS]
        for parts in ([other, *tail] for other in choices[1:] for tail in tails):
            terms += ["".join(parts)[:MAX_TERM_CHARS], *_initials(parts)[:1]]
    return terms


def _transposed_tails(lists: list[list[str]]) -> list[str]:
    """Second terms of all lists, then the third ones: when the cap cuts, every reading keeps its longest terms."""
    longest = max(map(len, lists))
    return [suffixes[start] for start in range(1, longest) for suffixes in lists if start < len(suffixes)]


def phone_terms(phone: str) -> list[str]:
    """Terms of a telephone number: its digits, the national number, and every ending down to the last four.

    '+86 138-0000-1234' → 8613800001234, 13800001234 … 1234. A mobile number without country code is also found with 86,
    a landline with it also by the 0 before its area code, a number with an extension also without it.
    """
    folded = _fold(phone)
    bare = _EXTENSION.sub("", folded)
    terms: list[str] = []
    for number in dict.fromkeys((bare, folded)):
        digits = re.sub(r"[^0-9]+", "", number).removeprefix("00")[:20]
        if len(digits) == 11 and digits[0] == "1":
            digits = "86" + digits
        landline = _LANDLINE.fullmatch(digits)
        terms += [f"0{landline[1]}"] if landline else []
        terms += [digits[start:] for start in range(len(digits) - 3)] or [digits]
    return _bounded(terms)


def email_terms(email: str) -> list[str]:
    """Terms of an e-mail address: whole, local part from each of its words, domain (as `query_term` writes them)."""
    local, _, domain = _fold(email).strip().rpartition("@")
    words = _UNITS.findall(local)
    local_starts = _suffixes(words)
    return _bounded([query_term(email), *local_starts, *_suffixes(_UNITS.findall(domain))])


def code_terms(code: str) -> list[str]:
    """Terms of a code or number: KH-2024-001 → kh2024001, 2024001, 001."""
    return _bounded([query_term(code), *_suffixes(_UNITS.findall(_fold(code)))])


def _bounded(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(term[:MAX_TERM_CHARS] for term in terms if term))[:MAX_TERMS]
