"""What of each table a member takes out with the company's data: what they may see, and no more.

Rows inside the reach of both the view permission and the export permission; columns without what their roles hide,
also where the audit and the inbox repeat them. An operator, who stands outside the company, takes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.dialects import postgresql

from kernel.command import declared
from kernel.entity import ScopedRow, TenantRow, described, entities, facets
from kernel.policy import EVERYTHING, Actor, Authority, prefix_range
from kernel.query import NARROWED
from kernel.tables import AuditEntry
from tenants.attachment_reach import reach_of_every_kind
from tenants.commands.export_company import export_company
from tenants.default_roles import READ_AUDIT
from tenants.inbox_reach import views_everywhere
from tenants.masking import repeats_values, without_masked, without_unseen
from values.errors import PermissionDenied

EXPORT_COMPANY = str(declared(export_company).permission)
_DIALECT: Dialect = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
_HIDDEN = "***"
_ALL = sql.SQL("true")
_Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """What of one table leaves. `missing`: the permission without which none of it does."""

    missing: str | None = None
    hidden: frozenset[str] = frozenset()  # columns
    rows: sql.Composable = field(default_factory=lambda: _ALL)
    cut: Callable[[_Values], _Values] | None = None  # takes hidden values out of what a row repeats


def refuse_unless_theirs(reader: Actor, tenant_id: UUID) -> None:
    """Raises PermissionDenied for another company's member, and without the right to export the company."""
    if reader.tenant_id != tenant_id:
        raise PermissionDenied(permission=EXPORT_COMPANY)
    reader.authority.require(EXPORT_COMPANY)


def share_of(name: str, reader: Actor | None) -> Share:
    """What of the table `name` the reader takes out; None is the operator."""
    if reader is None:
        return Share()
    if name == AuditEntry.__tablename__:
        return _audit(reader)
    entity = next((found for found in entities() if found.__tablename__ == name), None)
    if entity is None:  # the company's standing: no branch's business
        whole = reader.authority.prefixes(EXPORT_COMPANY) == EVERYTHING
        return Share() if whole else Share(missing=EXPORT_COMPANY)
    return _entity(entity, reader)


def hidden_columns(entity: type[TenantRow], authority: Authority) -> frozenset[str]:
    """The columns that the roles hide, with their sort keys."""
    masked = {name for name in facets(entity) if authority.masked(described(entity).name, name)}
    return frozenset(masked | {f"{name}_key" for name in masked})


def _entity(entity: type[TenantRow], reader: Actor) -> Share:
    about, authority = described(entity), reader.authority
    viewed = authority.prefixes(about.view_permission)
    if not viewed:
        return Share(missing=about.view_permission)
    found = Share(hidden=hidden_columns(entity, authority))
    if entity in NARROWED:
        both = _both(_as_sql(NARROWED[entity](reader)), _lies_within(authority.prefixes(EXPORT_COMPANY)))
        found = replace(found, rows=both)
    elif issubclass(entity, ScopedRow):
        found = replace(found, rows=_both(_within(viewed), _within(authority.prefixes(EXPORT_COMPANY))))
    if repeats_values(about.name):
        found = replace(found, cut=lambda row: _repeated(row, reader))
    return found


def _repeated(entry: _Values, reader: Actor) -> _Values:
    """An inbox entry, or a part of one. Whose row lies where is not looked up here, line by line: whole it goes only to
    those who view every row of its entity, and what its author typed to them."""
    if not views_everywhere(reader.authority, entry.get("entity")):
        own = entry.get("owner_id") is not None and str(entry["owner_id"]) == str(reader.member_id)
        entry = without_unseen(entry, own=own)
    return without_masked(entry, reader.authority)


def _audit(reader: Actor) -> Share:
    """As the audit trail itself shows it: entity by entity inside the reach of its view permission."""
    authority = reader.authority
    held = authority.prefixes(READ_AUDIT)
    if not held:
        return Share(missing=READ_AUDIT)
    limits = [_lies_within(held), _lies_within(authority.prefixes(EXPORT_COMPANY))]
    for entity in entities():
        reach = reach_of_every_kind(entity, authority)
        if reach != EVERYTHING:
            other = sql.SQL("entity <> {}").format(sql.Literal(described(entity).name))
            limits.append(_either(other, _lies_within(reach)) if reach else other)
    hidden = {described(entity).name: hidden_columns(entity, authority) for entity in entities()}

    def cut(row: _Values) -> _Values:
        """Before and after without what is hidden in the entity that the entry is about."""
        sides = {side: row[side] for side in ("before", "after") if row[side]}
        if repeats_values(row["entity"]):
            sides = {side: _repeated(values, reader) for side, values in sides.items()}
        names = hidden.get(row["entity"], frozenset())
        return row | {
            side: {name: _HIDDEN if name in names else value for name, value in values.items()}
            for side, values in sides.items()
        }

    return Share(rows=_both(*limits), cut=cut)


def _as_sql(condition: ColumnElement[bool]) -> sql.Composable:
    """A condition of the entity's own, its values quoted."""
    return sql.SQL(str(condition.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})))


def _within(prefixes: Iterable[str]) -> sql.Composable:
    if tuple(prefixes) == EVERYTHING:
        return _ALL
    ranges = [map(sql.Literal, prefix_range(prefix)) for prefix in prefixes]
    return _either(*(sql.SQL("scope_path >= {} AND scope_path < {}").format(*bounds) for bounds in ranges))


def _lies_within(prefixes: Iterable[str]) -> sql.Composable:
    """Entries about entities without a data scope have no path."""
    return _either(sql.SQL("scope_path = ''"), _within(prefixes))


def _both(*conditions: sql.Composable) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(") AND (").join(conditions))


def _either(*conditions: sql.Composable) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(") OR (").join(conditions))


__all__ = ["EXPORT_COMPANY", "Share", "hidden_columns", "refuse_unless_theirs", "share_of"]
