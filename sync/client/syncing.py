"""One meeting with the server, in order: what waits goes out, what is new comes in, leases and files follow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sync.client.errors import SyncRefused
from sync.client.files import Files
from sync.client.numbers import Numbers
from sync.client.registration import Registration
from sync.client.store import Store

if TYPE_CHECKING:
    from sync.client.replica import Replica


class Syncing:
    """Of one replica."""

    def __init__(
        self, replica: Replica, store: Store, registration: Registration, numbers: Numbers, files: Files
    ) -> None:
        self._replica, self._store, self._registration = replica, store, registration
        self._numbers, self._files = numbers, files

    def sync(self) -> dict[str, Any]:
        """As `Replica.sync` tells it."""
        outcomes, pulled = self._exchange_known()
        numbers = self._numbers.refill()
        uploaded = self._files.upload()
        if uploaded:
            pulled += self._replica.pull()
        return {
            "pushed": dict(Counter(str(outcome["status"]) for outcome in outcomes)),
            "queued": self._store.outbox.pending_count(),
            "pulled": pulled,
            **({"numbers": numbers} if numbers else {}),
            **({"uploaded": uploaded} if uploaded else {}),
        }

    def _exchange_known(self) -> tuple[list[dict[str, Any]], int]:
        """The exchange, also with a server that was restored to a time before it knew this device."""
        try:
            return self._exchange()
        except SyncRefused as refused:
            if (refused.code, refused.field) != ("NOT_FOUND", "deviceId"):
                raise
            self._registration.announce()
            self._store.set(compare=True)
            return self._exchange()

    def _exchange(self) -> tuple[list[dict[str, Any]], int]:
        """The outcomes of what was pushed, and how many rows came or went."""
        push, pull = self._replica.push, self._replica.pull
        outcomes = push()
        if self._numbers.settle():
            outcomes += push()
        pulled = pull()
        if self._store.get("compare"):  # the pull began afresh: perhaps the server lost what it had answered
            outcomes += push()
            pulled += pull()
        return outcomes, pulled
