"""I2: the rows of a replica are exactly what the member's own SELECT under row-level security returns, masks applied.

Nothing of sync takes part: rights are put together here from the tables, and PostgreSQL's policies choose the rows.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, Numeric

from kernel.entity import TenantRow, described, entities, facet_of, table
from tenants.attachment_entities import Attachment
from tests.simulation.ledger import read_stored
from tests.simulation.oracles import oracle
from tests.simulation.upgrades import NEWEST, strange_to
from tests.sync.oracle import NEEDS

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

# What an inbox entry repeats of another row is cut by rules of its own; tests/sync has their cases.
_CUT = frozenset(
    {"arguments", "differences", "fieldFacts", "whatZh", "whatEn", "messageZh", "messageEn", "remedyZh", "remedyEn"}
)
_LATER = frozenset({"creditGrade"})  # than the apps of the opening
_SEEN_WITH: dict[type[TenantRow], str] = {Attachment: "party.customer.view"}  # runs attach files to customers alone
_SAFE = 2**53 - 1
_RIGHTS = """
SELECT m.path, a.scope, r.permissions, r.masks, o.path AS anchor FROM app.member m
JOIN app.role_assignment a ON a.tenant_id = m.tenant_id AND a.member_id = m.id
JOIN app.role r ON r.tenant_id = m.tenant_id AND r.id = a.role_id
LEFT JOIN app.organisation o ON o.tenant_id = m.tenant_id AND o.id = a.organisation_id
WHERE m.tenant_id = %s AND m.id = %s AND m.deactivated_at IS NULL
"""

_OVER = """
SELECT greatest(trial_ends_at, CASE WHEN subscribed_from <= %s THEN coalesce(subscribed_until, 'infinity') END) <= %s
    AS over FROM app.tenant_access WHERE tenant_id = %s
"""
_HELD = """
SELECT module FROM app.module_entitlement
WHERE tenant_id = %s AND starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)
"""


@oracle("pull")
async def replica_is_what_the_member_may_select(run: Run, device: Device, fresh: bool) -> None:
    if fresh:
        await _compare(run, device)
        for row_id, row in read_stored(device.path).get("customers", {}).items():
            if found := strange_to(device.app, row):
                run.fail("rows", f"{device.name} customers {row_id}: an app {device.app} cannot read its {found}")


@oracle("end")
async def every_replica_is_whole(run: Run) -> None:
    for device in run.devices:
        if device.revoked or not device.known:
            continue
        if await device.does("verify", lambda replica: replica.verify()):
            run.fail("checksums", f"{device.name} differs from the server's checksums")
        if not device.revoked:
            await _compare(run, device)


async def _compare(run: Run, device: Device) -> None:
    expected = await select_as(run, device.who)
    for name in sorted({*expected, *device.base}):
        theirs, ours = expected.get(name, {}), device.base.get(name, {})
        if missing := sorted(set(theirs) - set(ours)):
            run.fail("rows", f"{device.name} lacks {name} {missing[:3]}")
        if extra := sorted(set(ours) - set(theirs)):
            run.fail("rows", f"{device.name} has {name} {extra[:3]} that {device.who} may not see")
        for row_id, row in theirs.items():
            cut = _CUT if name == "inbox" else _LATER if name == "customers" and device.app < NEWEST else frozenset()
            if found := _different(ours[row_id], row, cut):
                run.fail(
                    "rows",
                    f"{device.name} {name} {row_id}: {found} is {_pick(ours[row_id], found)}, not {_pick(row, found)}",
                )


def _different(ours: dict[str, Any], theirs: dict[str, Any], cut: frozenset[str]) -> str | None:
    for name in sorted(({*ours, *theirs}) - cut):
        if name not in ours or name not in theirs or ours[name] != theirs[name]:
            return name
    return None


def _pick(row: dict[str, Any], name: str) -> str:
    return repr(row[name])[:80] if name in row else "absent"


async def select_as(run: Run, who: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Collection → id → row, as the member's own SELECTs return them at this moment."""
    company = run.company
    rights = await run.ground.fetch(_RIGHTS, company.tenant_id, company.people[who])
    modules = await _modules(run)
    masks = _masks(rights)
    names, statements = [], ["BEGIN", f"SET LOCAL app.tenant_id = '{company.tenant_id}'"]
    for entity in collections():
        prefixes = _prefixes(rights, _SEEN_WITH.get(entity, described(entity).view_permission))
        if not prefixes or _is_away(entity, modules):
            continue
        names.append(camel(described(entity).collection or ""))
        low, high = min(prefixes), max(p[:-1] + chr(ord(p[-1]) + 1) for p in prefixes)
        statements.append(f"SET LOCAL app.scope_from = '{low}'; SET LOCAL app.scope_to = '{high}'")
        statements.append(f"SET LOCAL app.arms = '{','.join(sorted(prefixes)) if len(prefixes) > 1 else ''}'")
        statements.append(_select(entity, masks))
    cursor = await run.ground.reader.execute("; ".join([*statements, "COMMIT"]).encode())
    found: dict[str, dict[str, dict[str, Any]]] = {}
    while True:
        if cursor.description is not None:
            [row] = await cursor.fetchall()
            rows = [_settled(item, names[len(found)]) for item in json.loads(row[0])]
            found[names[len(found)]] = {item["id"]: item for item in rows}
        if not cursor.nextset():
            return found


def _is_away(entity: type[TenantRow], modules: set[str] | None) -> bool:
    """Whether the company has none of the modules that bring the entity's rows."""
    needed = NEEDS.get("party.Customer" if entity is Attachment else described(entity).name)
    return modules is not None and needed is not None and not needed & modules


async def _modules(run: Run) -> set[str] | None:
    """What the company has of modules; None: all that there is stays readable."""
    now, tenant = run.clock.now(), run.company.tenant_id
    [access] = await run.ground.fetch(_OVER, now, now, tenant)
    if access["over"]:
        return None
    return {row["module"] for row in await run.ground.fetch(_HELD, tenant, now, now)}


@cache
def collections() -> list[type[TenantRow]]:
    return [entity for entity in entities() if described(entity).collection is not None]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _prefixes(rights: list[dict[str, Any]], permission: str) -> set[str]:
    reach = {_reach(row) for row in rights if permission in row["permissions"]}
    return {p for p in reach if not any(p != other and p.startswith(other) for other in reach)}


def _reach(row: dict[str, Any]) -> str:
    home, anchor = row["path"], row["anchor"]
    base = anchor or home[: home.index("~")]
    own = home if anchor is None else anchor + home[home.index("~") :]
    reaches: dict[str, str] = {"own": own, "department": base + "~", "subtree": base, "all": anchor or "/"}
    return reaches[row["scope"]]


def _masks(rights: list[dict[str, Any]]) -> set[str]:
    """A role's mask holds unless roles without it, which show the entity, reach as far."""
    views = {described(entity).name: described(entity).view_permission for entity in entities()}
    hidden = set()
    for row in rights:
        for mask in row["masks"] or []:
            view = views[mask.rsplit(".", 1)[0]]
            opened = [_reach(r) for r in rights if view in r["permissions"] and mask not in (r["masks"] or [])]
            if view in row["permissions"] and not any(_reach(row).startswith(p) for p in opened):
                hidden.add(mask)
    return hidden


def _select(entity: type[TenantRow], masks: set[str]) -> str:
    name = described(entity).name
    columns = [c for c in table(entity).columns if facet_of(c).wire and f"{name}.{c.name}" not in masks]
    chosen = ", ".join(f'{_wire(c)} AS "{camel(c.name)}"' for c in columns)
    return f"SELECT coalesce(json_agg(t), '[]')::text FROM (SELECT {chosen} FROM app.{entity.__tablename__}) AS t"


def _wire(column: Any) -> str:
    if isinstance(column.type, DateTime):
        return f"to_char({column.name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    if isinstance(column.type, Numeric):
        return f"{column.name}::text"
    return str(column.name)


def _settled(row: dict[str, Any], collection: str) -> dict[str, Any]:
    """JSON as the wire writes it: integers beyond JavaScript's as text, masks in camelCase."""
    found = {k: str(v) if isinstance(v, int) and abs(v) > _SAFE else v for k, v in row.items()}
    if collection == "roles":
        found["masks"] = [f"{m.rsplit('.', 1)[0]}.{camel(m.rsplit('.', 1)[1])}" for m in found["masks"]]
    return found
