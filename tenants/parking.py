"""What waits for what in the inbox: an edit about a row whose creation was refused is parked behind that creation.

An entry is *unresolved* while it is open, waits for the subscription, or is itself parked. A later edit of the same
member that names a row which an unresolved entry was to create waits for that entry, and runs by itself when the row is
there. Only earlier entries hold up later ones, so nothing ever waits in a circle. Ids never change meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

import msgspec

from infra.questions import Question, rows_as
from kernel.command import Command, Input, command_named, commands
from kernel.db import TenantSession
from tenants.device_entities import InboxEntry
from tenants.erased_rows import named_ids
from tenants.errors import CreationDiscarded, Parked
from tenants.mutation_input import row_id_of
from values.errors import Words
from values.wire import wire_name

UNRESOLVED = ("open", "waiting", "parked")
RESOLVE = "tenants.resolve_inbox_entry"
# Columns, and arguments, by which people call a row, in the order in which they are looked for.
TITLES = ("name", "file_name", "title", "subject", "topic", "number", "code")
_TITLE_LENGTH = 40
_RAN = frozenset({"applied", "taken"})
EDITS_GONE = "sync.edits_gone"  # no command: an entry that tells of edits which nobody has any more


# A row that came into being in another way needs no creation any more: nobody waits for that entry.
_UNRESOLVED = """
SELECT e.id, e.state, e.command, e.row_id, e.arguments, e.waits_for, e.what_zh, e.what_en, EXISTS (
    SELECT FROM app.change_log AS l WHERE l.tenant_id = e.tenant_id AND l.entity = e.entity AND l.row_id = e.row_id
) AS there
FROM app.inbox_entry AS e
WHERE e.tenant_id = %s AND e.owner_id = %s AND e.state = ANY(%s) AND (e.state = 'parked' OR e.command = ANY(%s))
    AND (%s::uuid IS NULL OR (e.created_at, e.id) < (%s::timestamptz, %s::uuid))
ORDER BY e.created_at, e.id
"""


class _Row(msgspec.Struct):
    id: UUID
    state: str
    command: str
    row_id: UUID | None
    arguments: dict[str, Any]
    waits_for: list[str]
    what_zh: str
    what_en: str
    there: bool


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An unresolved entry, as far as others may wait for it. `makes`: ids of rows that it was to create; `names`: all
    ids in its arguments."""

    id: UUID
    state: str
    row_id: UUID | None
    makes: frozenset[UUID]
    names: frozenset[UUID]
    waits_for: frozenset[str]
    what: Words


async def unresolved_of(
    session: TenantSession, member_id: UUID | None, *, before: InboxEntry | None = None
) -> list[Unresolved]:
    """The member's unresolved entries for which others may wait, in the order in which they came. Tenant-wide.

    `before`: only those that came before this one.
    """
    [found] = await session.ask(asking_unresolved(session.tenant_id, member_id, before))
    return cast("list[Unresolved]", found)


def asking_unresolved(
    tenant_id: UUID, member_id: UUID | None, before: InboxEntry | None = None
) -> Question[list[Unresolved]]:
    """The same as a question."""

    def answer(rows: str | None) -> list[Unresolved]:
        return [as_unresolved(row, there=row.there) for row in rows_as(_Row, rows)]

    makers = _makers(tuple(command.name for command in commands()))
    last = (before.created_at, before.id) if before is not None else (None, None)
    given = [tenant_id, member_id, list(UNRESOLVED), makers, last[1], *last]
    return Question(_UNRESOLVED, given, answer)


@cache
def _makers(known: tuple[str, ...]) -> list[str]:
    return [name for name in known if makes_a_row(command_named(name))]


def as_unresolved(entry: Any, *, there: bool = False) -> Unresolved:
    """Of an InboxEntry, or a row with its columns. `there`: its row exists, or did."""
    return Unresolved(
        id=entry.id,
        state=entry.state,
        row_id=entry.row_id,
        makes=frozenset() if there else made_by(entry.command, entry.arguments),
        names=frozenset(named_ids(entry.arguments)),
        waits_for=frozenset(entry.waits_for),
        what=Words(entry.what_zh, entry.what_en),
    )


def blockers(command: Command, arguments: Mapping[str, Any], earlier: Iterable[Unresolved]) -> list[Unresolved]:
    """Those of the earlier entries for which this edit must wait.

    It waits for the creation of every row that it names. It also keeps its place behind a parked edit of its own row,
    and, as a transition (confirm, archive), behind a parked one that names its row: an order is not confirmed before
    the line that waits for its product.
    """
    if command.name == RESOLVE:
        return []
    makes = made_ids(command, arguments)
    names, row_id = named_ids(arguments) - makes, row_id_of(arguments.get("id"))
    own = row_id if row_id not in makes else None
    transition = command.merges is None and not makes_a_row(command)
    found: list[Unresolved] = []
    for entry in earlier:
        place = own is not None and (entry.row_id == own or (transition and own in entry.names))
        if entry.makes & names or (entry.state == "parked" and place):
            found.append(entry)
    return found


def parked_behind(found: Sequence[Unresolved]) -> Parked:
    """The refusal that says for what an edit waits: the first creation, or what stands before it."""
    return Parked(creation=found[0].what, field=None)


def discarded(entry: Unresolved) -> CreationDiscarded:
    return CreationDiscarded(creation=entry.what, field=None)


def makes_a_row(command: Command | None) -> bool:
    """Its input may name the id of the row, where that of an edit must."""
    return command is not None and command.merges is None and _may_name_its_row(command.input_type)


@cache
def _may_name_its_row(input_type: type[Input]) -> bool:
    """Asked for every command of every delta, and msgspec resolves the types anew each time."""
    return any(field.name == "id" and not field.required for field in msgspec.structs.fields(input_type))


def made_ids(command: Command | None, arguments: Mapping[str, Any]) -> frozenset[UUID]:
    """The ids of the rows that a creation was to make: its own, and those of the parts inside it (an order's lines)."""
    return frozenset(_own_ids(arguments)) if makes_a_row(command) else frozenset()


def made_by(command_name: str, arguments: Mapping[str, Any]) -> frozenset[UUID]:
    """As `made_ids`, of a command as a device named it."""
    return made_ids(_known(command_name), arguments)


def about_a_row(entry: Any) -> bool:
    """Whether the entry is about the row under its `row_id`: a creation is only once it ran."""
    return entry.row_id is not None and (entry.state in _RAN or not makes_a_row(_known(entry.command)))


def title_in(values: Mapping[str, Any]) -> str | None:
    """What a row is called, by wire name or column name, if the values say so."""
    spelled = (name for title in TITLES for name in (title, wire_name(title)))
    return next((v for name in spelled if isinstance(v := values.get(name), str) and v.strip()), None)


def what_of(command_name: str, arguments: Mapping[str, Any]) -> Words:
    """What somebody did, in words: the command's name, and what the row is called if the edit says so."""
    return what_called(command_name, title_in(arguments))


def what_called(command_name: str, called: str | None) -> Words:
    """The same, of a row that is called so."""
    command = _known(command_name)
    if command_name == EDITS_GONE:
        return Words("缺失的离线修改", "Missing offline edits")
    if command is None:
        return Words(command_name[:_TITLE_LENGTH], command_name[:_TITLE_LENGTH])
    if called is None:
        return Words(command.zh, command.en)
    called = " ".join(called.split())
    called = called if len(called) <= _TITLE_LENGTH else called[: _TITLE_LENGTH - 1] + "…"
    return Words(f"{command.zh} {called}", f"{command.en} {called}")


def _own_ids(value: Any) -> set[UUID]:
    found: set[UUID] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            if (row_id := row_id_of(item.get("id"))) is not None:
                found.add(row_id)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found


def _known(name: str) -> Command | None:
    try:
        return command_named(name)
    except LookupError:
        return None
