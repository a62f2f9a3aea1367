"""Two devices and the web at the same rows, in any order: edits, tags, notes and archives, on the real server.

A model beside it knows what was meant. In the end both replicas are what the server has, tags are what all additions
and removals make, and every word that somebody wrote was applied at some time or waits in an inbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.client import Replica
from tests.sync.conftest import Doors
from tests.tenants.rows import rows_of
from values.clock import FrozenClock

DEVICE, ROW, TAG = st.sampled_from([0, 1]), st.sampled_from([0, 1]), st.sampled_from([0, 1, 2])


@dataclass
class Row:
    """What the server must hold. `log`: who changed the row, in the order of commits: a device or the web (None)."""

    id: str
    tags: set[str] = field(default_factory=set)
    archived: bool = False
    log: list[int | None] = field(default_factory=list)


@dataclass
class Meant:
    """A queued mutation as its author meant it. `seen`: how much of the row's log the device had pulled."""

    row: Row
    seen: int
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    archives: bool = False


class Desk:
    """The running world, from a machine's thread."""

    def __init__(self, doors: Doors, run: Callable[..., Any], clock: FrozenClock, devices: list[Replica]) -> None:
        self.doors, self.run, self.clock, self.devices = doors, run, clock, devices
        self._loop = asyncio.get_running_loop()
        self.examples = 0

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        self.clock.move(seconds=1)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def rows(self, statement: str) -> list[Any]:
        found: list[Any] = self.wait(rows_of(self.doors.app, self.doors.world.yunfan.tenant_id, statement))
        return found


class Machine(RuleBasedStateMachine):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.words = 0
        self.written: list[tuple[str, str]] = []  # (column, word)

    @initialize()
    def begin(self) -> None:
        desk = self.desk
        desk.examples += 1
        names = [f"标签{desk.examples}-{number}" for number in range(3)]
        self.tags = [str(desk.wait(desk.run("admin", "tenants.create_tag", name=name)).row_id) for name in names]
        made = [desk.wait(desk.run("admin", "party.create_customer", name=f"客户{n}", notes="头\n尾")) for n in (0, 1)]
        self.rows = [Row(str(found.row_id), log=[None]) for found in made]
        self.devices = desk.devices
        for replica in self.devices:
            replica.sync()  # a failed example may have left something
        self.meant: list[list[Meant]] = [[], []]
        self.seen = [{row.id: 1 for row in self.rows}, {row.id: 1 for row in self.rows}]
        self.archived = [{row.id: False for row in self.rows}, {row.id: False for row in self.rows}]

    def word(self, column: str) -> str:
        self.words += 1
        self.written.append((column, f"v{self.desk.examples}x{self.words}"))
        return self.written[-1][1]

    def mutate(self, device: int, command: str, meant: Meant, **values: Any) -> None:
        self.desk.clock.move(seconds=1)
        self.devices[device].mutate(command, id=meant.row.id, **values)
        self.meant[device].append(meant)

    def shown(self, device: int, row: Row) -> dict[str, Any]:
        found = self.devices[device].row("customers", row.id)
        assert found is not None
        return found

    def at(self, device: int, row: Row, **options: Any) -> Meant:
        return Meant(row, self.seen[device][row.id], **options)

    @rule(device=DEVICE, at=ROW, column=st.sampled_from(["region", "industry"]))
    def edit(self, device: int, at: int, column: str) -> None:
        row = self.rows[at]
        self.mutate(device, "party.edit_customer", self.at(device, row), **{column: self.word(column)})

    @rule(device=DEVICE, at=ROW, tag=TAG)
    def tag(self, device: int, at: int, tag: int) -> None:
        row, mark = self.rows[at], self.tags[tag]
        held = self.shown(device, row)["tagIds"]
        if mark in held:
            meant = self.at(device, row, removed=frozenset({mark}))
            self.mutate(device, "party.edit_customer", meant, tagIds=[found for found in held if found != mark])
        else:
            meant = self.at(device, row, added=frozenset({mark}))
            self.mutate(device, "party.edit_customer", meant, tagIds=[*held, mark])

    @rule(device=DEVICE, at=ROW, line=st.integers(0, 3), inside=st.booleans())
    def note(self, device: int, at: int, line: int, inside: bool) -> None:
        row = self.rows[at]
        lines = (self.shown(device, row)["notes"] or "").split("\n")
        place = min(line, len(lines) - 1)
        word = self.word("notes")
        lines[place : place + 1] = [f"{lines[place]} {word}"] if inside else [lines[place], word]
        self.mutate(device, "party.edit_customer", self.at(device, row), notes="\n".join(lines))

    @rule(device=DEVICE, at=ROW)
    @precondition(lambda self: self.words > 2)
    def archive(self, device: int, at: int) -> None:
        self.mutate(device, "party.archive_customer", self.at(device, self.rows[at], archives=True))

    @rule(at=ROW, column=st.sampled_from(["region", "industry"]))
    def edit_on_the_web(self, at: int, column: str) -> None:
        row, desk = self.rows[at], self.desk
        if row.archived:
            return
        desk.wait(desk.run("admin", "party.edit_customer", id=UUID(row.id), **{column: self.word(column)}))
        row.log.append(None)

    @rule(at=ROW)
    def restore_on_the_web(self, at: int) -> None:
        row, desk = self.rows[at], self.desk
        if row.archived:
            desk.wait(desk.run("admin", "party.restore_customer", id=UUID(row.id)))
            row.archived = False

    @rule(device=DEVICE)
    def sync(self, device: int) -> None:
        self.desk.clock.move(seconds=1)
        replica = self.devices[device]
        outcomes = replica.push()
        assert len(outcomes) == len(self.meant[device])
        for outcome, meant in zip(outcomes, self.meant[device], strict=True):
            self.account(device, outcome, meant)
        self.meant[device] = []
        replica.pull()
        for row in self.rows:
            self.seen[device][row.id] = len(row.log)

    def account(self, device: int, outcome: dict[str, Any], meant: Meant) -> None:
        """Holds one outcome against the model, and takes it over."""
        row, code = meant.row, (outcome.get("error") or {}).get("code")
        if meant.archives:
            unseen = any(who != device for who in row.log[meant.seen :])
            assert code == ("ROW_EDITED_MEANWHILE" if unseen and not row.archived else None), (outcome, row.log, meant)
            row.archived |= code is None
            return
        assert code == ("ROW_ARCHIVED" if row.archived else None), outcome
        if code is None:
            row.tags = (row.tags | meant.added) - meant.removed
            row.log.append(device)

    @invariant()
    def nothing_that_was_queued_is_forgotten(self) -> None:
        if not hasattr(self, "devices"):
            return
        for device, replica in enumerate(self.devices):
            assert len(replica.pending()) == len(self.meant[device])

    def teardown(self) -> None:
        if not hasattr(self, "devices"):
            return
        for device in (0, 1, 0):
            self.sync(device)
        one, two = ([replica.row("customers", row.id) for row in self.rows] for replica in self.devices)
        assert one == two
        for replica in self.devices:
            assert replica.verify() == []
        for row, found in zip(self.rows, one, strict=True):
            assert (set(found["tagIds"]), found["archivedAt"] is not None) == (row.tags, row.archived)
        ids = ", ".join(f"'{row.id}'" for row in self.rows)
        told = str(self.desk.rows(f"SELECT after FROM app.audit_entry WHERE op <> 'merge' AND row_id IN ({ids})"))
        kept = str(self.desk.rows(f"SELECT arguments, differences FROM app.inbox_entry WHERE row_id IN ({ids})"))
        assert [word for _, word in self.written if word not in told and word not in kept] == []
        # Nobody ever takes out a word of a note: what is not there waits in an inbox.
        notes = " ".join(found["notes"] for found in one)
        lost = [word for column, word in self.written if column == "notes" and word not in notes and word not in kept]
        assert lost == []


async def test_two_devices_and_the_web(doors: Doors, run: Callable[..., Any], clock: FrozenClock) -> None:
    desk = Desk(doors, run, clock, [await doors.device("lin", name) for name in ("one", "two")])
    seeded = settings(
        max_examples=6,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, lambda: Machine(desk), settings=seeded)
    assert desk.examples >= 6
