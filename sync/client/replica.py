"""A replica: works offline on its own copy, and reconciles when the server can be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from sync.client.about import SCHEMA_VERSION, said
from sync.client.errors import ArgumentRefused, SyncRefused
from sync.client.files import Files
from sync.client.folder import KeptFile
from sync.client.keychain import Keychain
from sync.client.loading import FirstLoad
from sync.client.numbers import Numbers
from sync.client.pages import Page
from sync.client.pulling import Pulling
from sync.client.pushing import Pushing
from sync.client.queueing import Queueing
from sync.client.reading import DECISIONS, RESOLVE, Reading, entry_id
from sync.client.registration import Registration
from sync.client.safe import Safe
from sync.client.store import Store
from sync.client.syncing import Syncing
from sync.client.tokens import TokenChain
from sync.client.transport import LANGUAGES, Transport
from sync.client.values import uuid7
from sync.client.verifying import Verifying

_PAGE_ROWS = 5_000


class Replica:
    """A member's rows in one SQLite file.

    `path`: the file. `url`: the server. `token`: the member's session token; set `token` again when it changes, or
    leave it out when `keychain` has it. `keychain`: keeps the rotating token and half of the file's key; with it, and
    with the extra `device` installed, the file is encrypted from the registration on (`encrypted` says whether it is).
    Opening an encrypted file asks the server for the other half: raises KeyWithheld, SyncRefused, DeviceWiped.
    `language`: "zh-CN" or "en", of the server's refusals and of `uploads`; raises ArgumentRefused for any other.
    `now`: the device's clock, a claim that the server bounds. May be used from several threads, and the file from
    several processes, each with its own Replica of the same member: whoever comes second with an answer asks again.
    After `close` everything raises ReplicaClosed; after a wipe, DeviceWiped.
    """

    schema_version = SCHEMA_VERSION

    def __init__(
        self,
        path: str | Path,
        url: str,
        token: str | None = None,
        *,
        keychain: Keychain | None = None,
        language: str = LANGUAGES[0],
        app_version: str | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        page_rows: int = _PAGE_ROWS,
    ) -> None:
        self._now = now or (lambda: datetime.now(UTC))
        self._app_version = app_version
        self._network = threading.RLock()  # one conversation with the server at a time
        tokens = TokenChain(token, keychain, self._now)
        self._transport = Transport(
            url, tokens, language=language, transport=transport, sleep=sleep, monotonic=monotonic
        )
        self._safe = Safe(Path(path), keychain, self._transport, self._now, self._push_last)
        try:
            self._store = self._safe.open()
        except BaseException:
            self._transport.close()
            raise
        self._registration = Registration(self._store, self._transport, self._said)
        self._first_load = FirstLoad(self._store, self._transport, Path(path))
        self._pushing = Pushing(self._store, self._transport, self._registration, self._said)
        self._pulling = Pulling(
            self._store, self._transport, self._registration, self._first_load, self._said, page_rows
        )
        self._verifying = Verifying(self._store, self._pulling)
        self._reading = Reading(self._store)
        self._queueing = Queueing(self._store, self._reading, self._now, lambda: self.schema_version)
        self._numbers = Numbers(self, self._store, path, self._now)
        self._files = Files(path, self._store, self._transport)
        self._syncing = Syncing(self, self._store, self._registration, self._numbers, self._files)

    @property
    def token(self) -> str:
        return self._transport.tokens.token

    @token.setter
    def token(self, token: str) -> None:
        self._transport.tokens.token = token

    @property
    def encrypted(self) -> bool:
        """Whether the file on the disk is encrypted, and with it the attachments beside it."""
        return self._store.encrypted

    @property
    def device_id(self) -> str | None:
        """The id under which the server knows this replica; None before `register`."""
        return self._store.standing().device_id

    def register(self, name: str, platform: str = "python") -> str:
        """Makes this replica known to the server and returns its device id. Again: the same device.

        Of a revoked device, after a new sign-in: a device of its own, and what was not sent goes along. Not of one with
        a keychain: with the revocation its key is gone.
        """
        with self._network:
            device_id = self._registration.name(name, platform)
            self._safe.belongs_to(device_id)
            try:
                device_id = self._registration.announce()
            except SyncRefused as refused:
                if refused.code != "DEVICE_REVOKED" or self._safe.keychain is not None:
                    raise
                self._store.outbox.become_copy(str(uuid7()), device_id, self._now())
                device_id = self._registration.announce()
            self._safe.encrypt()
            self._first_load.forget_what_is_plain()
            self._files.seal_what_is_plain()
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
            return self._syncing.sync()

    def pull(self) -> int:
        """Fetches until the replica is whole at one instant, and shows that instant. Raises Offline, SyncRefused.

        Returns how many rows came or went; a fresh load counts them all. Pages that another process fetched for the
        same file are not counted.
        """
        with self._network:
            return self._pulling.pull()

    @property
    def cursor(self) -> str | None:
        """Where this replica stands."""
        return self._store.standing().cursor

    @property
    def poke_url(self) -> str:
        return self._transport.url.replace("http", "ws", 1) + "/sync/v1/poke"

    def greeting(self) -> dict[str, Any]:
        """The first message on the socket."""
        return {
            "token": self.token,
            "deviceId": self._registration.device_id(),
            "cursor": self.cursor,
            "schemaVersion": self.schema_version,
        }

    def keep_live(self, page: Page) -> bool:
        """Keeps a page that came by itself. False: it does not fit, pull.

        It may have been read before the server took our last mutations: these stay in the overlay until the next pull.
        """
        return self._store.keep_live(page)

    @property
    def priming(self) -> bool:
        """Whether only a part of the rows is here yet: the rest of a first load is on its way."""
        return bool(self._store.get("priming"))

    def push(self) -> list[dict[str, Any]]:
        """Sends what waits, in order; returns the outcomes. Stops, keeping the rest, when the server asks for that."""
        with self._network:
            return self._pushing.push()

    def rows(
        self, collection: str, *, archived: bool = False, states: bool = False, **equal: Any
    ) -> list[dict[str, Any]]:
        """The rows as the member sees them now: the server's, under what was done here since.

        `equal`: fields that must be equal, `level="a"` or `customer_id=…` (camelCase or snake_case). Rows in the
        recycle bin only with `archived=True`. In id order, which is the order of creation.

        `states`: also what lies in the inbox, so that nothing that the member wrote vanishes from a list; each row then
        has `_state`: `pending` (not answered yet), `waiting` (for the subscription), `parked` (behind another entry),
        `inbox` (needs a decision), or null.

        Raises NotRegistered, UnknownCollection (one that there is not, or that this member never saw here: an empty
        list would say that there is nothing in it; what went with a right or a module is empty) and UnknownField.
        """
        self._reading.refuse_unknown(collection, equal)
        return self._reading.rows(collection, archived=archived, states=states, equal=equal)

    def row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        """One row by id, the recycle bin included. Raises NotRegistered, UnknownCollection."""
        self._reading.refuse_unknown(collection)
        return self._reading.row(collection, row_id)

    def mutate(self, command: str, **arguments: Any) -> str | None:
        """Does something here and now, and queues it for the server. Returns the id of the row that it concerns.

        Names in camelCase or snake_case. Works offline. Raises NotRegistered, UnknownCommand, and
        ArgumentRefused (a ValueError) for a value that could never be sent; nothing is queued then.
        """
        return self._queueing.queue(command, arguments, self._numbers.queued)

    def lease(self, series: str, count: int = 50) -> int:
        """Asks the server, online, for document numbers to hand out offline; returns how many are left then.

        What was queued goes first. Again after a lost answer: the same lease. Raises UnknownCommand, Offline,
        SyncRefused.
        """
        with self._network:
            self._registration.device_id()
            return self._numbers.lease(series, count)

    def next_number(self, series: str) -> str:
        """The next document number of the leased ones, works offline. It is handed out once, whatever happens to this
        process: one that stands in no mutation when the process is gone is voided at the next sync.

        Raises NotRegistered, NoNumbersLeft.
        """
        self._registration.device_id()
        return self._numbers.take(series)

    def numbers_left(self, series: str) -> int:
        """How many numbers `next_number` can hand out before the next lease."""
        return self._numbers.left(series)

    def attach(
        self, path: str | Path, *, entity: str, row_id: str, strip_metadata: bool = False, **options: Any
    ) -> str:
        """Copies a file beside the replica and attaches it to a record; `sync` sends it. The attachment's id.

        Works offline. `options`: `file_name`, `media_type` where the path does not say. Raises as `mutate` does, and
        ArgumentRefused for an empty file.
        """
        described = {"entity": entity, "row_id": row_id, **options}
        if strip_metadata:
            described["strip_metadata"] = True
        return self._files.attach(Path(path), self.mutate, **described)

    def download(self, attachment_id: str) -> KeptFile:
        """The attachment's content, fetched if it is not here: a stream, bytes, or a copy where the caller says. What
        was attached here opens at once, offline too.

        Raises FileUnavailable, FileDamaged, Offline, SyncRefused.
        """
        return self._files.download(attachment_id)

    def uploads(self) -> list[dict[str, Any]]:
        """Files that are still to be sent; with a `code` where the server refused one."""
        return self._files.waiting()

    def pending(self) -> list[dict[str, Any]]:
        """What the server has not answered yet, in order."""
        return [queued.wire() for queued in self._store.outbox.pending()]

    def inbox(self) -> list[dict[str, Any]]:
        """What did not apply and waits for a decision, or for the company's subscription: reason, base/mine/theirs."""
        return self._reading.inbox()

    def resolve(self, inbox_id: str, action: str, **options: Any) -> None:
        """Decides about an inbox entry: `mine`, `theirs` or `discard`. `fields=[…]` takes only some of mine;
        `arguments={…}` sends something else in its place. Raises ArgumentRefused for any other action, and for what is
        no id. An entry that this replica has not heard of yet may be decided about: one that a colleague passed on."""
        if action not in DECISIONS:
            raise ArgumentRefused("action", "DECISION_UNKNOWN", action=action, known=", ".join(DECISIONS))
        self.mutate(RESOLVE, id=entry_id(inbox_id), action=action, **options)

    def checksums(self) -> dict[str, dict[str, Any]]:
        """By collection: `count` and `hash` of the base rows, to be compared with the server's."""
        return self._verifying.checksums()

    def verify(self) -> list[str]:
        """Pulls, names the collections that are not what the server has, and mends them row by row.

        Empty: the replica was exact. Raises NotMended if one is wrong still.
        """
        with self._network:
            return self._verifying.verify()

    def reload(self) -> None:
        """Forgets the cursor and loads afresh. The queue stays."""
        self._store.begin_afresh(compare=True)
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

    def _push_last(self, store: Store, order: str) -> None:
        """What a wipe lets through; the file may be open for nothing else any more."""
        told = partial(said, store, self._app_version, self.schema_version)
        Pushing(store, self._transport, Registration(store, self._transport, told), told).push_last(order)

    def _said(self) -> dict[str, Any]:
        """What goes with every request: the server shows it to the company's admins, and answers in the version."""
        return said(self._store, self._app_version, self.schema_version)
