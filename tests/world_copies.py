"""A fresh world per test at a tenth of the price: the first is founded by commands, the others are copies of its rows.

A copy has new ids everywhere (path keys included) and is as real as its model: tracking, audit, search terms, clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from server.parts import Application
from tests.world import Company, World, found_world
from values.ids import new_id, path_key

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_PATH_KEY = re.compile(r"(?<=[/~])[0-9a-f]{12}(?=/)")
_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
ORDER BY c.relname
"""


@dataclass(frozen=True)
class WorldModel:
    """The founded world and its rows: table → JSON array of the rows, as text."""

    world: World
    rows: dict[str, str]

    @classmethod
    async def founded(cls, app: Application, admin: psycopg.AsyncConnection[Any]) -> WorldModel:
        world = await found_world(app)
        tenants = [world.yunfan.tenant_id, world.seagull.tenant_id]
        names = [name for (name,) in await (await admin.execute(_TABLES)).fetchall()]
        rows = {}
        for name in names:
            query = sql.SQL("SELECT json_agg(t)::text FROM app.{} AS t WHERE tenant_id = ANY(%s)")
            found = await (await admin.execute(query.format(sql.Identifier(name)), [tenants])).fetchone()
            if found and found[0]:
                rows[name] = found[0]
        return cls(world, rows)

    async def copy(self, app: Application, admin: psycopg.AsyncConnection[Any]) -> World:
        """Another world, equal to the model in all but its ids."""
        olds = sorted({found for text in self.rows.values() for found in _ID.findall(text)})
        ids = {old: new_id() for old in olds}  # in the same order, as rows made one after the other have
        keys = {path_key(UUID(old)): path_key(new) for old, new in ids.items()}
        async with admin.pipeline():
            for name, text in self.rows.items():
                text = _ID.sub(lambda found: str(ids[found[0]]), text)
                text = _PATH_KEY.sub(lambda found: keys.get(found[0], found[0]), text)
                insert = sql.SQL("INSERT INTO app.{0} SELECT * FROM json_populate_recordset(NULL::app.{0}, %s)")
                await admin.execute(insert.format(sql.Identifier(name)), [text])
        return World(_renamed(self.world.yunfan, app, ids), _renamed(self.world.seagull, app, ids))


def _renamed(company: Company, app: Application, ids: dict[str, UUID]) -> Company:
    return replace(
        company,
        app=app,
        tenant_id=ids[str(company.tenant_id)],
        admin_id=ids[str(company.admin_id)],
        people={nick: ids[str(old)] for nick, old in company.people.items()},
        departments={name: ids[str(old)] for name, old in company.departments.items()},
    )
