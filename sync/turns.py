"""Whose exchange runs now: at most a share of the process for one company, and the next turn goes round among them.

A company that asks a hundred times as often waits for itself. Nobody holds a database connection while waiting here.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from sync.yielding import Foreground
from values.errors import Busy

WAIT_SECONDS = 8.0
SLICE_SECONDS = 0.1  # what is long gives its turn back so often while others wait
RIVALS_SECONDS = 2.0  # so long a tenant counts as busy after its last turn
MAX_WAITING = 200  # per tenant; whoever came later would not be reached in time either


class Turns:
    """Bounds what runs at the same time: `at_once` in all, `alone` of one tenant (or whatever stands for one), and
    `beside` of each while others are busy too; one then of who is `ahead` of its quota, for whom nobody else has to
    make room: `alone` leaves enough for that one.

    While others wait, the tenant that was served longest ago is next, however many wait behind it.
    """

    def __init__(
        self,
        at_once: int,
        alone: int,
        beside: int,
        *,
        wait_seconds: float | None = WAIT_SECONDS,
        max_waiting: int = MAX_WAITING,
        ahead: Callable[[Hashable], bool] = lambda _tenant: False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ahead = ahead
        self._at_once, self._alone, self._beside = at_once, alone, beside
        self._wait_seconds, self._max_waiting, self._now = wait_seconds, max_waiting, now
        self._running: Counter[Hashable] = Counter()
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._busy: OrderedDict[Hashable, float] = OrderedDict()  # when each was seen, the longest ago first
        self._total = 0

    @asynccontextmanager
    async def turn(self, tenant: Hashable, *, patient: bool = False) -> AsyncIterator[Callable[[], bool]]:
        """Runs what is inside when it is this tenant's turn. `patient`: waits for as long as it takes. What is given
        tells whether it has run for long and others should have the turn.

        Raises Busy when no turn came in time, or far too many wait already.
        """
        await self._take(tenant, patient)
        began = self._now()
        try:
            yield lambda: self._now() - began >= SLICE_SECONDS and self._wanted(tenant)
        finally:
            self._give_back(tenant)

    def running(self, tenant: Hashable) -> int:
        """How many of a tenant run now."""
        return self._running[tenant]

    def waiting(self) -> int:
        """How many wait, of all tenants."""
        return sum(len(queue) for queue in self._waiting.values())

    async def _take(self, tenant: Hashable, patient: bool) -> None:
        self._see(tenant)
        queue = self._waiting.get(tenant)
        if queue is None and self._free(tenant):
            self._start(tenant)
            return
        if queue is None:
            queue = self._waiting[tenant] = deque()
        elif len(queue) >= self._max_waiting and not patient:
            raise Busy
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(granted)
        try:
            await asyncio.wait({granted}, timeout=None if patient else self._wait_seconds)
            if not granted.done():
                raise Busy
        except BaseException:
            self._leave(tenant, granted)
            raise

    def _free(self, tenant: Hashable) -> bool:
        return self._total < self._at_once and self._running[tenant] < self._limit(tenant)

    def _limit(self, tenant: Hashable) -> int:
        now = self._now()
        while self._busy and (seen := next(iter(self._busy.items())))[1] < now - RIVALS_SECONDS:
            del self._busy[seen[0]]
        others = [other for other in self._busy if other != tenant]
        if not others:
            return self._alone
        if self._ahead(tenant):
            return 1
        return self._alone if all(map(self._ahead, others)) else self._beside

    def _wanted(self, tenant: Hashable) -> bool:
        return bool(self._waiting) or self._running[tenant] > self._limit(tenant)

    def _see(self, tenant: Hashable) -> None:
        self._busy[tenant] = self._now()
        self._busy.move_to_end(tenant)

    def _start(self, tenant: Hashable) -> None:
        self._see(tenant)
        self._running[tenant] += 1
        self._total += 1

    def _leave(self, tenant: Hashable, granted: asyncio.Future[None]) -> None:
        """Whoever gives up; a turn that was granted in that very moment goes on to the next."""
        if granted.done():
            self._give_back(tenant)
            return
        self._waiting[tenant].remove(granted)
        if not self._waiting[tenant]:
            del self._waiting[tenant]

    def _give_back(self, tenant: Hashable) -> None:
        self._see(tenant)
        self._running[tenant] -= 1
        self._total -= 1
        if not self._running[tenant]:
            del self._running[tenant]
        self._grant()

    def _grant(self) -> None:
        """Lets run who may, tenant by tenant; who was served goes to the end of the round."""
        while self._total < self._at_once:
            tenant = next((tenant for tenant in self._waiting if self._free(tenant)), None)
            if tenant is None:
                return
            queue = self._waiting.pop(tenant)
            granted = queue.popleft()
            if queue:
                self._waiting[tenant] = queue  # at the end
            self._start(tenant)
            granted.set_result(None)


class Fair:
    """The turns of one process. `doors`: until it is known who asks, and that the quota allows it. `quick`: exchanges
    and single mutations. `heavy`: files of a first load, checksums: two at a time, one of a tenant. `greetings`:
    devices that open a socket, by address: whose they are is not known before. `foreground`: the requests of those who
    keep to their rate; `ahead`: who does not."""

    def __init__(self, connections: int = 10, ahead: Callable[[Hashable], bool] = lambda _tenant: False) -> None:
        self.ahead, self.foreground = ahead, Foreground()
        self.doors = Turns(connections, connections // 2, 2, wait_seconds=4.0, ahead=ahead)
        self.quick = Turns(connections * 3 // 2, connections, 3, ahead=ahead)
        self.heavy = Turns(2, 1, 1, wait_seconds=20.0, max_waiting=100)
        self.greetings = Turns(8, 8, 4, wait_seconds=30.0, max_waiting=5_000)
