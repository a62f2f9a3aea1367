"""The operator's read-only switch: every company can read and export, nobody can change anything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text, update

from kernel.db import Database
from kernel.entity import table
from kernel.tables import ServiceState


async def set_maintenance(database: Database, on: bool, reason_zh: str, reason_en: str, *, now: datetime) -> None:
    """Switches maintenance for the whole service; it holds from each command's next start.

    The reasons are told to everybody whose command is refused. Setting it again keeps the first instant.
    """
    state = table(ServiceState)
    values = {
        "read_only_since": text("coalesce(read_only_since, :now)").bindparams(now=now) if on else None,
        "reason_zh": reason_zh if on else None,
        "reason_en": reason_en if on else None,
    }
    async with database.platform_session() as connection:
        await connection.execute(update(state).where(state.c.id == 1).values(values))


async def maintenance_since(database: Database) -> datetime | None:
    """Since when the service is read-only; None while it is open."""
    state = table(ServiceState)
    async with database.platform_session() as connection:
        found: datetime | None = await connection.scalar(select(state.c.read_only_since).where(state.c.id == 1))
        return found
