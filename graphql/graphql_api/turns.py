"""Whose operation runs now. A busy member waits for their own, a busy company for its own, and nobody for a rival."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from uuid import UUID

from kernel.policy import Actor
from values.errors import Busy

MEMBER_OPERATIONS = 4
WAIT_SECONDS = 3.0
MAX_WAITING = 100  # per tenant; more than that would not be reached in time either


@dataclass(slots=True, eq=False)
class Turn:
    """One operation's place: waiting until `granted` is done, then running until it is given back."""

    tenant: str
    member: str
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """Bounds what runs at the same time, per member and per tenant. The rest waits in order, and then is refused.

    `tenant_limit`: operations of one tenant; less than the pool's connections, so that no tenant can hold all.
    """

    def __init__(self, tenant_limit: int, member_limit: int = MEMBER_OPERATIONS) -> None:
        self._tenant_limit, self._member_limit = tenant_limit, member_limit
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[Turn]] = {}

    async def take(self, actor: Actor, seconds: float = WAIT_SECONDS) -> Turn:
        """A place among those that run, to be handed to `give_back`. Raises Busy when none came free in time."""
        turn = Turn(str(actor.tenant_id), f"{actor.tenant_id}/{actor.member_id}")
        queue = self._waiting.setdefault(turn.tenant, deque())
        queue.append(turn)
        self._grant(turn.tenant)
        if turn.granted.done():
            return turn
        try:
            if len(queue) > MAX_WAITING:
                raise Busy
            await asyncio.wait({turn.granted}, timeout=seconds)
            if not turn.granted.done():
                raise Busy
        except BaseException:
            self._drop(turn)
            raise
        return turn

    def give_back(self, turn: Turn) -> None:
        """Ends a turn; whoever waited longest and may run is next."""
        for holder in (turn.tenant, turn.member):
            self._running[holder] -= 1
            if not self._running[holder]:
                del self._running[holder]
        self._grant(turn.tenant)

    def running(self, tenant_id: UUID) -> int:
        """How many operations of a tenant run now."""
        return self._running[str(tenant_id)]

    def _drop(self, turn: Turn) -> None:
        if turn.granted.done():
            self.give_back(turn)
        else:
            self._waiting[turn.tenant].remove(turn)
            self._forget_empty(turn.tenant)

    def _grant(self, tenant: str) -> None:
        """Lets those run who may, in their order; who has reached the own limit is overtaken by the colleagues."""
        queue = self._waiting.get(tenant, deque())
        for turn in list(queue):
            if self._running[tenant] >= self._tenant_limit:
                break
            if self._running[turn.member] < self._member_limit:
                queue.remove(turn)
                self._running[tenant] += 1
                self._running[turn.member] += 1
                turn.granted.set_result(None)
        self._forget_empty(tenant)

    def _forget_empty(self, tenant: str) -> None:
        if not self._waiting.get(tenant, True):
            del self._waiting[tenant]
