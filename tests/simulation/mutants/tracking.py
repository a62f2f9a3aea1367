"""Bugs in what the kernel writes down about changes."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from kernel import edge
from kernel.db import TenantSession
from kernel.entity import described
from kernel.tables import TenantClock
from kernel.tracking import Changes
from tests.simulation.mutants import Surgeon, mutant


@mutant()
def contacts_are_not_tracked(m: Surgeon) -> None:
    """The clock is not stamped on one entity."""
    m.wrap(edge, "described_and_tracked", lambda f: lambda c: f(c) and described(c.entity).name != "party.Contact")


@mutant()
def bulk_writes_are_not_tracked(m: Surgeon) -> None:
    """What `update_where` changes is in the tables and in no log."""

    def around(updated: Any) -> Any:
        def only_rows(self: Changes, entity: Any, row: Any, before: Any, after: Any) -> None:
            if not isinstance(row, dict):
                updated(self, entity, row, before, after)

        return only_rows

    m.wrap(Changes, "updated", around)


@mutant("reassign_customer", "pull")
def exits_are_not_written(m: Surgeon) -> None:
    """A row that leaves a scope leaves no mark for the devices that lose it."""
    m.wrap(edge, "_stamped", _each(lambda row: {**row, "left_path": None}))


@mutant("reassign_customer", "pull")
def exits_name_the_new_place(m: Surgeon) -> None:
    """The mark says where the row went instead of where it was."""
    m.wrap(edge, "_stamped", _each(lambda row: {**row, "left_path": row["left_path"] and row["scope_path"]}))


@mutant("reassign_customer", "pull")
def log_keeps_the_old_place(m: Surgeon) -> None:
    """The log puts a moved row where it was: whoever gained it does not hear of it."""
    m.wrap(edge, "_stamped", _each(lambda row: {**row, "scope_path": row["left_path"] or row["scope_path"]}))


@mutant("make_or_drop_role", "pull")
def tombstones_are_dropped(m: Surgeon) -> None:
    """What is deleted for good is not told."""
    m.wrap(edge, "described_and_tracked", lambda f: lambda c: f(c) and c.op != "delete")


@mutant()
def clock_stands_still(m: Surgeon) -> None:
    """Changes are stamped without moving the clock on."""
    m.reword(edge, "_STAMP", "SET value = value + 1", "SET value = value")


@mutant()
def stamps_are_one_behind(m: Surgeon) -> None:
    """A change carries the number before its own."""
    m.reword(edge, "_STAMP", "c.scope_path, tick.value FROM", "c.scope_path, tick.value - 1 FROM")


@mutant("others_work_while_it_commits")
def clock_is_drawn_before_the_commit(m: Surgeon) -> None:
    """The number is drawn before the last statement: two transactions that overlap share one, the later is missed."""
    drawn: dict[int, int] = {}

    def edge_around(commit: Any) -> Any:
        async def committed(ctx: Any, then: Any = None) -> bool:
            clock = select(TenantClock.value).where(TenantClock.tenant_id == ctx.tenant_id)
            drawn[id(ctx.session)] = int((await ctx.session.core(clock)).scalar_one()) + 1
            return bool(await commit(ctx, then))

        return committed

    def session_around(commit: Any) -> Any:
        async def committed(self: TenantSession, *behind: tuple[str, Any], then: Any = None) -> None:
            number = drawn.pop(id(self), None)
            late = f"value = greatest(value, {number}) {_OWN} RETURNING {number}::bigint AS value"
            await commit(self, *((text.replace(_TICK, late), given) for text, given in behind), then=then)

        return committed

    m.reword(edge, "_STAMP", _TICK, _TICK)
    m.wrap(edge, "commit", edge_around)
    m.wrap(TenantSession, "commit", session_around)


@mutant("archive_online", "pull")
def archiving_is_no_change(m: Surgeon) -> None:
    """A row that goes to the recycle bin, or comes back, is not told."""
    m.wrap(
        edge,
        "described_and_tracked",
        lambda f: lambda c: f(c) and not (c.op == "update" and "archived_at" in {*c.before, *c.after}),
    )


_OWN = "WHERE tenant_id = %s"
_TICK = f"value = value + 1 {_OWN} RETURNING value"


def _each(change: Any) -> Any:
    """Every line of what is written into the log, changed."""
    return lambda stamped: lambda changes: json.dumps([change(row) for row in json.loads(stamped(changes))])
