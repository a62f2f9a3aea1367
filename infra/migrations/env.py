"""Alembic's entry: runs as the owner of the schemas, with a lock time-out, one transaction per migration."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

_OPTIONS: dict[str, Any] = {
    "version_table": "schema_version",
    "version_table_schema": "platform",
    "transaction_per_migration": True,
}


def run() -> None:
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True, **_OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
        return
    url = context.config.attributes["admin_url"].replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET ROLE yunfan_owner"))
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.execute(text("SET statement_timeout = '10min'"))
        connection.commit()
        context.configure(connection=connection, **_OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


run()
