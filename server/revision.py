"""Which schema the database stands at. Which one the code needs: server.migrate.head."""

from __future__ import annotations

from sqlalchemy import text

from kernel.db import Database


async def schema_revision(database: Database) -> str | None:
    """The revision, None before the first migration."""
    async with database.app.connect() as connection:
        exists = await connection.execute(text("SELECT to_regclass('platform.schema_version') IS NOT NULL"))
        if not exists.scalar_one():
            return None
        found = await connection.execute(text("SELECT version_num FROM platform.schema_version"))
        return found.scalar_one_or_none()
