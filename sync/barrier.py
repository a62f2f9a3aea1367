"""A pull that contains what the device knows already: its own answered mutations, and its last cursor.

On one PostgreSQL that is always so. Behind a read replica, or a process whose database lags, a pull waits for the
state that it was asked for, and says "busy" rather than answer from before it. The epoch is a UUIDv7: a later one was
made by a restore, and what was promised in an earlier epoch is void.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from infra.questions import Asking, Question, rows_as
from kernel.db import SNAPSHOT, Opening, TenantContext, TenantSession
from kernel.engine import Engine
from kernel.policy import Actor
from kernel.query import reading_context
from sync.cursor import Cursor
from sync.errors import BarrierInvalid
from values.errors import Busy
from values.keyring import InvalidToken, KeyRing

WAIT_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.05
_PURPOSE = "sync.barrier"
_STATE = "SELECT tenant_id, epoch, value AS clock FROM app.tenant_clock WHERE tenant_id = %s"


class State(msgspec.Struct, frozen=True, array_like=True):
    """A state of a tenant's data: everything up to `clock` within `epoch`."""

    tenant_id: UUID
    epoch: UUID
    clock: int

    def reaches(self, wanted: State) -> bool:
        """Whether this state contains `wanted`; one of an epoch that a restore ended is no state any more."""
        return (self.epoch, self.clock) >= (wanted.epoch, wanted.clock)


class _Clock(msgspec.Struct):
    tenant_id: UUID
    epoch: UUID
    clock: int


def asking_state(tenant_id: UUID) -> Question[State]:
    def answer(rows: str | None) -> State:
        [found] = rows_as(_Clock, rows)
        return State(found.tenant_id, found.epoch, found.clock)

    return Question(_STATE, [tenant_id], answer)


async def token_of(engine: Engine, actor: Actor) -> str:
    """The present state, signed: whatever was committed before is in it."""
    context, asking = TenantContext(actor.tenant_id, actor.member_id), Asking([asking_state(actor.tenant_id)])
    [state] = await engine.database.asked(Opening(context, asking))
    return engine.keys.sign(_PURPOSE, msgspec.msgpack.encode(state))


def read_token(keys: KeyRing, token: str, actor: Actor) -> State:
    """Raises BarrierInvalid: forged, another company's, or signed with a key that is gone."""
    try:
        state = msgspec.msgpack.decode(keys.verify(_PURPOSE, token), type=State)
    except (InvalidToken, msgspec.DecodeError):
        raise BarrierInvalid(field="atLeast") from None
    if state.tenant_id != actor.tenant_id:
        raise BarrierInvalid(field="atLeast")
    return state


def state_at(cursor: Cursor) -> State:
    return State(cursor.tenant_id, cursor.epoch, cursor.clock)


@asynccontextmanager
async def snapshot_at(
    engine: Engine, actor: Actor, wanted: Iterable[State], *also: Question[Any]
) -> AsyncIterator[tuple[TenantSession, list[Any]]]:
    """The member's snapshot as soon as it contains all wanted states, and the answers to what is `also` asked of it.
    Raises Busy when it does not in WAIT_SECONDS."""
    asked, until = list(wanted), time.monotonic() + WAIT_SECONDS
    while True:
        asking = Asking([asking_state(actor.tenant_id), *also])
        async with engine.database.opened(Opening(reading_context(actor), asking, begin=SNAPSHOT)) as session:
            here, *answers = session.opened
            if all(here.reaches(state) for state in asked):
                yield session, answers
                return
        if time.monotonic() >= until:
            raise Busy
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
