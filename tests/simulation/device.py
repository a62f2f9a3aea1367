"""A simulated device: the real replica on a real file, a clock of its own, and a life that may end at any point."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sqlalchemy.util import greenlet_spawn

from sync.client import Replica
from sync.client.errors import (
    ArgumentRefused,
    FileUnavailable,
    NoNumbersLeft,
    NotRegistered,
    Offline,
    SyncRefused,
    UnknownCollection,
    UnknownCommand,
)
from tests.simulation import oracles
from tests.simulation.kills import DeviceKilled, DevicePoints, WatchedStore
from tests.simulation.ledger import Sent, opened, read_base, read_outbox, read_settled
from tests.simulation.network import PULL, PUSH, Answer, Message, Network
from tests.simulation.upgrades import as_said_by

if TYPE_CHECKING:
    from tests.simulation.air import Air
    from tests.simulation.run import Run

URL = "http://server.invalid"
_GOES_ON = frozenset({"MUTATION_GAP", "DEVICE_FORKED"})  # the replica puts it right and pushes on by itself
# Refusals that a device may meet in an honest run.
_PASSING = frozenset({"NOT_SIGNED_IN", "BUSY"})
_NO_LEASE = frozenset({"TOO_MANY_LEASES", "PERMISSION_DENIED", "SUBSCRIPTION_LAPSED", "MODULE_NOT_BOUGHT", "NOT_FOUND"})


@dataclass
class Knowledge:
    """What a device's file must hold, by what it sent and heard. Goes with the file, when that is copied."""

    device_id: str | None = None
    entries: dict[str, Sent] = field(default_factory=dict)
    contained: set[str] = field(default_factory=set)  # mutations that the shown rows contain
    heard: int = 0  # the last number of the last answer to a push

    def copy(self) -> Knowledge:
        entries = {uuid: replace(sent) for uuid, sent in self.entries.items()}
        return Knowledge(self.device_id, entries, set(self.contained), self.heard)


class Device:
    """`skew`: how far its clock is off; `drift`: how much faster it runs. `split`: its file was copied or is a copy.
    `app`: the schema's version for which its app was built."""

    def __init__(
        self, run: Run, name: str, who: str, *, skew: timedelta, drift: float, page_rows: int, app: int
    ) -> None:
        self.run, self.name, self.who = run, name, who
        self.skew, self.drift, self.page_rows, self.app = skew, drift, page_rows, app
        self.path: Path = run.folder / f"{name}.sqlite"
        self.points = DevicePoints()
        self.token = run.token(who)
        self.replica: Replica | None = None
        self.known = False  # to the server, as far as the device can tell
        self.revoked = self.split = False
        self.busy = False
        self.knew = Knowledge()
        self.base: dict[str, dict[str, dict[str, Any]]] = {}
        self.sure = True  # false after a kill: which pages were kept is the file's secret until the next pull
        self.versions: dict[tuple[str, str], int] = {}
        self.markers: dict[str, int] = {}
        self.heard_the_end = False  # its last contact was after the end of the company's right to write
        self.stopped: dict[str, Any] | None = None  # why the last push did not take everything
        self.air: Air | None = None  # where its socket stands, while it has one
        self._answered_when_asked: set[str] = set()
        self.pushed_as: str | None = None  # the id under which it pushed last
        self._lost: set[str] = set()  # what a restored server said it lost, since the app was last at rest
        self._heard_before = 0
        self.commits_when_asked = -1
        self.completed = False

    @property
    def entries(self) -> dict[str, Sent]:
        return self.knew.entries

    def now(self) -> datetime:
        """Its own clock: off, and running at its own pace."""
        since = self.run.clock.instant - self.run.began
        return self.run.began + since * (1 + self.drift) + self.skew

    def rows(self, collection: str, **asked: Any) -> list[dict[str, Any]]:
        """What the app shows; a member whom the world has never let see a collection here, or at all, has none."""
        try:
            return self.opened().rows(collection, **asked)
        except (UnknownCollection, NotRegistered):
            return []

    def opened(self) -> Replica:
        if self.replica is None:
            network = Network(self.run, self)
            with patch("sync.client.safe.Store", WatchedStore):
                replica = Replica(
                    self.path,
                    URL,
                    self.token,
                    transport=network,
                    now=self.now,
                    sleep=lambda _seconds: None,
                    page_rows=self.page_rows,
                )
            replica.schema_version = self.app
            store: Any = replica._store
            store.points = self.points
            self.replica = replica
        return self.replica

    def shut(self) -> None:
        """The app ends; what was not committed is gone, as after a kill."""
        if self.replica is not None:
            store: Any = self.replica._store
            store.points = DevicePoints()
            self.replica.close()
            self.replica = None
        self.points.dies_in, self.air = None, None

    @property
    def usable(self) -> bool:
        return not (self.revoked or self.busy)

    def sends(self, message: Message) -> None:
        """Noted when a request leaves: what the answer may contain, and what the server had committed."""
        if message.path == PUSH and (pushes_as := message.told()["deviceId"]) != self.pushed_as:
            self.pushed_as, self.knew.heard = pushes_as, 0 if self.pushed_as else self.knew.heard
        if message.path == PULL:
            answered = [sent for sent in read_outbox(self.path) if sent.outcome is not None]
            asked = {sent.uuid for sent in answered if sent.n <= self.knew.heard}
            # One sync may pull twice, and after the first the file forgets what is old: the rows contain it still.
            self._answered_when_asked = asked | (self._answered_when_asked if self.completed else set())
            self.commits_when_asked = self.run.points.tracked_commits

    def receives(self, message: Message, answer: Answer) -> None:
        oracles.on_answer(self.run, self, answer)
        if answer.completes_a_pull(message):
            self.completed = True
        if answer.status != 200:
            return
        if message.path == PUSH:
            told = json.loads(answer.body)
            if int(told["lastMutation"]) < self.knew.heard:  # a restored server: what it lost is in no rows any more
                lost = {sent.uuid for sent in read_outbox(self.path) if sent.n > int(told["lastMutation"])}
                self.knew.contained -= lost
                self._answered_when_asked -= lost
                self._lost, self._heard_before = self._lost | lost, max(self._heard_before, self.knew.heard)
            self.stopped, self.knew.heard = told.get("stopped"), int(told["lastMutation"])
            oracles.on_outcomes(self.run, self, told["outcomes"])
        self.heard_the_end = self.run.over()

    async def does(self, what: str, work: Callable[[Replica], Any]) -> Any:
        """Something on the device, from its first statement to its end or its death; then every oracle looks."""
        run = self.run
        self.completed, self.busy, self.stopped = False, True, None
        self._lost, self._heard_before = set(), 0
        before, ids = self.base, run.ids
        outer, ids.acting_now = ids.acting_now, self.now
        result, told, died = None, "", False
        try:
            result = await greenlet_spawn(work, self.opened())
            told = _short(result)
        except DeviceKilled as killed:
            died, told = True, f"KILLED {killed}"
        except Offline:
            told = "offline"
        except (UnknownCommand, ArgumentRefused, NotRegistered, NoNumbersLeft, FileUnavailable) as refused:
            told = f"not queued ({type(refused).__name__})"
        except SyncRefused as refused:
            told = f"refused {refused.code}"
            self._refused(what, refused)
        finally:
            ids.acting_now, self.busy = outer, False
        self.points.dies_in = self.points.page_dies_in = None
        if died:
            self.shut()
            self._did_not_hear(self._lost & read_settled(self.path))
        run.tell(f"  {self.name} {what}: {told}")
        self.base = read_base(self.path)
        well = not died and not told.startswith(("offline", "refused", "not queued"))
        # Of a lease the refusal is told when push and pull are over.
        whole = self.completed and (well or (what == "lease" and not died)) and what != "live"
        pushed = well and what in ("sync", "push") and self._went_on
        oracles.on_file(run, self, before, may_have_changed=self.completed, pushed=pushed)
        if whole:
            self.knew.contained |= self._answered_when_asked
            self.sure = True
        elif died and self.completed:
            self.sure = False
        if self.completed and well:
            await oracles.on_pull(run, self, fresh=self.commits_when_asked == run.points.tracked_commits)
        oracles.on_step(run, self)
        return result

    def _did_not_hear(self, kept: set[str]) -> None:
        """The app died before it wrote down what the restored server had said of them."""
        if kept:
            self.knew.contained |= kept
            self.knew.heard = max(self.knew.heard, self._heard_before)

    @property
    def _went_on(self) -> bool:
        """Whether the last push took everything, or stopped only until the replica had put something right."""
        return self.stopped is None or self.stopped["code"] in _GOES_ON

    async def syncs(self) -> Any:
        """As an app does when it has a network: makes itself known if it must, then pushes and pulls."""
        if not self.known:
            await self.does("register", lambda replica: replica.register(self.name))
            self.known = self.opened().device_id is not None
            if not self.known:
                return None
        return await self.does("sync", lambda replica: replica.sync())

    async def mutates(self, command: str, /, **arguments: Any) -> str | None:
        told = {k: str(v)[-12:] for k, v in arguments.items()}
        said = as_said_by(self.app, command, arguments)
        row_id: str | None = await self.does(f"{command} {told}", lambda replica: replica.mutate(command, **said))
        return row_id

    def pending(self) -> list[Sent]:
        return [sent for sent in self.entries.values() if sent.outcome is None]

    def copy_file(self, target: Path) -> None:
        """A copy as a backup program makes it: one instant of the file."""
        with opened(self.path) as db:
            db.execute("VACUUM INTO ?", (str(target),)).fetchall()

    def forget(self, knew: Knowledge) -> None:
        """The file is another one now: a copy of one that held this."""
        self.knew = knew
        self.base = read_base(self.path)
        self.versions, self.markers = {}, {}
        self.split, self.sure, self.air = True, False, None

    def _refused(self, what: str, refused: SyncRefused) -> None:
        if refused.code == "DEVICE_REVOKED":
            self.revoked = True
        elif refused.code == "NOT_FOUND" and refused.field == "deviceId" and (self.run.restores or self.split):
            pass  # the server was restored to before this device came: the next sync makes it known again
        elif refused.code not in _PASSING and not (what == "lease" and refused.code in _NO_LEASE):
            self.run.fail("refusals", f"{self.name} met {refused.status} {refused.code} {refused.field}: {refused}")


@dataclass(frozen=True)
class FileCopy:
    """A device's file as it once was. `restores`: how often the server had been restored by then."""

    device: Device
    path: Path
    knew: Knowledge
    restores: int


def _short(result: Any) -> str:
    return json.dumps(result, default=str, ensure_ascii=False)[:160] if result is not None else "done"
