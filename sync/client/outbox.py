"""The outbox: what was done here, in order, until the server has answered it and for 30 days more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sync.client.replica_file import ReplicaFile
from sync.client.values import instant, sendable, unsendable

_COMPARED = timedelta(days=365)  # the server keeps outcomes for 400 days; what it has forgotten would be done twice

_COLUMNS = (
    "n, uuid, command, arguments, base, made_at, schema, collection, effect, row_id, outcome, settled, server_base, "
    "shows, schema_version"
)
_ERASED = "RECORD_ERASED"
_FORGET = "UPDATE outbox SET arguments = '{}', base = '{}', server_base = '{}'"
_ANSWERED_SINCE = "outcome IS NOT NULL AND coalesce(answered_at, made_at) >= ?"
KEPT_BACK = ("inbox", "waiting", "parked")  # what was answered so is not done


def compared_from(now: datetime) -> str:
    """What was answered before this instant is not offered again. `now`: by the server's clock."""
    return instant(now - _COMPARED)


@dataclass(frozen=True, slots=True)
class Queued:
    """A mutation of the outbox. `outcome` is the server's answer, if it came; `settled`: the base rows show it."""

    n: int
    uuid: str
    command: str
    arguments: dict[str, Any]
    base: dict[str, Any]
    server_base: dict[str, Any]  # where the server's value is not the one in `base`
    made_at: str
    schema: str | None
    collection: str | None
    effect: str
    row_id: str | None
    outcome: dict[str, Any] | None
    settled: bool
    shows: dict[str, Any] = field(
        default_factory=dict
    )  # `sets`, `children` and `adds`, as the command's schema had them
    schema_version: int = 1  # that the app was built for when it was made

    def wire(self) -> dict[str, Any]:
        """As a push sends it.

        `mutate` refuses what JSON cannot carry. A file that holds such a value all the same must not stop for it: its
        number has to be taken, so it goes as text with the path of the fault, and the server files it for a person.
        """
        sent = {
            "n": self.n,
            "uuid": self.uuid,
            "command": self.command,
            "arguments": sendable(self.arguments),
            "base": sendable(self.base),
            "madeAt": self.made_at,
            "schema": self.schema,
            "schemaVersion": self.schema_version,
        }
        if self.server_base:
            sent["serverBase"] = sendable(self.server_base)
        fault = unsendable(self.arguments)
        if fault is not None:
            sent["unsendable"] = sendable(fault.field)[:200]
        return sent


class Outbox:
    """The queue in a replica's file. Every method is one local transaction, or part of the one that it is called in."""

    def __init__(self, file: ReplicaFile) -> None:
        self._file = file

    def enqueue(self, queued: Queued) -> int:
        """Adds a mutation under the next number. Inside a transaction; `queued.n` is not used."""
        n = int(self._file.get("next_n"))
        with self._file.transaction() as db:
            db.execute(
                "INSERT INTO outbox (n, uuid, command, arguments, base, server_base, made_at, schema, collection, "
                "effect, row_id, shows, schema_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    n,
                    queued.uuid,
                    queued.command,
                    json.dumps(queued.arguments, ensure_ascii=False),
                    json.dumps(queued.base, ensure_ascii=False),
                    json.dumps(queued.server_base, ensure_ascii=False),
                    queued.made_at,
                    queued.schema,
                    queued.collection,
                    queued.effect,
                    queued.row_id,
                    json.dumps(queued.shows, ensure_ascii=False),
                    queued.schema_version,
                ),
            )
            self._file.put_meta({"next_n": n + 1})
        return n

    def pending(self, limit: int = -1) -> list[Queued]:
        """What the server has not answered yet, in order."""
        return self._queued("outcome IS NULL ORDER BY n LIMIT ?", (limit,))

    def pending_count(self) -> int:
        return int(self._file.found("SELECT count(*) FROM outbox WHERE outcome IS NULL")[0][0])

    def oldest_pending(self) -> str | None:
        """When the oldest mutation was made that the server has not answered."""
        rows = self._file.found("SELECT made_at FROM outbox WHERE outcome IS NULL ORDER BY n LIMIT 1")
        return str(rows[0][0]) if rows else None

    def to_offer(self, limit: int) -> list[Queued]:
        """What the next push sends: what is unanswered, and what a server that knows us anew must hear again."""
        return self._queued("outcome IS NULL OR again = 1 ORDER BY n LIMIT ?", (limit,))

    def to_offer_count(self) -> int:
        return int(self._file.found("SELECT count(*) FROM outbox WHERE outcome IS NULL OR again = 1")[0][0])

    def overlay(self) -> list[Queued]:
        """What the base rows do not show yet: unanswered, or answered since the last pull."""
        return self._queued("settled = 0 ORDER BY n", ())

    def kept_back(self) -> list[Queued]:
        """What was answered, but not done, and stands in no completed pull as an inbox entry yet."""
        statuses = ", ".join(f"'{status}'" for status in KEPT_BACK)
        found = f"outcome IS NOT NULL AND json_extract(outcome, '$.status') IN ({statuses}) AND n > ? ORDER BY n"
        return self._queued(found, (int(self._file.get("contained") or 0),))

    def answered_to(self) -> int:
        """The highest number that the server has answered."""
        return int(self._file.found("SELECT max(n) FROM outbox WHERE outcome IS NOT NULL AND again = 0")[0][0] or 0)

    def acknowledge(self, answer: dict[str, Any], asked_as: str) -> None:
        """Writes down the server's answers. An edit that went to the inbox is not shown as done any more.

        `clock` of the answer is a state that contains all mutations up to its `lastMutation`. `asked_as`: the device id
        of the push; the answer to a former id tells nothing about today's numbers.
        """
        with self._file.transaction() as db:
            if self._file.get("device_id") == asked_as:
                _, acked_to = self._file.get("barrier") or (None, 0)
                if int(answer["lastMutation"]) >= int(acked_to):
                    self._file.put_meta({"barrier": (answer["clock"], int(answer["lastMutation"]))})
            heard_at = answer.get("serverTime")
            for outcome in answer["outcomes"]:
                settled = int(outcome["status"] in KEPT_BACK)
                db.execute(
                    "UPDATE outbox SET outcome = ?, settled = max(settled, ?), again = 0, answered_at = ? "
                    "WHERE n = ? AND uuid = ?",
                    (json.dumps(outcome, ensure_ascii=False), settled, heard_at, outcome["n"], outcome["uuid"]),
                )
                if (outcome.get("error") or {}).get("code") == _ERASED:
                    self._file.leave_residue()
                    db.execute(f"{_FORGET} WHERE n = ? AND uuid = ?", (outcome["n"], outcome["uuid"]))

    def unanswer_after(self, last: int) -> int | None:
        """The server stands at number `last`: it lost what it answered beyond, so that is unanswered again.

        Returns None, or the first number that is still here when `last + 1` was forgotten.
        """
        with self._file.transaction() as db:
            db.execute("UPDATE outbox SET outcome = NULL, settled = 0, again = 0 WHERE n > ?", (last,))
            _, acked_to = self._file.get("barrier") or (None, 0)
            if int(acked_to) > last:
                self._file.put_meta({"barrier": (None, last)})
            self._file.put_meta({"contained": min(int(self._file.get("contained") or 0), last)})
            first = db.execute("SELECT min(n) FROM outbox WHERE n > ?", (last,)).fetchone()[0]
            first = int(self._file.get("next_n")) if first is None else int(first)
            return None if first == last + 1 else first

    def doubt(self, last: int, now: datetime) -> set[str]:
        """The server stands at number `last` and may have been restored: what it answered up to there is offered again;
        the uuids. Where another copy of this file took one of the numbers meanwhile, the server tells that by it.

        Not what was answered more than a year before `now`, the server's clock: that it may not know any more.
        """
        doubted, told = f"n <= ? AND {_ANSWERED_SINCE}", (last, compared_from(now))
        with self._file.transaction() as db:
            db.execute(f"UPDATE outbox SET again = 1 WHERE {doubted}", told)  # noqa: S608 - ours
            return {uuid for (uuid,) in db.execute(f"SELECT uuid FROM outbox WHERE {doubted}", told)}  # noqa: S608

    def become_copy(self, device_id: str, origin_id: str, now: datetime) -> None:
        """Another copy of this file goes on as `origin_id`: this one becomes a device of its own, with numbers from 1.

        Everything still here is offered again under the new id: what the server has it knows by its uuid. What was
        answered more than a year before `now` it may not know any more: that goes.
        """
        with self._file.transaction() as db:
            if self._file.get("device_id") != origin_id:
                return  # another process on this file was quicker
            outdated = f"outcome IS NOT NULL AND NOT ({_ANSWERED_SINCE})"
            db.execute(f"DELETE FROM outbox WHERE {outdated}", (compared_from(now),))  # noqa: S608 - ours
            numbers = [n for (n,) in db.execute("SELECT n FROM outbox ORDER BY n")]
            db.executemany("UPDATE outbox SET n = ? WHERE n = ?", [(-new, n) for new, n in enumerate(numbers, 1)])
            db.execute("UPDATE outbox SET n = -n, again = outcome IS NOT NULL")
            self._file.put_meta(
                {
                    "device_id": device_id,
                    "origin_id": origin_id,
                    "unannounced": True,
                    "next_n": len(numbers) + 1,
                    "barrier": (None, 0),
                    "contained": 0,
                    "cursor": None,
                }
            )
            self._file.next_step()

    def settle_to(self, acked_to: int) -> None:
        """The base rows contain what was answered up to number `acked_to`; 0: nothing is known to be contained."""
        if acked_to == 0:
            return
        with self._file.transaction() as db:
            answered = "outcome IS NOT NULL AND settled = 0"
            db.execute(f"UPDATE outbox SET settled = 1 WHERE {answered} AND n <= ?", (acked_to,))  # noqa: S608 - ours
            contained = int(self._file.get("contained") or 0)  # a page on the air contains no less than the last pull
            self._file.put_meta({"contained": max(contained, acked_to)})

    def forget_before(self, answered_at: str) -> None:
        """Drops settled mutations that were answered before this instant of the server's: nobody asks for them again.

        Not by when they were made: a device may have been away for longer than it keeps answers.
        """
        with self._file.transaction() as db:
            done = "settled = 1 AND outcome IS NOT NULL AND again = 0 AND coalesce(answered_at, made_at) < ?"
            db.execute(f"DELETE FROM outbox WHERE {done}", (answered_at,))  # noqa: S608 - ours

    def forget_about(self, erased: list[str]) -> None:
        """What was said in answered mutations about persons who are erased; what is unanswered
        the server keeps nothing of."""
        named = "outcome IS NOT NULL AND (row_id = ? OR lower(arguments) LIKE ?)"
        with self._file.transaction() as db:
            for row_id in erased:
                about = (row_id, f"%{row_id}%")
                if self._file.found(f"SELECT 1 FROM outbox WHERE {named} LIMIT 1", about):  # noqa: S608 - ours
                    self._file.leave_residue()
                    db.execute(f"{_FORGET} WHERE {named}", about)

    def _queued(self, where: str, parameters: tuple[Any, ...]) -> list[Queued]:
        rows = self._file.found(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", parameters)  # noqa: S608 - `where` is ours
        return [
            Queued(
                n=r[0],
                uuid=r[1],
                command=r[2],
                arguments=json.loads(r[3]),
                base=json.loads(r[4]),
                server_base=json.loads(r[12]),
                made_at=r[5],
                schema=r[6],
                collection=r[7],
                effect=r[8],
                row_id=r[9],
                outcome=json.loads(r[10]) if r[10] is not None else None,
                settled=bool(r[11]),
                shows=json.loads(r[13]),
                schema_version=r[14],
            )
            for r in rows
        ]
