"""What one company and one device may ask of sync, by kind, so that nobody is slow because of a rival.

Asked before the work, at the doors. What is over a quota is refused as a whole with the seconds to wait, or, of a push,
taken as far as the quota goes. A refusal takes nothing from any bucket.
"""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from infra.quota_settings import Limit, QuotaSettings
from kernel.policy import Actor
from sync.buckets import FORCED, Buckets, Want
from sync.errors import OverQuota
from values.errors import Words

REQUESTS, MUTATIONS, BYTES, FILES, HEAVY = "requests", "mutations", "bytes", "files", "heavy"
LEAST_SECONDS = 1
_TOLD_EVERY_BYTES = 1_000_000
_MOST_OWING = 10_000
AHEAD_SECONDS = 2.0  # of its rate, within which a company's requests may come in a bunch
_WHAT: Final = {
    REQUESTS: Words("请求次数", "requests"),
    MUTATIONS: Words("离线修改", "offline edits"),
    BYTES: Words("下载量", "downloads"),
    FILES: Words("附件传输量", "file transfers"),
    HEAVY: Words("全量加载与校验", "full loads and checks"),
}
_WHOSE: Final = {"tenant": Words("贵公司", "your company"), "device": Words("本设备", "this device")}


@dataclass(frozen=True, slots=True)
class Asked:
    """`least` of a kind, without which the whole is refused, and `most`, of which as much is taken as there is."""

    kind: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """One per process. `throttled` is told the kind and the holder (tenant or device) of each refusal."""

    buckets: Buckets = field(default_factory=lambda: Buckets(None))
    settings: QuotaSettings = field(default_factory=QuotaSettings)
    throttled: Callable[[str, str], None] = lambda _kind, _holder: None
    chance: random.Random = field(default_factory=random.SystemRandom)
    owed: dict[tuple[UUID, UUID | None, UUID | None], int] = field(default_factory=dict)

    async def take(self, actor: Actor, device_id: UUID | None, *asked: Asked) -> list[int]:
        """How much of each is granted. Raises OverQuota, and takes nothing then."""
        holder = (actor.tenant_id, actor.member_id, device_id)
        owed = self.owed.pop(holder, 0)
        booked = (*asked, Asked(BYTES, FORCED, owed)) if owed else asked
        wanted = self._wants(actor, device_id, booked)
        taken = await self.buckets.take(wanted)
        if taken.refused is None:
            return taken.granted[: len(asked)]
        if owed:
            self.owe(actor, device_id, owed)
        refused = wanted[taken.refused]
        raise self._over(asked[refused.group - 1].kind, _holder(refused), taken.wait_seconds)

    def owe(self, actor: Actor, device_id: UUID | None, size_bytes: int) -> None:
        """What an answer weighed: booked with the next request of the same device, which saves a way to Redis."""
        holder = (actor.tenant_id, actor.member_id, device_id)
        self.owed[holder] = self.owed.pop(holder, 0) + size_bytes
        if len(self.owed) > _MOST_OWING:
            self.owed.pop(next(iter(self.owed)))

    async def book(self, actor: Actor, device_id: UUID | None, kind: str, amount: int) -> None:
        """What was used is known only afterwards: it is booked in any case, and waited for by the next who asks."""
        if amount > 0:
            await self.buckets.take(self._wants(actor, device_id, [Asked(kind, FORCED, amount)]))

    async def metered(self, actor: Actor, device_id: UUID | None, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a file; what went out of the process is booked as it goes, also when the other end leaves."""
        sent = 0
        try:
            async for piece in pieces:
                sent += len(piece)
                yield piece
                if sent >= _TOLD_EVERY_BYTES:
                    going, sent = sent, 0
                    await self.book(actor, device_id, FILES, going)
        finally:
            await self.book(actor, device_id, FILES, sent)

    def ahead(self, holder: Hashable) -> bool:
        """Whether a company (by its id) has used more than its rate of something: it lives on what its bucket held, or
        is over its quota. As far as this process heard."""
        return isinstance(holder, UUID) and any(self._is_ahead(holder, kind) for kind in _WHAT)

    def _is_ahead(self, tenant_id: UUID, kind: str) -> bool:
        limit, filling = self._whole(tenant_id, kind), self.buckets.filling_seconds(_place(tenant_id, kind))
        return filling is not None and limit.burst / limit.rate - filling > AHEAD_SECONDS

    async def rest(self, actor: Actor, device_id: UUID, kind: str) -> OverQuota:
        """Why only a part was taken, and when the rest may come."""
        wanted = self._wants(actor, device_id, [Asked(kind, 1, 0)])
        taken = await self.buckets.take(wanted)
        holder = "device" if taken.refused is None else _holder(wanted[taken.refused])
        return self._over(kind, holder, taken.wait_seconds)

    def _over(self, kind: str, holder: str, wait_seconds: float) -> OverQuota:
        self.throttled(kind, holder)
        seconds = jittered(wait_seconds, self.chance)
        whose, what, least = _WHOSE[holder], _WHAT[kind], wait_seconds
        return OverQuota(quota=kind, holder=holder, whose=whose, what=what, seconds=seconds, least_seconds=least)

    def _wants(self, actor: Actor, device_id: UUID | None, asked: Sequence[Asked]) -> list[Want]:
        """The company's bucket and, where it is known which device asks, the device's. A device's own includes its
        member: whoever names a colleague's device uses up nothing of theirs."""
        found: list[Want] = []
        for group, one in enumerate(asked, 1):
            whole = self._whole(actor.tenant_id, one.kind)
            found.append(Want(_place(actor.tenant_id, one.kind), group, whole, one.least, one.most))
            if device_id is not None:
                own = self.settings.limits[one.kind, "device"]
                key = _place(actor.tenant_id, one.kind, f"{actor.member_id}:{device_id}")
                found.append(Want(key, group, own, one.least, one.most))
        return found

    def _whole(self, tenant_id: UUID, kind: str) -> Limit:
        limit, factor = self.settings.limits[kind, "tenant"], self.settings.factors.get(tenant_id, 1.0)
        return Limit(limit.rate * factor, max(1, round(limit.burst * factor)))


def jittered(wait_seconds: float, chance: random.Random) -> int:
    """Whole seconds to wait: what it takes, at least one, and up to half as much more or less, so that those who were
    sent away together do not return together. Less is no harm: the bucket decides again."""
    return max(LEAST_SECONDS, math.ceil(max(wait_seconds, LEAST_SECONDS) * chance.uniform(0.5, 1.5)))


def _place(tenant_id: UUID, kind: str, holder: str = "tenant") -> str:
    return f"sync:quota:{{{tenant_id}}}:{kind}:{holder}"


def _holder(want: Want) -> str:
    return "tenant" if want.key.endswith(":tenant") else "device"
