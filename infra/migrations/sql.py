"""A migration is a SQL file beside its revision: what squawk reads is what runs."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run_file(revision_file: str) -> None:
    """Runs `<revision>.sql`, statement by statement (a statement ends with `;` at the end of a line)."""
    for statement in statements(Path(revision_file).with_suffix(".sql")):
        op.execute(statement.replace(":", r"\:"))


def statements(path: Path) -> list[str]:
    """The statements of a migration file, without comment lines."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip()]
