"""Brings a database to the schema this version needs: migrations, then the audit's next months."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

import infra.migrations
from infra.migrations.policies import wall_sql

_FOLDER = Path(infra.migrations.__file__).parent
_MONTHS_AHEAD = 18


def migrate(admin_url: str) -> None:
    """Applies what is missing. Safe to run twice and by several processes: an advisory lock lets one work."""
    with psycopg.connect(admin_url, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(hashtext('yunfan.migrate'))")
        config = _config()
        config.attributes["admin_url"] = admin_url
        command.upgrade(config, "head")
        ensure_audit_partitions(admin_url, datetime.now(UTC))


def head() -> str:
    """The newest revision that this version of the code knows."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise LookupError("no migrations")
    return found


def as_sql() -> str:
    """All migrations as SQL text, for linting and for a DBA."""
    written = io.StringIO()
    config = _config()
    config.output_buffer = written
    with redirect_stdout(written):
        command.upgrade(config, "head", sql=True)
    return written.getvalue()


def ensure_audit_partitions(admin_url: str, now: datetime, months: int = _MONTHS_AHEAD) -> None:
    """Creates the monthly partitions of the audit from last month on; a default one catches what no month does."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("SET ROLE yunfan_owner")
        _partition(connection, "audit_entry_default", None, None)
        year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
        for _ in range(months + 2):
            following = (year, month + 1) if month < 12 else (year + 1, 1)
            name = f"audit_entry_{year}_{month:02}"
            _partition(connection, name, f"{year}-{month:02}-01", f"{following[0]}-{following[1]:02}-01")
            year, month = following


def _partition(connection: psycopg.Connection[object], name: str, start: str | None, end: str | None) -> None:
    if connection.execute("SELECT to_regclass(%s)", [f"app.{name}"]).fetchone() != (None,):
        return
    bounds = (
        sql.SQL("DEFAULT")
        if start is None or end is None
        else sql.SQL("FOR VALUES FROM ({}) TO ({})").format(sql.Literal(f"{start} UTC"), sql.Literal(f"{end} UTC"))
    )
    connection.execute(
        sql.SQL("CREATE TABLE {} PARTITION OF app.audit_entry {}").format(sql.Identifier("app", name), bounds)
    )
    # A partition read directly would otherwise show every tenant's rows; nobody but the owner is granted it either.
    for statement in wall_sql(name, scoped=True, unscoped_path=True, append_only=True):
        if not statement.startswith("GRANT"):
            connection.execute(statement.encode())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
