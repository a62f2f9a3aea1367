"""Bugs in what the kernel writes down about changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kernel import edge
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
    m.wrap(edge, "_stamp_parameters", _with(exit_entities=[], exit_ids=[], exit_paths=[]))


@mutant("reassign_customer", "pull")
def exits_name_the_new_place(m: Surgeon) -> None:
    """The mark says where the row went instead of where it was."""

    def around(stamp: Any) -> Any:
        def stamped(ctx: Any, changes: Any) -> Any:
            found = stamp(ctx, changes)
            now = {c.row_id: c.scope_after for c in changes}
            return {**found, "exit_paths": [now[row_id] for row_id in found["exit_ids"]]}

        return stamped

    m.wrap(edge, "_stamp_parameters", around)


@mutant("reassign_customer", "pull")
def log_keeps_the_old_place(m: Surgeon) -> None:
    """The log puts a moved row where it was: whoever gained it does not hear of it."""

    def around(stamp: Any) -> Any:
        def stamped(ctx: Any, changes: Any) -> Any:
            found = stamp(ctx, changes)
            old = {c.row_id: c.scope_before for c in changes}
            paths = [old[r] if old[r] is not None else p for r, p in zip(found["row_ids"], found["paths"], strict=True)]
            return {**found, "paths": paths}

        return stamped

    m.wrap(edge, "_stamp_parameters", around)


@mutant("make_or_drop_role", "pull")
def tombstones_are_dropped(m: Surgeon) -> None:
    """What is deleted for good is not told."""
    m.wrap(edge, "described_and_tracked", lambda f: lambda c: f(c) and c.op != "delete")


@mutant()
def clock_stands_still(m: Surgeon) -> None:
    """Changes are stamped without moving the clock on."""
    m.put(edge, "_STAMP", edge._STAMP.replace("SET value = value + 1", "SET value = value"))


@mutant()
def stamps_are_one_behind(m: Surgeon) -> None:
    """A change carries the number before its own."""
    m.put(edge, "_STAMP", edge._STAMP.replace("c.scope_path, tick.value\n", "c.scope_path, tick.value - 1\n", 1))


@mutant("sync", "push")
def clock_is_drawn_before_the_commit(m: Surgeon) -> None:
    """The number is drawn before the last statement: two transactions that overlap share one, the later is missed."""
    drawn: dict[int, int] = {}

    def commit_around(commit: Any) -> Any:
        async def committed(ctx: Any, outcome: Any) -> bool:
            clock = select(TenantClock.value).where(TenantClock.tenant_id == ctx.tenant_id)
            drawn[id(ctx)] = int((await ctx.session.core(clock)).scalar_one()) + 1
            return bool(await commit(ctx, outcome))

        return committed

    def stamp_around(stamp: Any) -> Any:
        return lambda ctx, changes: {**stamp(ctx, changes), "drawn": drawn.pop(id(ctx))}

    m.wrap(edge, "commit", commit_around)
    m.wrap(edge, "_stamp_parameters", stamp_around)
    m.put(
        edge,
        "_STAMP",
        edge._STAMP.replace("value = value + 1", "value = greatest(value, %(drawn)s)").replace(
            "RETURNING value", "RETURNING %(drawn)s::bigint AS value"
        ),
    )


@mutant("archive_online", "pull")
def archiving_is_no_change(m: Surgeon) -> None:
    """A row that goes to the recycle bin, or comes back, is not told."""
    m.wrap(
        edge,
        "described_and_tracked",
        lambda f: lambda c: f(c) and not (c.op == "update" and "archived_at" in {*c.before, *c.after}),
    )


def _with(**replaced: Any) -> Any:
    return lambda stamp: lambda ctx, changes: {**stamp(ctx, changes), **replaced}
