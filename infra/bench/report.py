"""A measured figure, and how figures are kept: results.json in git, so that a later change is compared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `goal` is text such as "<= 1.10"; `holds` whether the value meets it (None: no goal)."""

    name: str
    value: float
    unit: str
    goal: str | None
    holds: bool | None
    detail: str


def at_most(name: str, value: float, unit: str, goal: float, detail: str) -> Row:
    """A figure that must not exceed `goal`."""
    return Row(name, round(value, 4), unit, f"<= {goal:g}", value <= goal, detail)


def at_least(name: str, value: float, unit: str, goal: float, detail: str) -> Row:
    """A figure that must not fall below `goal`."""
    return Row(name, round(value, 4), unit, f">= {goal:g}", value >= goal, detail)


def merged(old: list[Row], new: list[Row], prefix: str | None) -> list[Row]:
    """The new rows; with a prefix, beside the old ones that it does not cover. Ordered by name."""
    kept = [row for row in old if prefix is not None and not row.name.startswith(prefix)]
    return sorted([*kept, *new], key=lambda row: row.name)


def load() -> list[Row]:
    if not RESULTS.exists():
        return []
    return [Row(**row) for row in json.loads(RESULTS.read_text(encoding="utf-8"))]


def save(rows: Iterable[Row]) -> None:
    text = json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def table(rows: Iterable[Row]) -> str:
    """The rows as a text table."""
    lines = [("name", "value", "unit", "goal", "holds", "detail")]
    mark = {True: "yes", False: "NO", None: "-"}
    lines += [(r.name, f"{r.value:g}", r.unit, r.goal or "-", mark[r.holds], r.detail) for r in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line[:5], widths, strict=True)) + "  " + line[5]
        for line in lines
    )
