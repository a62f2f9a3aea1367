"""Checks of an import that hold for customers and contacts alike; every wrong cell is told, not the first one only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from kernel.context import Context
from kernel.entity import TenantRow, described, facets
from kernel.policy import reaches
from modules.party.cleaning import clean, label_of
from modules.party.import_errors import MatchAmbiguous
from modules.party.import_rows import Decision, PreparedRow, RowT
from tenants.custom_field_entities import CustomField
from tenants.custom_field_errors import CustomFieldRequired, CustomFieldUnknown, ReferenceExpected
from tenants.custom_fields import definitions, hidden_from, labels, parse_value, unseen_references
from values.errors import FieldMasked, PermissionDenied, Refusal, Required
from values.wire import wire_name


async def one_at_a_time(ctx: Context, entity: type[TenantRow]) -> None:
    """Two imports of one company queue here until the commit: the second one finds what the first one made."""
    key = f"import {ctx.tenant_id} {described(entity).name}"
    await ctx.session.core(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def checked_values(
    ctx: Context, entity: type[TenantRow], row: PreparedRow, required: Sequence[str]
) -> tuple[dict[str, Any], list[Refusal]]:
    """The row's values as they are stored, and what is wrong with the others."""
    known, about = facets(entity), described(entity)
    values: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for column, given in row.values.items():
        if not known[column].writable or ctx.actor.authority.masked(about.name, column):
            refusals.append(FieldMasked(field=wire_name(column), label=label_of(known[column])))
            continue
        try:
            value = clean(entity, column, known[column], given, ctx.now.date())
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            if value is not None:
                values[column] = value
    refused = {refusal.field for refusal in refusals} | set(row.spoiled)
    missing = [c for c in required if c not in values and wire_name(c) not in refused]
    refusals.extend(Required(field=wire_name(column), label=label_of(known[column])) for column in missing)
    return values, refusals


async def fillable_custom(ctx: Context, entity: type[TenantRow]) -> list[CustomField]:
    """The company's own fields of an entity; none for an importer from whom they are hidden."""
    return [] if hidden_from(ctx, entity) else await definitions(ctx.session, described(entity).name)


def checked_custom(fields: list[CustomField], row: PreparedRow) -> tuple[dict[str, Any], list[Refusal]]:
    """The row's custom values in canonical form, and what is wrong with the others."""
    known = {field.key: field for field in fields}
    custom: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for key, given in row.custom.items():
        try:
            if key not in known:
                raise CustomFieldUnknown(field=f"custom.{key}", key=key[:60])
            custom[key] = parse_value(known[key], given)
        except Refusal as refusal:
            refusals.append(refusal)
    return {key: value for key, value in custom.items() if value is not None}, refusals


def missing_custom(fields: list[CustomField], decision: Decision[RowT]) -> list[Refusal]:
    """Required custom fields for which a new row has no cell; a wrong one is told for itself."""
    given = decision.prepared.custom.keys() | {name.removeprefix("custom.") for name in decision.prepared.spoiled}
    return [
        CustomFieldRequired(field=f"custom.{field.key}", **labels(field))
        for field in fields
        if field.required and field.key not in given
    ]


async def refuse_unseen(ctx: Context, fields: list[CustomField], decisions: Sequence[Decision[RowT]]) -> None:
    """Refuses the rows whose custom references point to what the actor cannot see."""
    unseen = await unseen_references(ctx, fields, [decision.custom or {} for decision in decisions])
    for position, field in unseen.items():
        refuse(decisions[position], ReferenceExpected(field=f"custom.{field.key}", **labels(field)))


def refuse(decision: Decision[RowT], *refusals: Refusal) -> Decision[RowT]:
    """The row is not written, for these reasons on top of those it has."""
    decision.action = "refuse"
    decision.refusals.extend(refusals)
    return decision


def require_everywhere(ctx: Context, path: str, *permissions: str) -> None:
    """Raises PermissionDenied for the first permission that does not reach `path`."""
    for permission in permissions:
        if not reaches(ctx.actor.authority.prefixes(permission), path):
            raise PermissionDenied(permission=permission)


def chosen_match(row: PreparedRow, name: str | None, found: Sequence[RowT], same_phone: Sequence[RowT]) -> RowT | None:
    """Which of the records `found` under the row's name it is; the phone decides among several.

    Raises MatchAmbiguous.
    """
    if row.apart_by_phone:
        return same_phone[0] if same_phone else None
    if len(found) > 1:
        if len(same_phone) != 1:
            raise MatchAmbiguous(field="name", name=name, count=len(found))
        return same_phone[0]
    return found[0] if found else None
