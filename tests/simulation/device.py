"""A simulated device: the real replica on a real file, a clock of its own, and a life that may end at any point."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.util import greenlet_spawn

from sync.client import Replica
from sync.client.errors import ArgumentRefused, NotRegistered, Offline, SyncRefused, UnknownCommand
from tests.simulation import oracles
from tests.simulation.kills import DeviceKilled, DevicePoints, WatchedStore
from tests.simulation.ledger import Sent, read_base, read_outbox
from tests.simulation.network import PULL, PUSH, Answer, Message, Network

if TYPE_CHECKING:
    from tests.simulation.run import Run

URL = "http://server.invalid"
# Refusals that a device may meet in an honest run, and what it means for it.
_LASTING = {"DEVICE_FORKED": "forked", "DEVICE_REVOKED": "revoked"}
_PASSING = frozenset({"NOT_SIGNED_IN", "BUSY"})


class Device:
    """`skew`: how far its clock is off; `drift`: how much faster it runs. `file`: counts the copies of its file that
    took the place of each other: what was promised to one is not promised to an older copy."""

    def __init__(self, run: Run, name: str, who: str, *, skew: timedelta, drift: float, page_rows: int) -> None:
        self.run, self.name, self.who = run, name, who
        self.skew, self.drift, self.page_rows = skew, drift, page_rows
        self.path: Path = run.folder / f"{name}.sqlite"
        self.points = DevicePoints()
        self.token = run.token(who)
        self.replica: Replica | None = None
        self.known = False  # to the server, as far as the device can tell
        self.forked = self.revoked = self.split = False
        self.busy = False
        self.entries: dict[str, Sent] = {}
        self.base: dict[str, dict[str, dict[str, Any]]] = {}
        self.contained: set[str] = set()  # mutations that the shown rows contain
        self.sure = True  # false after a kill: which pages were kept is the file's secret until the next pull
        self.versions: dict[tuple[str, str], int] = {}
        self.markers: dict[str, int] = {}
        self.heard_the_end = False  # its last contact was after the end of the company's right to write
        self.stopped: dict[str, Any] | None = None  # why the last push did not take everything
        self._answered_when_asked: set[str] = set()
        self._commits_when_asked = -1
        self._completed = False

    def now(self) -> datetime:
        """Its own clock: off, and running at its own pace."""
        since = self.run.clock.instant - self.run.began
        return self.run.began + since * (1 + self.drift) + self.skew

    def opened(self) -> Replica:
        if self.replica is None:
            network = Network(self.run, self)
            replica = Replica(
                self.path,
                URL,
                self.token,
                transport=network,
                now=self.now,
                sleep=lambda _seconds: None,
                page_rows=self.page_rows,
            )
            replica._store.close()
            replica._store = WatchedStore(self.path)
            replica._store.points = self.points
            self.replica = replica
        return self.replica

    def shut(self) -> None:
        """The app ends; what was not committed is gone, as after a kill."""
        if self.replica is not None:
            self.replica._store.points = DevicePoints()
            self.replica.close()
            self.replica = None
        self.points.dies_in = None

    @property
    def usable(self) -> bool:
        return not (self.revoked or self.busy)

    def sends(self, message: Message) -> None:
        """Noted when a request leaves: what the answer may contain, and what the server had committed."""
        if message.path == PULL:
            self._answered_when_asked = {sent.uuid for sent in read_outbox(self.path) if sent.outcome is not None}
            self._commits_when_asked = self.run.points.tracked_commits

    def receives(self, message: Message, answer: Answer) -> None:
        oracles.on_answer(self.run, self, answer)
        if answer.completes_a_pull(message):
            self._completed = True
        if answer.status != 200:
            return
        if message.path == PUSH:
            told = json.loads(answer.body)
            self.stopped = told.get("stopped")
            oracles.on_outcomes(self.run, self, told["outcomes"])
        self.heard_the_end = self.run.over()

    async def does(self, what: str, work: Callable[[Replica], Any]) -> Any:
        """Something on the device, from its first statement to its end or its death; then every oracle looks."""
        run = self.run
        self._completed, self.busy, self.stopped = False, True, None
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
        except (UnknownCommand, ArgumentRefused, NotRegistered) as refused:
            told = f"not queued ({type(refused).__name__})"
        except SyncRefused as refused:
            told = f"refused {refused.code}"
            self._refused(refused)
        finally:
            ids.acting_now, self.busy = outer, False
        self.points.dies_in = None
        if died:
            self.shut()
        run.tell(f"  {self.name} {what}: {told}")
        self.base = read_base(self.path)
        well = not died and not told.startswith(("offline", "refused", "not queued"))
        whole = self._completed and well
        pushed = well and what in ("sync", "push") and self.stopped is None
        oracles.on_file(run, self, before, may_have_changed=self._completed, pushed=pushed)
        if whole:
            self.contained |= self._answered_when_asked
            self.sure = True
        elif died and self._completed:
            self.sure = False
        if whole:
            await oracles.on_pull(run, self, fresh=self._commits_when_asked == run.points.tracked_commits)
        oracles.on_step(run, self)
        return result

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
        return await self.does(f"{command} {told}", lambda replica: replica.mutate(command, **arguments))

    def pending(self) -> list[Sent]:
        return [sent for sent in self.entries.values() if sent.outcome is None]

    def copy_file(self, target: Path) -> None:
        """A copy as a backup program makes it: one instant of the file."""
        with closing(sqlite3.connect(str(self.path))) as source, closing(sqlite3.connect(str(target))) as kept:
            source.backup(kept)

    def forget(self, entries: dict[str, Sent], contained: set[str]) -> None:
        """The file is another one now: a copy of one that held these mutations."""
        self.entries, self.contained = entries, contained
        self.base = read_base(self.path)
        self.versions, self.markers = {}, {}
        self.split, self.forked, self.sure = True, False, False

    def _refused(self, refused: SyncRefused) -> None:
        if refused.code in _LASTING:
            setattr(self, _LASTING[refused.code], True)
        elif refused.code == "NOT_FOUND" and refused.field == "deviceId" and self.run.restores:
            self.known = False  # the server was restored to before this device came: it registers again
        elif refused.code == "MUTATION_GAP" and self.split:
            self.forked = True
        elif refused.code not in _PASSING:
            self.run.fail("refusals", f"{self.name} met {refused.status} {refused.code} {refused.field}: {refused}")
        if refused.code == "DEVICE_FORKED" and not (self.split or self.run.restores):
            self.run.fail("refusals", f"{self.name} was called a fork, but nobody ever copied its file")


def _short(result: Any) -> str:
    return json.dumps(result, default=str, ensure_ascii=False)[:160] if result is not None else "done"
