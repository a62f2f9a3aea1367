"""Document numbers on the device: out of leased ranges, offline, each handed out once.

The ranges are rows of the collection `numberLeases`; asking for one is a mutation like any other, so a lost answer or a
kill leaves it in the queue and the server grants it once. How far a range is handed out, and which numbers were taken
and stand in no mutation yet, is kept here, in the replica's own file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sync.client.errors import NoNumbersLeft, Offline, SyncRefused
from sync.client.store import Store
from sync.client.values import instant, uuid7

if TYPE_CHECKING:
    from sync.client.replica import Replica

LOW_WATER = 10
MOST_LEASES = 2  # not handed out; the server grants no third
_LEASES, _LEASE, _VOID, _RESOLVE = (
    "numberLeases",
    "tenants.lease_numbers",
    "tenants.void_number",
    "tenants.resolve_inbox_entry",
)
_UNUSED = "设备上未使用 / not used on the device"
_DIGITS = 6
_REST = timedelta(hours=1)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS number_next (lease_id TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS number_held (number TEXT PRIMARY KEY, series TEXT NOT NULL, lease_id TEXT NOT NULL, "
    "holder TEXT NOT NULL, taken_at TEXT NOT NULL) WITHOUT ROWID",
)


class Holder:
    """Tells whether the process that took a number still runs.

    It keeps a lock on a file of its own beside the replica, which the system releases when the process ends, however it
    does. SQLite's own lock serves, since it is the same on every system.
    """

    def __init__(self, path: str | Path) -> None:
        self.id = uuid4().hex
        self._path = Path(path)
        self._lock: sqlite3.Connection | None = None

    def hold(self) -> None:
        """From here on this process is seen to run."""
        if self._lock is None:
            self._lock = sqlite3.connect(self._file(self.id), isolation_level=None, check_same_thread=False)
            self._lock.execute("BEGIN EXCLUSIVE")

    def is_gone(self, holder: str) -> bool:
        file = self._file(holder)
        if holder == self.id or not file.exists():
            return holder != self.id
        lock = sqlite3.connect(file, isolation_level=None, timeout=0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False  # locked by whoever runs
        finally:
            lock.close()
        file.unlink(missing_ok=True)
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            self._file(self.id).unlink(missing_ok=True)

    def _file(self, holder: str) -> Path:
        return self._path.with_name(f"{self._path.name}-held-{holder}")


class Numbers:
    """What a replica knows of its numbers. May be used from several threads, and the file from several processes."""

    def __init__(self, replica: Replica, store: Store, path: str | Path, now: Callable[[], datetime]) -> None:
        self._replica, self._store, self._now = replica, store, now
        self._holder = Holder(path)
        self._refused: dict[str, str] = {}  # series → code: not asked for again by itself
        self._again: dict[str, datetime | None] = {}  # when it is all the same
        with store.transaction() as db:
            for statement in _TABLES:
                db.execute(statement)

    def take(self, series: str) -> str:
        """The next number that nobody was handed. On the disk before it is returned. Raises NoNumbersLeft."""
        with self._store.transaction() as db:
            self._holder.hold()
            for lease in self._open_leases(series):
                value = self._next_of(lease)
                if value > int(lease["last"]):
                    continue
                db.execute(
                    "INSERT INTO number_next (lease_id, value) VALUES (?, ?) "
                    "ON CONFLICT (lease_id) DO UPDATE SET value = excluded.value",
                    (lease["id"], value + 1),
                )
                number = f"{lease['prefix']}-{value:0{_DIGITS}d}"
                db.execute(
                    "INSERT INTO number_held (number, series, lease_id, holder, taken_at) VALUES (?, ?, ?, ?, ?)",
                    (number, series, lease["id"], self._holder.id, instant(self._now())),
                )
                return number
        raise NoNumbersLeft(series)

    def left(self, series: str) -> int:
        """How many numbers can be handed out before the next lease."""
        with self._store.snapshot():
            return sum(max(0, int(lease["last"]) - self._next_of(lease) + 1) for lease in self._open_leases(series))

    def queued(self, arguments: dict[str, Any]) -> None:
        """Inside the transaction that queues a mutation: the numbers in it are not merely held any more."""
        with self._store.transaction() as db:
            held = {row[0] for row in db.execute("SELECT number FROM number_held")}
            if held:
                db.executemany(
                    "DELETE FROM number_held WHERE number = ?", [(n,) for n in held & set(_texts(arguments))]
                )

    def lease(self, series: str, count: int) -> int:
        """Asks the server for `count` numbers; how many are left then. Raises UnknownCommand, Offline, SyncRefused."""
        with self._store.transaction():  # two processes that run low at once ask once
            if not self._asked(series):
                spent = self._spent(series)
                self._replica.mutate(_LEASE, id=str(uuid7()), series=series, count=count, spent=spent)
            asked = self._asked(series)
        answers = {outcome["uuid"]: outcome for outcome in self._replica.push()}
        self._replica.pull()
        for uuid in asked:
            self._refuse(series, answers.get(uuid))
        if asked & self._asked(series):
            raise Offline("the server asks to come again later")
        return self.left(series)

    def settle(self) -> bool:
        """Queues that numbers taken by processes which ended will be on no document. True if there are any to send.

        After a push that went through: a copy of a replica learns there that it is one, and must void nothing.
        """
        if not self._may(_VOID):
            return False
        found = False
        with self._store.transaction() as db:
            leases = {lease["id"]: lease for lease in self._store.base_rows(_LEASES)}
            for number, series, lease_id, holder in db.execute(
                "SELECT number, series, lease_id, holder FROM number_held"
            ).fetchall():
                lease = leases.get(lease_id)
                if lease is None or not self._holder.is_gone(holder):
                    continue
                if lease["deviceId"] == self._store.get("device_id") and lease["closedAt"] is None:
                    self._replica.mutate(_VOID, series=series, number=number, reason=_UNUSED)
                    found = True
                else:  # another copy of this replica may use it, or it was voided with the lease
                    db.execute("DELETE FROM number_held WHERE number = ?", (number,))
        return found

    def refill(self) -> dict[str, Any]:
        """Leases more of what runs low. By series: how many are left, or the code of the server's refusal."""
        found: dict[str, Any] = {}
        for series in sorted({lease["seriesKey"] for lease in self._own_leases()}):
            if not self._rests(series) and self._runs_low(series):
                try:
                    self.lease(series, self._usual_count(series))
                except SyncRefused:
                    if series not in self._refused:  # not this request was refused, the device was
                        raise
                except Offline:  # the request stands in the queue and goes with the next sync
                    found[series] = self.left(series)
                    break
            found[series] = self._refused.get(series, self.left(series))
        return found

    def close(self) -> None:
        self._holder.release()

    def _runs_low(self, series: str) -> bool:
        unspent = sum(self._next_of(lease) <= int(lease["last"]) for lease in self._open_leases(series))
        return self.left(series) < LOW_WATER and unspent < MOST_LEASES and self._may(_LEASE)

    def _rests(self, series: str) -> bool:
        """Whether a request was refused: for good, or for the lack of a subscription a short while ago."""
        again = self._again.get(series)
        return series in self._refused and (again is None or self._now() < again)

    def _refuse(self, series: str, answer: dict[str, Any] | None) -> None:
        """Raises SyncRefused for an answer that grants nothing. Nobody has to decide about that in the inbox."""
        if answer is None or answer["error"] is None:
            self._refused.pop(series, None)
            return
        if answer["status"] == "inbox" and self._may(_RESOLVE):
            self._replica.resolve(answer["inboxId"], "discard")
        error = answer["error"]
        self._refused[series] = error["code"]
        self._again[series] = self._now() + _REST if answer["status"] == "settled" else None
        raise SyncRefused(409, error["code"], error["message"], error["field"], error["remedy"])

    def _may(self, command: str) -> bool:
        return command in (self._store.get("schema") or {"commands": {}})["commands"]

    def _asked(self, series: str) -> set[str]:
        """The uuids of the requests for this series that the server has not answered."""
        return {
            mutation["uuid"]
            for mutation in self._replica.pending()
            if mutation["command"] == _LEASE and mutation["arguments"].get("series") == series
        }

    def _own_leases(self) -> list[dict[str, Any]]:
        """This device's, in the order in which they are handed out. Another copy of the replica has its own."""
        device_id = self._store.get("device_id")
        own = [lease for lease in self._store.base_rows(_LEASES) if lease["deviceId"] == device_id]
        return sorted(own, key=lambda lease: int(lease["first"]))

    def _open_leases(self, series: str) -> list[dict[str, Any]]:
        return [lease for lease in self._own_leases() if lease["seriesKey"] == series and lease["closedAt"] is None]

    def _spent(self, series: str) -> list[str]:
        return [lease["id"] for lease in self._open_leases(series) if self._next_of(lease) > int(lease["last"])]

    def _usual_count(self, series: str) -> int:
        newest = [lease for lease in self._own_leases() if lease["seriesKey"] == series][-1]
        return int(newest["last"]) - int(newest["first"]) + 1

    def _next_of(self, lease: dict[str, Any]) -> int:
        with self._store.transaction() as db:
            row = db.execute("SELECT value FROM number_next WHERE lease_id = ?", (lease["id"],)).fetchone()
        return max(int(lease["first"]), int(row[0]) if row is not None else 0)


def _texts(value: Any) -> Iterator[str]:
    """Every text in JSON, however deep."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
