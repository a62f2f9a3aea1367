"""What a member's replica must be, told without the sync engine: plain SELECTs under row-level security.

The only narrowing is the database's own: each table is read with the settings of the paths in which the member holds
that table's view permission. Columns go by their facets and the member's masks, values by `values.wire`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from kernel.db import TenantContext
from kernel.entity import ScopedRow, TenantRow, described, entities, facets
from kernel.policy import EVERYTHING, Actor, Authority
from kernel.query import reading_context
from sync.client import Replica
from tenants.attachment_entities import Attachment
from tenants.attachment_reach import attachable
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import shown_rows
from tenants.mask_names import with_wire_masks
from tenants.masking import without_masked
from tests.world import Company
from values.wire import to_wire, wire_name

Rows = dict[str, dict[str, Any]]  # by id

_NONE = "(none)"
NEEDS = {
    "crm.Activity": {"crm"},
    "inventory.StockBalance": {"inventory"},
    "inventory.StockCount": {"inventory"},
    "inventory.StockCountLine": {"inventory"},
    "inventory.StockMove": {"inventory"},
    "inventory.Warehouse": {"inventory"},
    "party.Contact": {"crm", "sales"},
    "party.Customer": {"crm", "sales"},
    "sales.SalesOrder": {"sales"},
    "sales.SalesOrderLine": {"sales"},
}
"""Any one of these modules brings an entity; what is not listed is always there."""


async def seen_by(company: Company, who: str) -> dict[str, Rows]:
    """By collection, all that the member may see at this moment."""
    actor = await _reader(company, who)
    found: dict[str, Rows] = {}
    for entity in entities():
        about = described(entity)
        if about.collection is None or not actor.authority.holds(about.view_permission):
            continue
        rows = [_wire(entity, actor, row) for row in await _stored(company, actor, entity)]
        found[wire_name(about.collection)] = {row["id"]: row for row in rows}
    return found


def held_by(replica: Replica) -> dict[str, Rows]:
    """By collection, what the last completed pull left on the device; without what is empty."""
    with replica._store.transaction() as db:
        rows = db.execute("SELECT collection, id, data FROM base").fetchall()
    found: dict[str, Rows] = {}
    for collection, row_id, data in rows:
        found.setdefault(collection, {})[row_id] = json.loads(data)
    return found


def differences(right: dict[str, Rows], held: dict[str, Rows]) -> list[str]:
    """In words, collection by collection, row by row, field by field."""
    told: list[str] = []
    for name in sorted(right.keys() | held.keys()):
        wanted, there = right.get(name, {}), held.get(name, {})
        told += [f"{name}: {row_id} is missing" for row_id in sorted(wanted.keys() - there.keys())]
        told += [f"{name}: {row_id} should be gone" for row_id in sorted(there.keys() - wanted.keys())]
        for row_id in sorted(wanted.keys() & there.keys()):
            right_row, held_row = wanted[row_id], there[row_id]
            for field in sorted(right_row.keys() | held_row.keys()):
                is_now, is_held = right_row.get(field, _NONE), held_row.get(field, _NONE)
                if is_now != is_held:
                    told.append(f"{name}: {row_id} {field}: {is_held!r} is {is_now!r}")
    return told


async def _reader(company: Company, who: str) -> Actor:
    """The member without the views of modules that are not there now, by a statement of its own."""
    actor = await company.actor(who)
    now = company.app.engine.clock.now()
    async with company.app.engine.database.tenant(TenantContext(company.tenant_id).wide()) as session:
        over = await session.core(
            text(
                "SELECT greatest(trial_ends_at, CASE WHEN subscribed_from <= :now "
                "THEN coalesce(subscribed_until, 'infinity') END) <= :now FROM app.tenant_access"
            ),
            {"now": now},
        )
        if over.scalar_one():
            return actor  # all of it stays readable
        modules = await session.core(
            text("SELECT module FROM app.module_entitlement WHERE starts_at <= :now AND (ends_at > :now) IS NOT FALSE"),
            {"now": now},
        )
        held = set(modules.scalars())
    away = {described(e).view_permission for e in entities() if (n := NEEDS.get(described(e).name)) and not n & held}
    grants = {name: prefixes for name, prefixes in actor.authority.grants.items() if name not in away}
    return replace(actor, authority=Authority(grants, actor.authority.masks))


async def _stored(company: Company, actor: Actor, entity: type[TenantRow]) -> list[dict[str, Any]]:
    if entity is Attachment:
        found: list[dict[str, Any]] = []
        for name, host in attachable().items():
            everywhere = not issubclass(host, ScopedRow) and actor.authority.holds(described(host).view_permission)
            prefixes = EVERYTHING if everywhere else actor.authority.prefixes(described(host).view_permission)
            if prefixes:
                found += await _select(company, actor, entity, prefixes, "WHERE entity = :name", name=name)
        return found
    prefixes = actor.authority.prefixes(described(entity).view_permission)
    rows = await _select(company, actor, entity, prefixes)
    if entity is not InboxEntry:
        return rows
    async with company.app.engine.database.tenant(reading_context(actor)) as session:
        return [dict(without_masked(row, actor.authority)) for row in await shown_rows(session, actor, rows)]


async def _select(
    company: Company, actor: Actor, entity: type[TenantRow], prefixes: Iterable[str], where: str = "", **values: Any
) -> list[dict[str, Any]]:
    context = TenantContext(company.tenant_id, actor.member_id, tuple(prefixes))
    async with company.app.engine.database.tenant(context) as session:
        rows = await session.core(text(f"SELECT * FROM app.{entity.__tablename__} {where}"), values)
        return [dict(row._mapping) for row in rows]


def _wire(entity: type[TenantRow], actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    name = described(entity).name
    shown = [c for c, facet in facets(entity).items() if facet.wire and f"{name}.{c}" not in actor.authority.masks]
    found: dict[str, Any] = json.loads(json.dumps({wire_name(c): to_wire(row[c]) for c in shown}))
    return dict(with_wire_masks(name, found))
