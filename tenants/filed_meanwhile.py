"""Fields that somebody adds to an edit in the inbox: merged three ways over the row as it stands now.

Of what the entry has, it tells what was seen before the edit, and the person decides in sight of that. Of a field that
it never had it tells nothing. Whoever fills it in has seen the row as it was when the entry was filed, or later: that
value is the base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Numeric, text

from kernel.command import Command
from kernel.context import Context
from kernel.entity import TenantRow, described, entity_named, facets, table
from tenants.device_entities import InboxEntry
from tenants.errors import ChangedSinceFiled
from tenants.money_pairs import money_pairs
from tenants.mutation_input import row_id_of
from tenants.resubmitting import kept_paths
from values.errors import FieldMasked, Words
from values.wire import python_name, to_wire, wire_name

# What became of a field after the entry was filed. Ids are UUIDv7, made at the commit; what the filing transaction
# itself has written (the part of an edit that did not clash) is no later change.
_CHANGES = text(
    "WITH filed AS (SELECT at, id, command, member_id, device_id FROM app.audit_entry "
    "WHERE tenant_id = :tenant_id AND row_id = :entry_id AND op = 'insert') "
    "SELECT e.member_id, CASE WHEN cast(:key AS text) IS NULL THEN e.before -> cast(:field AS text) "
    "ELSE e.before -> cast(:field AS text) -> cast(:key AS text) END AS was "
    "FROM app.audit_entry AS e, filed WHERE e.tenant_id = :tenant_id AND e.row_id = :row_id AND e.op = 'update' "
    "AND e.id > filed.id AND (e.at, e.command, e.member_id, e.device_id) "
    "IS DISTINCT FROM (filed.at, filed.command, filed.member_id, filed.device_id) "
    "AND jsonb_exists(e.after, cast(:field AS text)) AND (cast(:key AS text) IS NULL OR "
    "(e.after -> cast(:field AS text) -> cast(:key AS text)) IS DISTINCT FROM "
    "(e.before -> cast(:field AS text) -> cast(:key AS text))) ORDER BY e.at, e.id"
)


@dataclass(frozen=True, slots=True)
class _Added:
    """One field (or key of the custom fields) that the entry never had."""

    column: str
    key: str | None
    mine: Any

    @property
    def name(self) -> str:
        return wire_name(self.column)

    @property
    def path(self) -> str:
        return self.name if self.key is None else f"{self.name}.{self.key}"


async def without_overtaken(
    ctx: Context, entry: InboxEntry, kept: Command, arguments: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of an edit without those added fields in which the server's value stands: it is the same, or others
    changed it and the person left it as it was. The row is locked from here to the commit.

    To be called with the kept command's rights. Raises ChangedSinceFiled for an added field that both have changed,
    FieldMasked, NotFound, PermissionDenied.
    """
    row_id = row_id_of(arguments.get("id"))
    added = list(_added(entry, kept, arguments))
    if not added or row_id is None:
        return arguments
    entity = entity_named(kept.merges or "")
    row = await ctx.lock(entity, row_id)
    dropped, theirs = set[str](), set[str]()
    for field in added:
        if ctx.actor.authority.masked(described(entity).name, field.column):
            raise FieldMasked(field=f"arguments.{field.path}", label=_label(entity, field.column))
        present = _held(row, field)
        if _same(entity, field, field.mine, present):
            dropped.add(field.path)
            continue
        asked = {"tenant_id": ctx.tenant_id, "entry_id": entry.id, "row_id": row_id}
        found = await ctx.session.core(_CHANGES, {**asked, "field": field.column, "key": field.key})
        changes = found.all()
        if not changes or changes[-1].member_id == ctx.actor.member_id:
            continue  # nobody came between: the last word on the server is the person's own
        if not _same(entity, field, field.mine, changes[0].was):
            raise ChangedSinceFiled(field=f"arguments.{field.path}", label=_label(entity, field.column))
        theirs.add(field.path)
    _refuse_halves(entity, arguments, theirs)
    return _without(arguments, dropped | theirs)


def _added(entry: InboxEntry, kept: Command, arguments: dict[str, Any]) -> Iterator[_Added]:
    if kept.merges is None:
        return
    known, had = facets(entity_named(kept.merges)), kept_paths(entry)
    for name, value in arguments.items():
        column = python_name(name)
        if name in ("id", "version") or column not in known:
            continue
        if column == "custom" and isinstance(value, dict):
            yield from (_Added(column, key, mine) for key, mine in value.items() if f"{name}.{key}" not in had)
        elif name not in had:
            yield _Added(column, None, value)


def _held(row: TenantRow, field: _Added) -> Any:
    held = to_wire(getattr(row, field.column))
    return held if field.key is None else (held or {}).get(field.key)


def _label(entity: type[TenantRow], column: str) -> Words:
    facet = facets(entity)[column]
    return Words(facet.zh, facet.en)


def _same(entity: type[TenantRow], field: _Added, one: Any, other: Any) -> bool:
    """`2.5`, as typed, is the server's `2.500000`."""
    if one == other or not isinstance(table(entity).columns[field.column].type, Numeric):
        return bool(one == other)
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False


def _refuse_halves(entity: type[TenantRow], arguments: dict[str, Any], theirs: set[str]) -> None:
    """An amount in a currency that others have changed meanwhile would be another amount. Raises ChangedSinceFiled."""
    for pair in money_pairs(entity):
        standing = theirs & set(pair)
        if standing and set(pair) & (arguments.keys() - theirs):
            name = min(standing)
            raise ChangedSinceFiled(field=f"arguments.{name}", label=_label(entity, python_name(name)))


def _without(arguments: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    kept = {name: value for name, value in arguments.items() if name not in left_out}
    if isinstance(kept.get("custom"), dict):
        patch = {key: value for key, value in kept.pop("custom").items() if f"custom.{key}" not in left_out}
        kept |= {"custom": patch} if patch else {}
    return kept
