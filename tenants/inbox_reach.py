"""Whose eyes an inbox entry is for: it lies where its author sits, and quotes a row that may lie elsewhere.

An entry is read whole by whoever may view the row that it is about as things stand now. Anybody else reads that there
is one; its author reads besides what they typed themselves. Every door asks here (sync, GraphQL, the audit trail, the
answer to a repeated push), and a delta brings the entries whose row may have moved into or out of sight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH

from kernel.command import commands
from kernel.db import TenantSession
from kernel.entity import TenantRow, described, entities, entity_named, table
from kernel.policy import EVERYTHING, Actor, Authority, reaches
from kernel.query import visible
from tenants.device_entities import InboxEntry
from tenants.erased_rows import named_ids
from tenants.inbox_titles import titles_of
from tenants.masking import repeats_values, without_unseen
from tenants.parking import about_a_row, makes_a_row
from values.errors import Words

_AT_ONCE = 1_000
_STRINGS = '$.** ? (@.type() == "string")'


def views_everywhere(authority: Authority, entity_name: str | None) -> bool:
    """Whether no row of the entity is out of the member's sight; of no matter which entity, where none is named."""
    named = [e for e in entities() if described(e).name == entity_name] if entity_name else []
    asked = named or [e for e in entities() if described(e).collection]
    return all(authority.prefixes(described(e).view_permission) == EVERYTHING for e in asked)


async def shown_rows(session: TenantSession, actor: Actor, rows: Sequence[Any]) -> Sequence[Any]:
    """Rows as the member may read them: inbox entries, and audit entries about them, without what is out of sight; and
    inbox entries with what the row is called that they are about.

    `rows` are mappings by column name, of any statement; others pass as they are.
    """
    about = [_entry_of(row) for row in rows]
    ids = {found for found in about if found is not None}
    if not ids:
        return rows
    entries = await _entries(session, actor, ids)
    unseen = await unseen_among(session, actor, entries)
    titles = await titles_of(session, actor, [entry for entry in entries if unseen[entry.id] is None])
    return [row if found is None else _read(row, unseen, titles, found) for row, found in zip(rows, about, strict=True)]


async def unseen_among(session: TenantSession, actor: Actor, entries: Iterable[Any]) -> dict[UUID, bool | None]:
    """By id of the entry: None where it may be read whole, otherwise whether the reader is its author."""
    found: dict[UUID, bool | None] = {}
    open_questions: dict[UUID, tuple[str | None, set[UUID]]] = {}
    for entry in entries:
        own = entry.owner_id is not None and entry.owner_id == actor.member_id
        asked = _must_be_seen(entry, actor, own=own)
        found[entry.id] = own
        if asked is not None and not asked[1]:
            found[entry.id] = None
        elif asked is not None:
            open_questions[entry.id] = asked
    wanted: dict[str | None, set[UUID]] = {}
    for name, ids in open_questions.values():
        wanted.setdefault(name, set()).update(ids)
    seen = {name: await _seen(session, actor, name, sorted(ids)) for name, ids in wanted.items()}
    for entry_id, (name, ids) in open_questions.items():
        if ids <= seen[name]:
            found[entry_id] = None
    return found


async def entries_about(session: TenantSession, actor: Actor, row_ids: Iterable[UUID]) -> set[UUID]:
    """The visible entries for whose reading it matters whether one of these rows is in sight."""
    ids, found = sorted(set(row_ids)), set[UUID]()
    makers = [command.name for command in commands() if makes_a_row(command)]
    spelled = cast(func.lower(cast(InboxEntry.arguments, Text)), JSONB)
    strings = func.jsonb_path_query_array(spelled, cast(_STRINGS, JSONPATH), type_=JSONB)
    elsewhere = or_(InboxEntry.row_id.is_(None), InboxEntry.entity.is_(None), InboxEntry.command.in_(makers))
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        spellings = cast([text for row_id in part for text in (str(row_id), row_id.hex)], ARRAY(Text))
        named = or_(InboxEntry.row_id.in_(part), and_(elsewhere, strings.has_any(spellings)))
        statement = select(InboxEntry.id).where(*visible(InboxEntry, actor, archived=True), named)
        found.update((await session.core(statement)).scalars())
    return found


def _entry_of(row: Mapping[str, Any]) -> UUID | None:
    """The inbox entry that a row is, or that it is an audit entry about."""
    if "differences" in row and "mutation_id" in row:
        entry: UUID = row["id"]
        return entry
    if "before" in row and "after" in row and repeats_values(str(row.get("entity"))):
        audited: UUID = row["row_id"]
        return audited
    return None


def _read(
    row: Mapping[str, Any], unseen: Mapping[UUID, bool | None], titles: Mapping[UUID, Words], entry_id: UUID
) -> Mapping[str, Any]:
    own = unseen.get(entry_id, False)  # one that is out of reach or gone is nobody's
    if own is None:
        what = titles.get(entry_id) if "differences" in row else None  # the audit tells what was written
        return row if what is None else {**row, "what_zh": what.zh, "what_en": what.en}
    if "differences" in row:
        return without_unseen(row, own=own)
    sides = {side: without_unseen(row[side], own=own) for side in ("before", "after") if row[side]}
    return {**row, **sides}


async def _entries(session: TenantSession, actor: Actor, ids: Iterable[UUID]) -> list[Any]:
    wanted, rows, entry = sorted(ids), list[Any](), table(InboxEntry).c
    columns = (entry.id, entry.owner_id, entry.scope_path, entry.entity, entry.row_id, entry.command, entry.state)
    for start in range(0, len(wanted), _AT_ONCE):
        statement = select(*columns, entry.arguments).where(
            *visible(InboxEntry, actor, archived=True), InboxEntry.id.in_(wanted[start : start + _AT_ONCE])
        )
        rows += (await session.core(statement)).all()
    return rows


def _must_be_seen(entry: Any, actor: Actor, *, own: bool) -> tuple[str | None, set[UUID]] | None:
    """The rows that the reader must see to read the entry whole, of an entity or of any; None: there is no such row."""
    if views_everywhere(actor.authority, entry.entity):
        return entry.entity, set()
    if entry.entity is not None and not repeats_values(entry.entity):
        if about_a_row(entry):
            return entry.entity, {entry.row_id}
        view = described(entity_named(entry.entity)).view_permission
        if not own and not reaches(actor.authority.prefixes(view), entry.scope_path):
            return None
    if own:
        return None, set()  # it holds nothing but what they typed
    if entry.entity is not None and repeats_values(entry.entity):
        return None  # an edit sent again from the inbox: what it is about stands in another entry
    # Nothing that was there before: about whatever it names beside itself.
    return None, named_ids(entry.arguments) - ({entry.row_id} if entry.entity is not None else set())


async def _seen(session: TenantSession, actor: Actor, entity_name: str | None, ids: list[UUID]) -> set[UUID]:
    asked: list[type[TenantRow]] = [entity_named(entity_name)] if entity_name is not None else list(entities())
    found: set[UUID] = set()
    for entity in asked:
        if not actor.authority.holds(described(entity).view_permission):
            continue
        for start in range(0, len(ids), _AT_ONCE):
            statement = select(entity.id).where(
                *visible(entity, actor, archived=True), entity.id.in_(ids[start : start + _AT_ONCE])
            )
            found.update((await session.core(statement)).scalars())
    return found
