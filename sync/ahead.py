"""What lies unresolved before a device's mutations: read once a push, so that one with nothing in the inbox pays a
query and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from infra.questions import Asking
from kernel.command import Command
from kernel.context import Context
from kernel.db import Opening, TenantContext
from kernel.engine import Engine
from kernel.entity import table
from kernel.policy import Actor
from sync.restored import asking_restored
from tenants.device_entities import InboxEntry
from tenants.parking import UNRESOLVED, Unresolved, as_unresolved, asking_unresolved, blockers, parked_behind


class ParkedNoMore(Exception):
    """What a mutation was to wait for has been settled meanwhile: it can be tried at once."""


@dataclass(slots=True)
class Ahead:
    """The member's unresolved entries, kept up with what this push itself files."""

    entries: list[Unresolved] = field(default_factory=list)
    restored: bool = False  # lately: devices may still send again what that lost

    async def read(self, engine: Engine, actor: Actor) -> None:
        unresolved = asking_unresolved(actor.tenant_id, actor.member_id)
        asking = Asking([unresolved, asking_restored(actor.tenant_id, engine.clock.now())])
        context = TenantContext(actor.tenant_id, actor.member_id).wide()
        self.entries, self.restored = await engine.database.asked(Opening(context, asking))

    def waits_of(self, command: Command | None, arguments: Mapping[str, Any]) -> list[Unresolved]:
        return blockers(command, arguments, self.entries) if command is not None and self.entries else []

    def refuse_parked(self, command: Command, arguments: Mapping[str, Any]) -> None:
        """Raises Parked for an edit that names a row which an unresolved entry was to create."""
        waits = self.waits_of(command, arguments)
        if waits:
            raise parked_behind(waits)

    def filed(self, entry: InboxEntry) -> None:
        found = as_unresolved(entry)
        if found.state == "parked" or found.makes:
            self.entries.append(found)

    def free(self) -> bool:
        """Whether a parked entry waits for nothing any more, because the one who settled it was stopped in between."""
        there = {str(entry.id) for entry in self.entries}
        return any(e.state == "parked" and e.waits_for and not e.waits_for & there for e in self.entries)


async def hold(ctx: Context, waits: Sequence[Unresolved]) -> None:
    """Keeps the entries as they are until the commit: whoever settles one of them then finds what was parked behind it.

    Raises ParkedNoMore when one is settled already.
    """
    ids: list[UUID] = sorted(entry.id for entry in waits)
    entry = table(InboxEntry).c
    statement = select(entry.id).where(entry.tenant_id == ctx.tenant_id, entry.id.in_(ids), entry.state.in_(UNRESOLVED))
    held = (await ctx.session.core(statement.order_by(entry.id).with_for_update(read=True))).scalars().all()
    if len(held) < len(ids):
        raise ParkedNoMore
