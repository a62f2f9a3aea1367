"""Prints the DDL of everything the entities declare: the raw material of a migration.

    python -m infra.migrations.draft > infra/migrations/versions/NNNN_name.sql

A person cuts it down to what is new. A contract test compares the migrated database with the entities.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.migrations.policies import platform_sql, reference_sql, wall_sql
from kernel.entity import Base, Wall, table
from server.catalogue import load_rooms
from tenants.platform_tables import PlatformBase

_DIALECT: Dialect = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
_PROVISION = {
    "user": "SELECT, INSERT, UPDATE",
    "user_identifier": "SELECT, INSERT, UPDATE",
    "tenant": "SELECT, INSERT",
    "membership": "SELECT, INSERT, UPDATE",
    "session": "SELECT, INSERT, UPDATE",
    "device_use": "SELECT",
    "link_token": "SELECT, INSERT, UPDATE",
    "security_log": "INSERT",
    "earlier_password": "SELECT (user_id), DELETE",
}


def statements() -> Iterator[str]:
    """CREATE TABLE, CREATE INDEX, policies and grants, in dependency order."""
    load_rooms()
    walls = {table(m.class_).name: m.class_ for m in Base.registry.mappers}
    for found in Base.metadata.sorted_tables:
        yield from _create(found)
        cls = walls[found.name]
        wall = cls.__wall__
        if wall is Wall.REFERENCE:
            yield from reference_sql(found.name)
        else:
            yield from wall_sql(
                found.name,
                scoped=wall is Wall.SCOPED,
                unscoped_path=getattr(cls, "__unscoped_path__", False),
                append_only=getattr(cls, "__append_only__", False),
            )
    for found in PlatformBase.metadata.sorted_tables:
        yield from _create(found)
        yield from platform_sql(found.name, provision=_PROVISION.get(found.name, ""))


def _create(found: Table) -> Iterator[str]:
    yield str(CreateTable(found).compile(dialect=_DIALECT)).strip()
    for index in sorted(found.indexes, key=lambda i: str(i.name)):
        yield str(CreateIndex(index).compile(dialect=_DIALECT)).strip()


if __name__ == "__main__":
    for statement in statements():
        sys.stdout.write("\n".join(line.rstrip() for line in statement.splitlines()) + ";\n\n")
