"""Whose exchange runs now: at most a share of the process for one company, and the next turn goes round among them.

A company that asks a hundred times as often waits for itself. Nobody holds a database connection while waiting here.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from values.errors import Busy

WAIT_SECONDS = 8.0
MAX_WAITING = 200  # per tenant; whoever came later would not be reached in time either


class Turns:
    """Bounds what runs at the same time: `at_once` in all, `tenant_limit` of one tenant (or whatever stands for one).

    While others wait, the tenant that was served longest ago is next, however many wait behind it.
    """

    def __init__(
        self,
        at_once: int,
        tenant_limit: int,
        *,
        wait_seconds: float | None = WAIT_SECONDS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._at_once, self._tenant_limit = at_once, tenant_limit
        self._wait_seconds, self._max_waiting = wait_seconds, max_waiting
        self._running: Counter[Hashable] = Counter()
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._total = 0

    @asynccontextmanager
    async def turn(self, tenant: Hashable, *, patient: bool = False) -> AsyncIterator[None]:
        """Runs what is inside when it is this tenant's turn. `patient`: waits for as long as it takes.

        Raises Busy when no turn came in time, or far too many wait already.
        """
        await self._take(tenant, patient)
        try:
            yield
        finally:
            self._give_back(tenant)

    def running(self, tenant: Hashable) -> int:
        """How many of a tenant run now."""
        return self._running[tenant]

    def waiting(self) -> int:
        """How many wait, of all tenants."""
        return sum(len(queue) for queue in self._waiting.values())

    async def _take(self, tenant: Hashable, patient: bool) -> None:
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
        return self._total < self._at_once and self._running[tenant] < self._tenant_limit

    def _start(self, tenant: Hashable) -> None:
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
        self._running[tenant] -= 1
        self._total -= 1
        if not self._running[tenant]:
            del self._running[tenant]
        self._grant()

    def _grant(self) -> None:
        """Lets run who may, tenant by tenant; who was served goes to the end of the round."""
        for tenant in list(self._waiting):
            if self._total >= self._at_once:
                return
            if not self._free(tenant):
                continue
            queue = self._waiting.pop(tenant)
            granted = queue.popleft()
            if queue:
                self._waiting[tenant] = queue  # at the end
            self._start(tenant)
            granted.set_result(None)


class Fair:
    """The turns of one process. `quick`: exchanges and single mutations. `heavy`: files of a first load, checksums:
    two at a time, one of a tenant. `greetings`: devices that open a
    socket, by address: whose they are is not known before."""

    def __init__(self, connections: int = 10) -> None:
        self.quick = Turns(max(2, connections), max(1, connections // 3))
        self.heavy = Turns(2, 1, wait_seconds=20.0, max_waiting=100)
        self.greetings = Turns(8, 4, wait_seconds=30.0, max_waiting=5_000)
