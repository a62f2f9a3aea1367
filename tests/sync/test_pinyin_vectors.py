"""sync/vectors/pinyin.json, done by the server: a device sorts names by the same keys.

New names are put into the file with an empty key; `YUNFAN_WRITE_VECTORS=1` writes the keys in.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

from values.pinyin import sort_key

_TOP = Path(__file__).parents[2]
_FILE = _TOP / "sync" / "vectors" / "pinyin.json"
_SCRIPT = _TOP / "web" / "scripts" / "pinyin_data.py"


def test_keys() -> None:
    names = [name for name, _ in json.loads(_FILE.read_text(encoding="utf-8"))]
    made = [[name, sort_key(name)] for name in names]
    if os.environ.get("YUNFAN_WRITE_VECTORS"):
        lines = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in made)
        _FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    assert json.loads(_FILE.read_text(encoding="utf-8")) == made
    assert len(names) == len(set(names)) >= 300


def test_the_apps_tables_are_the_servers() -> None:
    spec = importlib.util.spec_from_file_location("pinyin_data", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.text()
