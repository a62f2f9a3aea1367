"""A replica: works offline on its own copy, and reconciles when the server can be reached."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from sync.client.about import about
from sync.client.errors import ArgumentRefused, NotRegistered, ReplicaError, SyncRefused, UnknownCommand
from sync.client.files import Files
from sync.client.keychain import Keychain
from sync.client.loading import FirstLoad
from sync.client.numbers import Numbers
from sync.client.overlay import base_sent, camel, child_rows, effect_on, with_ids
from sync.client.pages import Page, bucket_hashes, checksum, in_bucket
from sync.client.safe import Safe
from sync.client.states import kept_of, with_states
from sync.client.store import Queued, Standing, Store
from sync.client.tokens import TokenChain
from sync.client.transport import Transport
from sync.client.values import instant, plain, unsendable, uuid7

PUSH = "/sync/v1/push"
_PUSH_AT_ONCE = 200
_PAGE_ROWS = 5_000
_MENDED_BUCKETS = 64  # more than these that differ are loaded afresh as a whole
_PUSH_BYTES = 2_000_000
_OFFERED_DAYS = 30
_THROTTLED = 429
_OPEN = ("open", "waiting", "parked")
_RESOLVE = "tenants.resolve_inbox_entry"
ResultT = TypeVar("ResultT")


class Replica:
    """A member's rows in one SQLite file.

    `path`: the file. `url`: the server. `token`: the member's session token; set `token` again when it changes, or
    leave it out when `keychain` has it. `keychain`: keeps the rotating token and half of the file's key; with it, and
    with the extra `device` installed, the file is encrypted from the registration on (`encrypted` says whether it is).
    Opening an encrypted file asks the server for the other half: raises KeyWithheld, SyncRefused, DeviceWiped.
    `now`: the device's clock, a claim that the server bounds. May be used from several threads, and the file from
    several processes, each with its own Replica of the same member: whoever comes second with an answer asks again.
    """

    def __init__(
        self,
        path: str | Path,
        url: str,
        token: str | None = None,
        *,
        keychain: Keychain | None = None,
        app_version: str | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        page_rows: int = _PAGE_ROWS,
    ) -> None:
        self._now = now or (lambda: datetime.now(UTC))
        self._page_rows, self._app_version = page_rows, app_version
        self._network = threading.RLock()  # one conversation with the server at a time
        tokens = TokenChain(token, keychain, self._now)
        self._transport = Transport(url, tokens, transport=transport, sleep=sleep, monotonic=monotonic)
        self._safe = Safe(Path(path), keychain, self._transport, self._now, self._push_last)
        try:
            self._store = self._safe.open()
        except BaseException:
            self._transport.close()
            raise
        self._first_load = FirstLoad(self._store, self._transport, Path(path))
        self._numbers = Numbers(self, self._store, path, self._now)
        self._files = Files(path, self._store, self._transport)

    @property
    def token(self) -> str:
        return self._transport.tokens.token

    @token.setter
    def token(self, token: str) -> None:
        self._transport.tokens.token = token

    @property
    def encrypted(self) -> bool:
        """Whether the file on the disk is encrypted."""
        return self._store.encrypted

    @property
    def device_id(self) -> str | None:
        """The id under which the server knows this replica; None before `register`."""
        return self._store.standing().device_id

    def register(self, name: str, platform: str = "python") -> str:
        """Makes this replica known to the server and returns its device id. Again: the same device."""
        with self._network:
            with self._store.transaction():  # two processes that register at once are one device
                if self._store.get("device_id") is None:
                    self._store.put_meta({"device_id": str(uuid7())})  # first: a lost answer must not make a second one
                self._store.put_meta({"name": name, "platform": platform})
            self._safe.belongs_to(str(self._store.get("device_id")))
            device_id = self._announce()
            self._safe.encrypt()
            return device_id

    def _announce(self) -> str:
        """Tells the server of this device: at first, after a copy became one of its own, after a restore forgot it."""
        device_id = str(self._store.get("device_id"))
        request = {
            "deviceId": device_id,
            "name": self._store.get("name") or device_id,
            "platform": self._store.get("platform") or "python",
            "about": self._about(),
        }
        # What waits here is that member's, and never anybody else's.
        for key, name in (("memberId", "member_id"), ("originId", "origin_id")):
            if (value := self._store.get(name)) is not None:
                request[key] = value
        answer = self._transport.post("/sync/v1/devices", request)
        with self._store.transaction():
            if self._store.get("device_id") == device_id:
                self._store.put_meta(
                    {"schema": answer["schema"], "member_id": answer["memberId"], "unannounced": False}
                )
                if self._store.get("next_n") is None:
                    self._store.put_meta({"next_n": int(answer["lastMutation"]) + 1})
        return device_id

    def sync(self) -> dict[str, Any]:
        """Push, then pull, then send files. A push that had to stop does not keep the pull from going on. Leases that
        run low are renewed.

        Returns what happened: `pushed`, how many mutations came to each status (`{"applied": 3, "inbox": 1}`);
        `queued`, how many still wait here; `pulled`, how many rows came or went; once this device leases numbers also
        `numbers`, by series how many are left, or the code of the refusal to give more; `uploaded`, how many files
        were sent, if any was.
        """
        with self._network:
            try:
                outcomes, pulled = self._exchange()
            except SyncRefused as refused:
                if (refused.code, refused.field) != ("NOT_FOUND", "deviceId"):
                    raise
                self._announce()  # the server was restored to a time before it knew this device
                self._store.set(compare=True)
                outcomes, pulled = self._exchange()
            numbers = self._numbers.refill()
            uploaded = self._files.upload()
            if uploaded:
                pulled += self.pull()
            return {
                "pushed": dict(Counter(str(outcome["status"]) for outcome in outcomes)),
                "queued": self._store.pending_count(),
                "pulled": pulled,
                **({"numbers": numbers} if numbers else {}),
                **({"uploaded": uploaded} if uploaded else {}),
            }

    def _exchange(self) -> tuple[list[dict[str, Any]], int]:
        outcomes = self.push()
        if self._numbers.settle():
            outcomes += self.push()
        pulled = self.pull()
        if self._store.get("compare"):  # the pull began afresh: perhaps the server lost what it had answered
            outcomes += self.push()
            pulled += self.pull()
        return outcomes, pulled

    def pull(self) -> int:
        """Fetches until the replica is whole at one instant, and shows that instant. Raises Offline, SyncRefused.

        Returns how many rows came or went; a fresh load counts them all. Pages that another process fetched for the
        same file are not counted.
        """
        with self._network:
            rows = self._load()
            while True:
                asked, page = self._ask()
                if page.rebase and page.more and asked.cursor is not None:
                    self._store.begin_afresh(compare=True)  # what the device has is void: files are quicker than pages
                    rows = self._load()
                    continue
                if not self._store.keep(page, asked):
                    continue
                rows = page.rows if page.rebase else rows + page.rows
                if not page.more:
                    self._store.forget_before(instant(self._now() - timedelta(days=_OFFERED_DAYS)))
                    return rows

    def _load(self) -> int:
        """A replica without a cursor takes the files of a first load; how many rows came so."""
        asked = self._standing()
        if asked.cursor is not None or asked.device_id is None:
            return 0
        return self._first_load.run(asked.device_id) or 0

    @property
    def cursor(self) -> str | None:
        """Where this replica stands."""
        return self._store.standing().cursor

    @property
    def poke_url(self) -> str:
        return self._transport.url.replace("http", "ws", 1) + "/sync/v1/poke"

    def greeting(self) -> dict[str, Any]:
        """The first message on the socket."""
        return {"token": self.token, "deviceId": self._registered(), "cursor": self.cursor}

    def keep_live(self, page: Page) -> bool:
        """Keeps a page that came by itself. False: it does not fit, pull.

        It may have been read before the server took our last mutations: these stay in the overlay until the next pull.
        """
        asked = self._standing()
        if asked.cursor is None or page.header.get("follows") != _sha256(asked.cursor):
            return False
        with self._store.relaxed():
            return self._store.keep(page, replace(asked, acked_to=0))

    @property
    def priming(self) -> bool:
        """Whether only a part of the rows is here yet: the rest of a first load is on its way."""
        return bool(self._store.get("priming"))

    def push(self) -> list[dict[str, Any]]:
        """Sends what waits, in order; returns the outcomes. Stops, keeping the rest, when the server asks for that."""
        with self._network:
            outcomes: list[dict[str, Any]] = []
            skip_to: int | None = None
            corrected: tuple[str, int, int | None] | None = None
            while (batch := self._batch()) or skip_to is not None or self._store.get("compare"):
                device_id, answered_to = self._registered(), self._store.answered_to()
                try:
                    answer = self._offer(device_id, batch, skip_to)
                except SyncRefused as refused:
                    if refused.status != _THROTTLED:
                        raise
                    break  # the server wants it later; what was asked for besides goes on
                self._store.acknowledge(answer, device_id)
                self._store.set(compare=False)
                outcomes += answer["outcomes"]
                stopped, last = answer.get("stopped"), int(answer["lastMutation"])
                skip_to = None
                if last < answered_to or (stopped is not None and stopped["code"] == "MUTATION_GAP"):
                    skip_to = self._store.unanswer_after(last)
                    if corrected == (device_id, last, skip_to):
                        raise _refused(stopped or {"code": "MUTATION_GAP", "message": f"the server stays at {last}"})
                    corrected = (device_id, last, skip_to)
                elif stopped is not None and stopped["code"] == "DEVICE_FORKED":
                    self._store.become_copy(str(uuid7()), device_id)
                elif stopped is not None:
                    if stopped["code"] == "DEVICE_REVOKED":
                        raise _refused(stopped)
                    if answer.get("retryAfter") is not None:
                        self._transport.hold(PUSH, _refused(stopped, float(answer["retryAfter"])))
                    break
            return outcomes

    def rows(
        self, collection: str, *, archived: bool = False, states: bool = False, **equal: Any
    ) -> list[dict[str, Any]]:
        """The rows as the member sees them now: the server's, under what was done here since.

        `equal`: fields that must be equal, `level="a"` or `customer_id=…` (camelCase or snake_case). Rows in the
        recycle bin only with `archived=True`. In id order, which is the order of creation.

        `states`: also what lies in the inbox, so that nothing that the member wrote vanishes from a list; each row then
        has `_state`: `pending` (not answered yet), `waiting` (for the subscription), `parked` (behind another entry),
        `inbox` (needs a decision), or null.
        """
        with self._store.snapshot():
            base, overlay = list(self._store.base_rows(collection)), self._store.overlay()
            member_id = self._store.get("member_id")
            kept = self._kept() if states else []
        if states:
            found = with_states(base, collection, kept, overlay, member_id)
        else:
            found = {row["id"]: row for row in base}
            for queued in overlay:
                if queued.collection == collection and queued.row_id is not None:
                    changed = effect_on(found.get(queued.row_id), queued, member_id)
                    if changed is not None:
                        found[queued.row_id] = changed
                found = {**child_rows(queued, collection, member_id), **found}
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
            elif found is None:
                found = child_rows(queued, collection, member_id).get(row_id)
        return found

    def _seen(self, collection: str, row_id: str) -> dict[str, Any] | None:
        found = self.row(collection, row_id)
        if found is not None:
            return found
        return next((row for row in self.rows(collection, archived=True, states=True, id=row_id)), None)

    def _kept(self) -> list[Queued]:
        """What lies in the inbox: the entries of the last completed pull, then what was answered since."""
        commands = (self._store.get("schema") or {"commands": {}})["commands"]
        entries = sorted(self._store.base_rows("inbox"), key=lambda row: (row["createdAt"], row["id"]))
        member_id = self._store.get("member_id")
        own = [kept_of(entry, commands) for entry in entries if entry.get("ownerId") == member_id]
        return [*(kept for kept in own if kept is not None), *self._store.kept_back()]

    def mutate(self, command: str, **arguments: Any) -> str | None:
        """Does something here and now, and queues it for the server. Returns the id of the row that it concerns.

        Names in camelCase or snake_case. Works offline. Raises NotRegistered, UnknownCommand, and
        ArgumentRefused (a ValueError) for a value that could never be sent; nothing is queued then.
        """
        schema = self._store.get("schema")
        if schema is None:
            raise NotRegistered("call register(name) first")
        known = schema["commands"].get(command)
        if known is None:
            raise UnknownCommand(f"{command} is not a command that this member may queue on a device")
        sent = {camel(name): plain(value) for name, value in arguments.items()}
        fault = unsendable(sent)
        if fault is not None:
            raise ArgumentRefused(*fault)
        shows = {name: known[name] for name in ("sets", "children") if known.get(name)}
        sent |= {name: with_ids(sent[name]) for name in shows.get("children", {}) if name in sent}
        with self._store.transaction():
            if known["effect"] == "create" and "id" in known["fields"]:
                sent.setdefault("id", str(uuid7()))
            row_id = sent.get("id")
            place = (known["collection"], row_id) if known["collection"] and row_id else None
            # A row whose creation was refused counts as seen: the edit follows it.
            shown = self._seen(*place) if place and (known["merges"] or known["effect"] == "transition") else None
            under = self._store.base_row(*place) if place else None
            seen, beneath = base_sent(known, shown, under, sent)
            self._store.enqueue(
                Queued(
                    n=0,
                    uuid=str(uuid4()),
                    command=command,
                    arguments=sent,
                    base=seen,
                    server_base=beneath,
                    made_at=instant(self._now()),
                    schema=schema["hash"],
                    collection=known["collection"],
                    effect=known["effect"],
                    row_id=row_id,
                    outcome=None,
                    settled=False,
                    shows=shows,
                )
            )
            self._numbers.queued(sent)
        return row_id

    def lease(self, series: str, count: int = 50) -> int:
        """Asks the server, online, for document numbers to hand out offline; returns how many are left then.

        What was queued goes first. Again after a lost answer: the same lease. Raises UnknownCommand, Offline,
        SyncRefused.
        """
        with self._network:
            self._registered()
            return self._numbers.lease(series, count)

    def next_number(self, series: str) -> str:
        """The next document number of the leased ones, works offline. It is handed out once, whatever happens to this
        process: one that stands in no mutation when the process is gone is voided at the next sync.

        Raises NotRegistered, NoNumbersLeft.
        """
        self._registered()
        return self._numbers.take(series)

    def numbers_left(self, series: str) -> int:
        """How many numbers `next_number` can hand out before the next lease."""
        return self._numbers.left(series)

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
        with self._store.snapshot():
            schema = self._store.get("schema") or {"collections": {}}
            return {name: checksum(self._store.base_texts(name)) for name in schema["collections"]}

    def verify(self) -> list[str]:
        """Pulls, names the collections that are not what the server has, and mends them row by row.

        Empty: the replica was exact. Raises ReplicaError if one is wrong still.
        """
        with self._network:
            wrong = self._differing()
            for collection in wrong:
                self._mend(collection)
            if wrong and (still := self._differing()):
                raise ReplicaError(f"still not what the server has: {', '.join(still)}")
            return wrong

    def _differing(self) -> list[str]:
        page, ours = self._compared(self.checksums, checksums=True)
        theirs = page.header.get("checksums") or {}
        return sorted(name for name, sums in theirs.items() if ours.get(name) != sums)

    def _mend(self, collection: str) -> None:
        """Fetches the hashes of the buckets and, of those that differ, the rows that do."""
        page, ours = self._compared(lambda: bucket_hashes(self._store.base_texts(collection)), buckets=collection)
        theirs = page.header.get("buckets") or ours
        differing = [number for number, found in enumerate(theirs) if found != ours[number]]
        if len(differing) > _MENDED_BUCKETS:
            self._compared(lambda: None, reload=[collection])
            return
        for bucket in differing:
            have = in_bucket(self._store.base_texts(collection), bucket)
            self._compared(lambda: None, repair={"collection": collection, "bucket": bucket, "have": have})

    def _compared(self, ours: Callable[[], ResultT], **wanted: Any) -> tuple[Page, ResultT]:
        """The page that completes a pull and tells what is `wanted`, and `ours` at the very instant that it shows."""
        while True:
            asked, page = self._ask(**wanted)
            wanted.pop("reload", None)  # once: the cursor remembers
            if not self._store.keep(page, asked) or page.more:
                continue
            with self._store.snapshot():
                now = self._store.standing()
                if now.cursor != page.cursor or now.step > asked.step + 1:
                    continue  # another process went on: these rows are not the ones that the server counted
                return page, ours()

    def reload(self) -> None:
        """Forgets the cursor and loads afresh. The queue stays."""
        self._store.begin_afresh()
        self.pull()

    def close(self) -> None:
        self._transport.close()
        self._numbers.close()
        self._store.close()

    def __enter__(self) -> Replica:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _standing(self) -> Standing:
        standing = self._store.standing()
        if standing.device_id is None and self._store.get("unannounced"):
            self._announce()
            standing = self._store.standing()
        if standing.device_id is None:
            raise NotRegistered("call register(name) first")
        return standing

    def _registered(self) -> str:
        return str(self._standing().device_id)

    def _ask(self, **wanted: Any) -> tuple[Standing, Page]:
        """The next page, and where the replica stood when it was asked for."""
        while True:
            asked = self._standing()
            try:
                return asked, self._page(asked, **wanted)
            except SyncRefused as refused:
                if refused.code != "BARRIER_INVALID" or asked.barrier is None:
                    raise
                # The server's keys changed: the next push, an empty one if need be, brings a state that it knows.
                self._store.set(barrier=(None, 0), compare=True)

    def _page(self, asked: Standing, **wanted: Any) -> Page:
        request = {
            "deviceId": asked.device_id,
            "cursor": asked.cursor,
            "limit": self._page_rows,
            "queued": self._store.pending_count(),
            "schema": (self._store.get("schema") or {}).get("hash"),
            "about": self._about(),
            **wanted,
        }
        if asked.barrier is not None:
            request["atLeast"] = asked.barrier
        try:
            return self._transport.page("/sync/v1/pull", request)
        except SyncRefused as refused:
            if refused.code != "CURSOR_INVALID" or request["cursor"] is None:
                raise
            # The server's keys changed or it was restored: load afresh, the queue stays.
            return self._transport.page("/sync/v1/pull", {**request, "cursor": None})

    def _offer(self, device_id: str, batch: list[Queued], skip_to: int | None) -> dict[str, Any]:
        return self._transport.post(PUSH, self._offering(device_id, batch, skip_to))

    def _offering(self, device_id: str, batch: list[Queued], skip_to: int | None = None) -> dict[str, Any]:
        offering: dict[str, Any] = {
            "deviceId": device_id,
            "mutations": [queued.wire() for queued in batch],
            "queued": max(0, self._store.to_offer_count() - len(batch)),
            "about": self._about(),
        }
        if skip_to is not None:
            offering["skipTo"] = skip_to
        return offering

    def _push_last(self, store: Store, order: str) -> None:
        """What a wipe lets through before it erases. Raises Offline, SyncRefused when the server takes no more."""
        self._store = store
        while batch := self._batch():
            offer = {**self._offering(self._registered(), batch), "wipeOrder": order}
            answer = self._transport.send(PUSH, offer)
            store.acknowledge(answer, self._registered())
            if answer.get("stopped") is not None and answer.get("retryAfter") is None:
                return
            if answer.get("retryAfter") is not None:  # the rest is taken too, only later
                self._transport.hold(PUSH, _refused(answer["stopped"], float(answer["retryAfter"])))

    def _about(self) -> dict[str, Any]:
        """What the device says of itself; the server shows it to the company's admins."""
        return about(self._store, self._app_version)

    def _batch(self) -> list[Queued]:
        """The next of the queue, within what one request may weigh."""
        batch: list[Queued] = []
        weight = 0
        for queued in self._store.to_offer(_PUSH_AT_ONCE):
            weight += len(json.dumps(queued.wire()))
            if batch and weight > _PUSH_BYTES:
                break
            batch.append(queued)
        return batch


def _sha256(cursor: str) -> str:
    return hashlib.sha256(cursor.encode()).hexdigest()[:16]


def _refused(stopped: dict[str, Any], retry_after: float | None = None) -> SyncRefused:
    status = 409 if retry_after is None else _THROTTLED
    told = (stopped["code"], stopped["message"], stopped.get("field"), str(stopped.get("remedy") or ""))
    return SyncRefused(status, *told, retry_after=retry_after)
