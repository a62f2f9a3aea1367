"""Sends the outbox in order, and puts right what a copy, a restore or a gap has brought apart."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from sync.client.errors import SyncRefused
from sync.client.outbox import Queued
from sync.client.registration import Registration, Said
from sync.client.store import Store
from sync.client.transport import REVOKED, Transport
from sync.client.values import uuid7

PUSH = "/sync/v1/push"
_PUSH_AT_ONCE = 200
_PUSH_BYTES = 2_000_000
_THROTTLED = 429


class Pushing:
    """Of one replica."""

    def __init__(self, store: Store, transport: Transport, registration: Registration, said: Said) -> None:
        self._store, self._transport, self._registration, self._said = store, transport, registration, said

    def push(self) -> list[dict[str, Any]]:
        """Sends what waits, in order; returns the outcomes, but for those that were only compared. Stops, keeping the
        rest, when the server asks for that.

        Raises Offline, SyncRefused.
        """
        outcomes: list[dict[str, Any]] = []
        outbox, skip_to, doubted = self._store.outbox, cast("int | None", None), set[str]()
        corrected: tuple[str, int, int | None] | None = None
        while (batch := self._batch()) or skip_to is not None or self._store.get("compare"):
            device_id, answered_to = self._registration.device_id(), outbox.answered_to()
            try:
                answer = self._transport.post(PUSH, self._offering(device_id, batch, skip_to))
            except SyncRefused as refused:
                if refused.status != _THROTTLED:
                    raise
                break  # the server wants it later; what was asked for besides goes on
            now = datetime.fromisoformat(str(answer["serverTime"]))
            stopped, last, skip_to = answer.get("stopped"), int(answer["lastMutation"]), None
            with self._store.transaction():
                if self._store.get("device_id") != device_id:
                    continue  # another process made a copy of its own of this file: these are not today's numbers
                outcomes += [outcome for outcome in answer["outcomes"] if outcome["uuid"] not in doubted]
                if self._store.get("compare") or last < answered_to:
                    doubted = outbox.doubt(last, now)
                outbox.acknowledge(answer, device_id)
                self._store.set(compare=False)
            if last < answered_to or (stopped is not None and stopped["code"] == "MUTATION_GAP"):
                skip_to = outbox.unanswer_after(last)
                if corrected == (device_id, last, skip_to):
                    raise _refused(stopped or {"code": "MUTATION_GAP", "message": f"the server stays at {last}"})
                corrected = (device_id, last, skip_to)
            elif stopped is not None and stopped["code"] == "DEVICE_FORKED":
                outbox.become_copy(str(uuid7()), device_id, now)
                doubted = set()
            elif stopped is not None:
                if stopped["code"] == REVOKED:
                    self._transport.on_revoked()
                    raise _refused(stopped)
                self._hold(answer)
                break
        return outcomes

    def push_last(self, order: str) -> None:
        """What a wipe lets through before it erases. Raises Offline, SyncRefused when the server takes no more."""
        device_id = self._store.standing().device_id
        while device_id is not None and (batch := self._batch()):
            offer = {**self._offering(device_id, batch), "wipeOrder": order}
            answer = self._transport.send(PUSH, offer)
            self._store.outbox.acknowledge(answer, device_id)
            if answer.get("stopped") is not None and not self._hold(answer):
                return

    def _hold(self, answer: dict[str, Any]) -> bool:
        """Whether the server wants the rest too, only later; nothing is sent before."""
        asked = answer.get("retryAfter")
        if asked is None:
            return False
        self._transport.hold(PUSH, _refused(answer["stopped"], float(asked)))
        return True

    def _offering(self, device_id: str, batch: list[Queued], skip_to: int | None = None) -> dict[str, Any]:
        offering: dict[str, Any] = {
            "deviceId": device_id,
            "mutations": [queued.wire() for queued in batch],
            "queued": max(0, self._store.outbox.to_offer_count() - len(batch)),
            **self._said(),
        }
        if skip_to is not None:
            offering["skipTo"] = skip_to
        return offering

    def _batch(self) -> list[Queued]:
        """The next of the queue, within what one request may weigh."""
        batch: list[Queued] = []
        weight = 0
        for queued in self._store.outbox.to_offer(_PUSH_AT_ONCE):
            weight += len(json.dumps(queued.wire()))
            if batch and weight > _PUSH_BYTES:
                break
            batch.append(queued)
        return batch


def _refused(stopped: dict[str, Any], retry_after: float | None = None) -> SyncRefused:
    status = 409 if retry_after is None else _THROTTLED
    told = (stopped["code"], stopped["message"], stopped.get("field"), str(stopped.get("remedy") or ""))
    return SyncRefused(status, *told, retry_after=retry_after)
