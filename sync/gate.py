"""What a request is charged before anything is done for it, and who is sent away without being looked at again.

Whoever was told to wait and comes all the same costs neither a query nor a look into Redis.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from kernel.policy import Actor
from sync.errors import OverQuota
from sync.quotas import BYTES, FILES, HEAVY, LEAST_SECONDS, MUTATIONS, REQUESTS, Asked, Quotas
from sync.wire import AheadRequest, LoadRequest, PullRequest, PushRequest, PushResponse, Wire, WireRefusal

_MOST_HELD = 10_000
_MOST_KNOWN = 50_000
_PACE_SECONDS = 0.1  # at least so long: to look is not for nothing
ONE = Asked(REQUESTS, 1, 1)
_SOME_BYTES, _SOME_FILE, _ONE_HEAVY = Asked(BYTES, 1, 0), Asked(FILES, 1, 0), Asked(HEAVY, 1, 1)
_FILE_REQUEST_BYTES = 256 * 1024  # what a request about a file costs besides its bytes


class NamesDevice(msgspec.Struct, rename="camel"):
    """As much of any request as says which device it comes from."""

    device_id: UUID


def named_device(body: bytes) -> UUID | None:
    """The device that a request names, if it does."""
    try:
        return msgspec.json.decode(body, type=NamesDevice).device_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Gate:
    """The quotas as the doors ask them. One per process. `now`: seconds that only go forward."""

    def __init__(self, quotas: Quotas | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.quotas, self._now = quotas or Quotas(), now
        self._held: OrderedDict[tuple[bytes, str], dict[UUID | None, tuple[float, OverQuota]]] = OrderedDict()
        self._whose: OrderedDict[bytes, UUID] = OrderedDict()

    def whose(self, token: str) -> Hashable:
        """What a request's turn is counted on before its sign-in is looked up: the company that the token was good for
        when it came last; nothing is allowed by it."""
        digest = _digest(token)
        return self._whose.get(digest, digest)

    def came(self, token: str, actor: Actor) -> None:
        """Notes whose token it is."""
        digest = _digest(token)
        self._whose[digest] = actor.tenant_id
        self._whose.move_to_end(digest)
        if len(self._whose) > _MOST_KNOWN:
            self._whose.popitem(last=False)

    def refuse_held(self, token: str, door: str, body: bytes = b"") -> None:
        """Whoever was told to wait at this door, and has not. Asked before the sign-in. Without the body only a sign-in
        as a whole is known. Raises OverQuota."""
        place = (_digest(token), door)
        held = self._held.get(place)
        if held is None:
            return
        for device_id in (None, named_device(body)) if body else (None,):
            until, refusal = held.get(device_id, (0.0, None))
            left = until - self._now()
            if refusal is not None and left > 0:
                raise refusal.after(max(LEAST_SECONDS, math.ceil(left)))
            held.pop(device_id, None)
        if not held:
            self._held.pop(place, None)

    def hold(self, token: str, door: str, device_id: UUID | None, refusal: OverQuota) -> None:
        """Sends this sign-in away at this door, for as long as it is told: the device alone where it is its quota.

        Where there is something again within a second, they are looked at again then, whatever they were told: those
        who pay no heed to it would else get a second's worth at once, and stand in the way of others.
        """
        place = (_digest(token), door)
        held = self._held.setdefault(place, {})
        self._held.move_to_end(place)
        if len(held) < _MOST_HELD:
            soon = refusal.least_seconds < LEAST_SECONDS
            until = self._now() + (max(_PACE_SECONDS, refusal.least_seconds) if soon else refusal.seconds)
            held[device_id if refusal.holder == "device" else None] = (until, refusal)
        while len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)

    async def admit(self, actor: Actor, request: Wire) -> tuple[Any, int]:
        """The request as far as the quota goes, and how many of its mutations have to come later. Raises OverQuota."""
        device_id: UUID | None = getattr(request, "device_id", None)
        if not isinstance(request, PushRequest):
            await self.quotas.take(actor, device_id, ONE, *_besides(request))
            return request, 0
        brought = len(request.mutations)
        _, granted = await self.quotas.take(actor, device_id, ONE, Asked(MUTATIONS, min(1, brought), brought))
        if granted == brought:
            return request, 0
        first = sorted(request.mutations, key=lambda mutation: mutation.n)[:granted]
        later = brought - granted
        return structs.replace(request, mutations=first, queued=request.queued + later), later

    async def stopped(self, actor: Actor, request: PushRequest, answer: PushResponse) -> PushResponse:
        """The answer to a push of which a part was not looked at: the rest keeps its numbers and comes later."""
        if answer.stopped is not None:
            return answer
        refusal = await self.quotas.rest(actor, request.device_id, MUTATIONS)
        told = WireRefusal(
            code=refusal.code,
            message=refusal.sentence(actor.language),
            field="mutations",
            remedy=refusal.remedy(actor.language),
        )
        return structs.replace(answer, stopped=told, retry_after=refusal.seconds)

    def sent(self, actor: Actor, request: Wire, size_bytes: int) -> None:
        """Notes what an answer weighed."""
        self.quotas.owe(actor, getattr(request, "device_id", None), size_bytes)

    async def admit_file(self, actor: Actor) -> None:
        """A request about a file, whose bytes are booked as they pass. Files name no device: the sign-in counts as
        it. Raises OverQuota."""
        await self.quotas.take(actor, actor.session_id, _SOME_FILE)
        await self.quotas.book(actor, actor.session_id, FILES, _FILE_REQUEST_BYTES)


def _besides(request: Wire) -> list[Asked]:
    if isinstance(request, LoadRequest | AheadRequest):
        return [_ONE_HEAVY]
    if isinstance(request, PullRequest):
        return [_SOME_BYTES, _ONE_HEAVY] if request.reads_all else [_SOME_BYTES]
    return []


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()[:16]
