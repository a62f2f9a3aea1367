"""The part of docs/guide/api.md that derives from the refusals: every code with its status, sentence and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from exchange.errors_text import CELL_PROBLEMS, FILE_PROBLEMS, WARNINGS, Wording
from values.errors import Refusal

_ONLY_A_PLACE = re.compile(r"\{\w+\}")
_SAID_THEN = ("（写明具体原因）", "(says what exactly is wrong)")
_HEAD = "|---|---|---|---|"


def codes(refusals: Sequence[type[Refusal]]) -> str:
    """Markdown: a table of all codes, then what a file or a cell of an import may have wrong with it."""
    return "\n".join([*_refusals(refusals), "", *_wordings()])


def _refusals(refusals: Sequence[type[Refusal]]) -> Iterator[str]:
    yield "| code | HTTP | 说明 Sentence | 处理 Remedy |"
    yield _HEAD
    for found in refusals:
        status = found.status or found.kind.http_status
        again = " ↻" if found.kind.transient else ""
        told = _both(found.zh, found.en), _both(found.remedy_zh, found.remedy_en)
        yield f"| `{found.code}` | {status}{again} | {told[0]} | {told[1]} |"


def _wordings() -> Iterator[str]:
    yield "| code | 出现在 Where | 说明 Sentence | 处理 Remedy |"
    yield _HEAD
    for code, wording in sorted(FILE_PROBLEMS.items()):
        yield _worded(code, "`FILE_UNREADABLE`", wording)
    for code, wording in sorted(CELL_PROBLEMS.items()):
        yield _worded(code, "`warnings`" if code in WARNINGS else "`problems`", wording)


def _worded(code: str, where: str, wording: Wording) -> str:
    told = _both(wording.zh, wording.en), _both(wording.remedy_zh, wording.remedy_en)
    return f"| `{code}` | {where} | {told[0]} | {told[1]} |"


def _both(zh: str, en: str) -> str:
    """A sentence that consists of what is found at run time is described instead."""
    pair = _SAID_THEN if _ONLY_A_PLACE.fullmatch(zh) else (zh, en)
    return "<br>".join(text.replace("|", "\\|").replace("<", "&lt;") for text in pair)
