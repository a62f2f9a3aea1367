"""Fetches pages until the replica is whole at one instant, and takes those that come by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sync.client.errors import SyncRefused
from sync.client.loading import FirstLoad
from sync.client.outbox import compared_from
from sync.client.pages import Page
from sync.client.registration import Registration, Said
from sync.client.store import Standing, Store
from sync.client.transport import Transport
from sync.client.values import instant

_OFFERED = timedelta(days=30)


class Pulling:
    """Of one replica. `page_rows`: how many rows a page may have."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        registration: Registration,
        first_load: FirstLoad,
        said: Said,
        page_rows: int,
    ) -> None:
        self._store, self._transport, self._registration = store, transport, registration
        self._first_load, self._said, self._page_rows = first_load, said, page_rows

    def pull(self) -> int:
        """Until the page that completes an instant; how many rows came or went. Raises Offline, SyncRefused."""
        rows = self._load()
        while True:
            asked, page = self.ask()
            if page.rebase and page.more and asked.cursor is not None:
                self._store.begin_afresh(compare=True)  # what the device has is void: files are quicker than pages
                rows = self._load()
                continue
            with self._store.relaxed():
                kept = self._store.keep(page, asked)
            if not kept:
                continue
            rows = page.rows if page.rebase else rows + page.rows
            if not page.more:
                self._forget_before(page)
                return rows

    def _forget_before(self, page: Page) -> None:
        """By the server's clock at both ends: the device's may be anything. While the server may stand behind us, only
        what it would not know any more if it were not: the rest is offered to it again first."""
        now = datetime.fromisoformat(str(page.header["serverTime"]))
        compare = self._store.get("compare")
        self._store.outbox.forget_before(compared_from(now) if compare else instant(now - _OFFERED))

    def ask(self, **wanted: Any) -> tuple[Standing, Page]:
        """The next page, and where the replica stood when it was asked for."""
        while True:
            asked = self._registration.standing()
            try:
                return asked, self.page(asked, **wanted)
            except SyncRefused as refused:
                if refused.code != "BARRIER_INVALID" or asked.barrier is None:
                    raise
                # The server's keys changed: the next push, an empty one if need be, brings a state that it knows.
                self._store.set(barrier=(None, 0), compare=True)

    def page(self, asked: Standing, **wanted: Any) -> Page:
        """The page that leads on from where the replica stood."""
        request = {
            "deviceId": asked.device_id,
            "cursor": asked.cursor,
            "limit": self._page_rows,
            "queued": self._store.outbox.pending_count(),
            "schema": (self._store.get("schema") or {}).get("hash"),
            **self._said(),
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

    def _load(self) -> int:
        """A replica without a cursor takes the files of a first load; how many rows came so."""
        asked = self._registration.standing()
        if asked.cursor is not None or asked.device_id is None:
            return 0
        return self._first_load.run(asked.device_id, self._said()) or 0
