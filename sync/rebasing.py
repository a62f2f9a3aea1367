"""Rebases an edit from a device onto the row as it stands: inside the command's transaction, before its handler."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Numeric, text

from kernel.command import Command, Input, commands
from kernel.context import Context
from kernel.entity import Archivable, Customisable, Merge, TenantRow, described, entity_named, facets, table
from sync.errors import RowArchived
from sync.merge import PER_KEY, THREE_WAY, Merged, merge_fields, refuse_misshapen
from tenants.erasable import Erasable
from tenants.errors import RecordErased
from tenants.money_pairs import money_pairs
from tenants.mutation_input import input_from_wire
from values.errors import FieldMasked, Words
from values.money import plain
from values.wire import python_name, to_wire, wire_name

# Who wrote a field last. Ids are UUIDv7: they order entries of one instant.
_LAST_WRITER = text(
    "SELECT device_id FROM app.audit_entry WHERE tenant_id = :tenant_id AND row_id = :row_id "
    "AND op IN ('insert', 'update') "
    "AND jsonb_exists(after, cast(:field AS text)) AND (cast(:key AS text) IS NULL OR "
    "(after -> cast(:field AS text) -> cast(:key AS text)) IS DISTINCT FROM "
    "(before -> cast(:field AS text) -> cast(:key AS text))) ORDER BY at DESC, id DESC LIMIT 1"
)
_NEVER_MERGED = frozenset({"id", "version"})


async def rebase_edit(
    ctx: Context,
    command: Command,
    data: Input,
    base: Mapping[str, Any],
    device_id: UUID,
    server_base: Mapping[str, Any] | None = None,
) -> tuple[Input, Merged]:
    """The command's input without what clashes, and what was found. The row is locked from here to the commit.

    Raises NotFound, PermissionDenied, RecordErased, RowArchived, FieldMasked, BaseMissing, StateByEdit, InvalidInput.
    """
    entity = entity_named(command.merges or "")
    row = await ctx.lock(entity, data.id)  # type: ignore[attr-defined]  # every merging input names its row
    if isinstance(row, Erasable) and row.erased_at is not None:
        raise RecordErased(field="id", entity=Words(described(entity).zh, described(entity).en.lower()))
    if isinstance(row, Archivable) and row.archived_at is not None:
        raise RowArchived(field="id")
    mine = sent_fields(data)
    policies = field_policies(entity)
    for name in mine:
        if name in policies and ctx.actor.authority.masked(described(entity).name, python_name(name)):
            label = facets(entity)[python_name(name)]
            raise FieldMasked(field=name, label=Words(label.zh, label.en))
    refuse_misshapen(policies, mine, base, server_base or {})
    theirs = {name: to_wire(getattr(row, python_name(name))) for name in mine if name in policies}
    mine, base, theirs, under = (_alike(entity, values) for values in (mine, base, theirs, server_base or {}))
    own = await _own(ctx, row.id, policies, base, mine, theirs, device_id)
    pairs = money_pairs(entity)
    merged = merge_fields(policies, base, mine, theirs, own=own, pairs=pairs, server_base=under)
    return input_from_wire(command, {"id": str(row.id), **merged.apply}), merged


def sent_fields(data: Input) -> dict[str, Any]:
    """What the device set, in wire form. The expected version is not part of it: the merge takes its place."""
    found: dict[str, Any] = {}
    for name in data.__struct_fields__:
        value = getattr(data, name)
        if value is not msgspec.UNSET and name not in _NEVER_MERGED:
            found[wire_name(name)] = to_wire(msgspec.to_builtins(value))
    return found


@cache
def field_policies(entity: type[TenantRow]) -> dict[str, str]:
    """Wire name → how the merge treats it, for every column on the wire. As declared; what a member may write without a
    declaration merges three ways. Not to be changed."""
    found: dict[str, str] = {}
    for name, facet in facets(entity).items():
        if not facet.wire or name in _NEVER_MERGED:
            continue
        if name == "custom" and issubclass(entity, Customisable):
            found["custom"] = PER_KEY
        else:
            undeclared = facet.writable and facet.merge is Merge.SERVER
            found[wire_name(name)] = THREE_WAY if undeclared else facet.merge.value
    return found


def told_policies(entity: type[TenantRow]) -> dict[str, str]:
    """What devices and people are told: as the engine merges it, for what an offline edit may name and for custom
    fields. Everything else stays as its facet says."""
    edits = [found for found in commands() if found.offline and found.merges == described(entity).name]
    named = {wire_name(field.name) for found in edits for field in msgspec.structs.fields(found.input_type)}
    return {name: policy for name, policy in field_policies(entity).items() if name in named | {"custom"}}


def _alike(entity: type[TenantRow], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with decimals in one spelling: `2.5`, as typed, is the server's `2.500000`."""
    exact = _exact(entity)
    return {name: _shortest(value) if name in exact else value for name, value in values.items()}


@cache
def _exact(entity: type[TenantRow]) -> frozenset[str]:
    """The fields that are decimals."""
    return frozenset(wire_name(column.name) for column in table(entity).columns if isinstance(column.type, Numeric))


def _shortest(value: Any) -> Any:
    """What is no number stays as it came: the command refuses it by name."""
    try:
        number = Decimal(value) if isinstance(value, str | int) and len(str(value)) <= 60 else None
    except InvalidOperation:
        return value
    sane = number is not None and number.is_finite() and abs(number.adjusted()) <= 40
    return to_wire(plain(number)) if number is not None and sane else value


async def _own(
    ctx: Context,
    row_id: UUID,
    policies: Mapping[str, str],
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    device_id: UUID,
) -> frozenset[str]:
    """The fields that look changed but were written last by this device: its own earlier edit, as normalised here."""
    own: set[str] = set()
    for path in _apparent_clashes(policies, base, mine, theirs):
        name, _, key = path.partition(".")
        found = await ctx.session.core(
            _LAST_WRITER,
            {"tenant_id": ctx.tenant_id, "row_id": row_id, "field": python_name(name), "key": key or None},
        )
        if found.scalar_one_or_none() == device_id:
            own.add(path)
    return frozenset(own)


def _apparent_clashes(
    policies: Mapping[str, str], base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[str]:
    found: list[str] = []
    for name, value in mine.items():
        if policies.get(name) == THREE_WAY and theirs[name] not in (value, base.get(name)):
            found.append(name)
        elif policies.get(name) == PER_KEY:
            before, current = base.get(name) or {}, theirs[name] or {}
            found += [
                f"{name}.{key}" for key, v in (value or {}).items() if current.get(key) not in (v, before.get(key))
            ]
    return found
