"""A replica: works offline on its own copy, and reconciles when the server can be reached."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx

from sync.client.errors import ArgumentRefused, NotRegistered, SyncRefused, UnknownCommand
from sync.client.files import Files
from sync.client.overlay import camel, effect_on, fields_changed, server_base
from sync.client.store import Queued, Standing, Store
from sync.client.transport import Transport
from sync.client.values import instant, plain, unsendable, uuid7

_PUSH_AT_ONCE = 200
_PAGE_ROWS = 2_000
_PUSH_BYTES = 2_000_000
_OFFERED_DAYS = 30
_OPEN = ("open", "waiting")
_RESOLVE = "tenants.resolve_inbox_entry"


class Replica:
    """A member's rows in one SQLite file.

    `path`: the file. `url`: the server. `token`: the member's session token; set `token` again when it changes.
    `now`: the device's clock, a claim that the server bounds. May be used from several threads, and the file from
    several processes, each with its own Replica of the same member: whoever comes second with an answer asks again.
    """

    def __init__(
        self,
        path: str | Path,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        page_rows: int = _PAGE_ROWS,
    ) -> None:
        self._store = Store(path)
        self._transport = Transport(url, token, transport=transport, sleep=sleep)
        self._now = now or (lambda: datetime.now(UTC))
        self._page_rows = page_rows
        self._files = Files(path, self._store, self._transport)
        self._network = threading.RLock()  # one conversation with the server at a time

    @property
    def token(self) -> str:
        return self._transport.token

    @token.setter
    def token(self, token: str) -> None:
        self._transport.token = token

    @property
    def device_id(self) -> str | None:
        """The id under which the server knows this replica; None before `register`."""
        return self._store.standing().device_id

    def register(self, name: str, platform: str = "python") -> str:
        """Makes this replica known to the server and returns its device id. Again: the same device."""
        with self._network:
            with self._store.transaction():  # two processes that register at once are one device
                device_id = self._store.get("device_id")
                if device_id is None:
                    device_id = str(uuid7())
                    self._store.put_meta({"device_id": device_id})  # first: a lost answer must not make a second one
            request = {"deviceId": device_id, "name": name, "platform": platform}
            if (member_id := self._store.get("member_id")) is not None:
                request["memberId"] = member_id  # what waits here is that member's, and never anybody else's
            answer = self._transport.post("/sync/v1/devices", request)
            with self._store.transaction():
                self._store.put_meta({"schema": answer["schema"], "member_id": answer["memberId"]})
                if self._store.get("next_n") is None:
                    self._store.put_meta({"next_n": int(answer["lastMutation"]) + 1})
            return str(device_id)

    def sync(self) -> dict[str, Any]:
        """Push, then pull, then send files. A push that had to stop does not keep the pull from going on.

        Returns what happened: `pushed`, how many mutations came to each status (`{"applied": 3, "inbox": 1}`);
        `queued`, how many still wait here; `pulled`, how many rows came or went;
        `uploaded`, how many files were sent, if any was.
        """
        with self._network:
            outcomes = self.push()
            pulled = self.pull()
            uploaded = self._files.upload()
            if uploaded:
                pulled += self.pull()
            return {
                "pushed": dict(Counter(str(outcome["status"]) for outcome in outcomes)),
                "queued": self._store.pending_count(),
                "pulled": pulled,
                **({"uploaded": uploaded} if uploaded else {}),
            }

    def pull(self) -> int:
        """Fetches until the replica is whole at one instant, and shows that instant. Raises Offline, SyncRefused.

        Returns how many rows came or went; a fresh load counts them all. Pages that another process fetched for the
        same file are not counted.
        """
        with self._network:
            rows = 0
            while True:
                asked = self._standing()
                page = self._page(asked)
                if not self._store.keep(page, asked):
                    continue
                if page["rebase"]:
                    rows = 0
                rows += sum(len(delta["puts"]) + len(delta["removes"]) for delta in page["collections"].values())
                if not page["more"]:
                    self._store.forget_before(instant(self._now() - timedelta(days=_OFFERED_DAYS)))
                    return rows

    def push(self) -> list[dict[str, Any]]:
        """Sends what waits, in order; returns the outcomes. Stops, keeping the rest, when the server asks for that."""
        with self._network:
            device_id = self._registered()
            outcomes: list[dict[str, Any]] = []
            batch = self._batch()
            while batch:
                answer = self._offer(device_id, batch)
                self._store.acknowledge(answer["outcomes"])
                outcomes += answer["outcomes"]
                stopped = answer.get("stopped")
                if stopped is not None and stopped["code"] == "MUTATION_GAP":
                    batch = self._offered_again(answer["lastMutation"], batch)
                    continue
                if stopped is not None:
                    if stopped["code"] in ("DEVICE_FORKED", "DEVICE_REVOKED"):
                        raise SyncRefused(409, stopped["code"], stopped["message"], stopped["field"], stopped["remedy"])
                    break
                batch = self._batch()
            return outcomes

    def rows(self, collection: str, *, archived: bool = False, **equal: Any) -> list[dict[str, Any]]:
        """The rows as the member sees them now: the server's, under what was done here since.

        `equal`: fields that must be equal, `level="a"` or `customer_id=…` (camelCase or snake_case). Rows in the
        recycle bin only with `archived=True`. In id order, which is the order of creation.
        """
        with self._store.snapshot():
            base, overlay = self._store.base_rows(collection), self._store.overlay()
            member_id = self._store.get("member_id")
        found = {row["id"]: row for row in base}
        for queued in overlay:
            if queued.collection == collection and queued.row_id is not None:
                changed = effect_on(found.get(queued.row_id), queued, member_id)
                if changed is not None:
                    found[queued.row_id] = changed
        wanted = {camel(name): plain(value) for name, value in equal.items()}
        return [
            row
            for _, row in sorted(found.items())
            if (archived or row.get("archivedAt") is None)
            and row.get("erasedAt") is None  # not in the recycle bin: nothing brings it back
            and all(row.get(k) == v for k, v in wanted.items())
        ]

    def row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        """One row by id, the recycle bin included."""
        with self._store.snapshot():
            found, overlay = self._store.base_row(collection, row_id), self._store.overlay()
            member_id = self._store.get("member_id")
        for queued in overlay:
            if queued.collection == collection and queued.row_id == row_id:
                found = effect_on(found, queued, member_id)
        return found

    def mutate(self, command: str, **arguments: Any) -> str | None:
        """Does something here and now, and queues it for the server. Returns the id of the row that it concerns.

        Names in camelCase or snake_case. Works offline. Raises NotRegistered, UnknownCommand, and
        ArgumentRefused (a ValueError) for a value that could never be sent; nothing is queued then.
        """
        self._registered()
        schema = self._store.get("schema")
        known = schema["commands"].get(command)
        if known is None:
            raise UnknownCommand(f"{command} is not a command that this member may queue on a device")
        sent = {camel(name): plain(value) for name, value in arguments.items()}
        fault = unsendable(sent)
        if fault is not None:
            raise ArgumentRefused(*fault)
        with self._store.transaction():
            if known["effect"] == "create" and "id" in known["fields"]:
                sent.setdefault("id", str(uuid7()))
            row_id = sent.get("id")
            place = (known["collection"], row_id) if known["collection"] and row_id else None
            seen = fields_changed((self.row(*place) if place else None) or {}, sent) if known["merges"] else {}
            under = self._store.base_row(*place) if place and known["merges"] else None
            self._store.enqueue(
                Queued(
                    n=0,
                    uuid=str(uuid4()),
                    command=command,
                    arguments=sent,
                    base=seen,
                    server_base=server_base(under, sent, seen),
                    made_at=instant(self._now()),
                    schema=schema["hash"],
                    collection=known["collection"],
                    effect=known["effect"],
                    row_id=row_id,
                    outcome=None,
                    settled=False,
                )
            )
        return row_id

    def attach(
        self, path: str | Path, *, entity: str, row_id: str, strip_metadata: bool = False, **options: Any
    ) -> str:
        """Copies a file beside the replica and attaches it to a record; `sync` sends it. The attachment's id.

        Works offline. `options`: `file_name`, `media_type` where the path does not say. Raises as `mutate` does.
        """
        described = {"entity": entity, "row_id": row_id, **options}
        if strip_metadata:
            described["strip_metadata"] = True
        return self._files.attach(Path(path), self.mutate, **described)

    def download(self, attachment_id: str) -> Path:
        """The attachment's file, fetched if it is not here. Raises FileUnavailable, Offline, SyncRefused."""
        return self._files.download(attachment_id)

    def uploads(self) -> list[dict[str, Any]]:
        """Files that are still to be sent; with a `code` where the server refused one."""
        return self._files.waiting()

    def pending(self) -> list[dict[str, Any]]:
        """What the server has not answered yet, in order."""
        return [queued.wire() for queued in self._store.pending()]

    def inbox(self) -> list[dict[str, Any]]:
        """What did not apply and waits for a decision, or for the company's subscription: reason, base/mine/theirs."""
        with self._store.snapshot():
            deciding = {q.row_id for q in self._store.overlay() if q.command == _RESOLVE}
            entries = self.rows("inbox")
        return [e for e in entries if e["state"] in _OPEN and e["id"] not in deciding]

    def resolve(self, inbox_id: str, action: str, **options: Any) -> None:
        """Decides about an inbox entry: `mine`, `theirs` or `discard`. `fields=[…]` takes only some of mine;
        `arguments={…}` sends something else in its place."""
        self.mutate(_RESOLVE, id=inbox_id, action=action, **options)

    def checksums(self) -> dict[str, dict[str, Any]]:
        """By collection: `count` and `hash` of the base rows, to be compared with the server's."""
        found: dict[str, dict[str, Any]] = {}
        with self._store.snapshot():
            schema = self._store.get("schema") or {"collections": {}}
            for name in schema["collections"]:
                count = mixed = 0
                for row in self._store.base_rows(name):
                    digest = hashlib.md5(f"{row['id']}:{row['version']}".encode(), usedforsecurity=False).digest()
                    count, mixed = count + 1, mixed ^ int.from_bytes(digest[:8], "big")
                found[name] = {"count": count, "hash": f"{mixed:016x}"}
        return found

    def verify(self) -> list[str]:
        """Pulls, and names the collections whose checksum is not the server's. Empty: the replica is exact."""
        with self._network:
            self.pull()
            while True:
                asked = self._standing()
                page = self._page(asked, checksums=True)
                if not self._store.keep(page, asked) or page["more"]:
                    continue
                with self._store.snapshot():
                    now = self._store.standing()
                    if now.cursor != page["cursor"] or now.step > asked.step + 1:
                        continue  # another process went on: these rows are not the ones that the server counted
                    ours = self.checksums()
                theirs = page.get("checksums") or {}
                return sorted(name for name, sums in theirs.items() if ours.get(name) != sums)

    def reload(self) -> None:
        """Forgets the cursor and loads afresh. The queue stays."""
        self._store.begin_afresh()
        self.pull()

    def close(self) -> None:
        self._transport.close()
        self._store.close()

    def __enter__(self) -> Replica:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _standing(self) -> Standing:
        standing = self._store.standing()
        if standing.device_id is None:
            raise NotRegistered("call register(name) first")
        return standing

    def _registered(self) -> str:
        return str(self._standing().device_id)

    def _page(self, asked: Standing, *, checksums: bool = False) -> dict[str, Any]:
        request = {
            "deviceId": asked.device_id,
            "cursor": asked.cursor,
            "limit": self._page_rows,
            "queued": self._store.pending_count(),
            "schema": (self._store.get("schema") or {}).get("hash"),
            "checksums": checksums,
        }
        try:
            return self._transport.post("/sync/v1/pull", request)
        except SyncRefused as refused:
            if refused.code != "CURSOR_INVALID" or request["cursor"] is None:
                raise
            # The server's keys changed or it was restored: load afresh, the queue stays.
            return self._transport.post("/sync/v1/pull", {**request, "cursor": None})

    def _offer(self, device_id: str, batch: list[Queued]) -> dict[str, Any]:
        mutations = [queued.wire() for queued in batch]
        queued_behind = max(0, self._store.pending_count() - len(batch))
        return self._transport.post(
            "/sync/v1/push", {"deviceId": device_id, "mutations": mutations, "queued": queued_behind}
        )

    def _batch(self) -> list[Queued]:
        """The next of the queue, within what one request may weigh."""
        batch: list[Queued] = []
        weight = 0
        for queued in self._store.pending(_PUSH_AT_ONCE):
            weight += len(json.dumps(queued.wire()))
            if batch and weight > _PUSH_BYTES:
                break
            batch.append(queued)
        return batch

    def _offered_again(self, last_mutation: int, batch: list[Queued]) -> list[Queued]:
        """The server was restored behind us: offer again from where it stands. Raises SyncRefused if that is gone."""
        again = self._store.offered_from(last_mutation + 1, _PUSH_AT_ONCE)
        if not again or again[0].n != last_mutation + 1 or again[0].n >= batch[0].n:
            raise SyncRefused(409, "MUTATION_GAP", f"the server asks for mutation {last_mutation + 1}, which is gone")
        return again
