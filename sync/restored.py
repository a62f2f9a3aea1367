"""After a restore from a backup: a new epoch, and patience with edits whose rows have yet to be sent again.

Devices keep what was answered for 30 days and offer it again from the number at which the server stands. One device may
come before the other that made the row it edits: its edit is parked until that one has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update

from infra.questions import Question
from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.entity import described, entities, table
from kernel.policy import Actor, Authority
from kernel.tables import ChangeLog, TenantClock
from sync.errors import AwaitsOtherDevice
from tenants.erased_rows import named_ids
from tenants.numbering_restored import pass_over
from tenants.parking import made_by
from values.errors import Words
from values.ids import new_id

OFFERED_AGAIN = timedelta(days=30)
_RESTORED = "SELECT FROM app.tenant_clock WHERE tenant_id = %s AND restored_at > %s"
log = structlog.get_logger()


# What a busy company gives out between two backups: twenty devices with a lease of each kind of document.
NUMBERS_PASSED_OVER = 1_000


class NewEpoch(Input, frozen=True, kw_only=True):
    """`operator`: who restored, for the audit. `pass_over`: how many numbers of each series the lost time may have
    given out; nobody is given them again."""

    operator: str
    pass_over: int = NUMBERS_PASSED_OVER


async def _begin_epoch(ctx: Context, data: NewEpoch) -> None:
    """Every cursor re-bases, every queue is compared. The clock stands anywhere: it counts on in the new epoch."""
    epoch = new_id()
    passed = await pass_over(ctx, data.pass_over)  # first: the tenant clock is locked last
    own = TenantClock.tenant_id == ctx.tenant_id
    held = select(TenantClock.epoch, TenantClock.value).where(own).with_for_update()
    before = (await ctx.session.core(held)).one()
    await ctx.session.core(update(table(TenantClock)).where(own).values(epoch=epoch, restored_at=ctx.now))
    facts = {"operator": data.operator, "before": str(before.epoch), "after": str(epoch), "clock": before.value}
    ctx.note("sync.Epoch", "new_epoch", {**facts, "numbersPassedOver": passed})


NEW_EPOCH = Command(
    name="sync.new_epoch",
    handler=_begin_epoch,
    input_type=NewEpoch,
    result_type=None,
    permission=None,
    module=None,
    zh="恢复备份后开始新的同步纪元",
    en="Begin a new sync epoch after a restore",
    on_read_only=True,
    api=False,
)


async def begin_epoch(engine: Engine, tenant_id: UUID, operator: str, numbers: int = NUMBERS_PASSED_OVER) -> None:
    """After a restore of the company's data, before its devices reach the server again. `numbers`: how many document
    numbers of each series are passed over."""
    actor = Actor(tenant_id, None, Authority(), on_behalf_of=operator)
    await engine.executor.run_internal(actor, NEW_EPOCH, NewEpoch(operator=operator, pass_over=numbers))
    log.warning("sync.epoch_begun", tenant=str(tenant_id), operator=operator, numbers_passed_over=numbers)


def asking_restored(tenant_id: UUID, now: datetime) -> Question[bool]:
    """Whether devices may still send again what a restore lost."""
    return Question(_RESTORED, [tenant_id, now - OFFERED_AGAIN], bool)


async def awaited(engine: Engine, actor: Actor, command: str, arguments: Mapping[str, Any]) -> AwaitsOtherDevice | None:
    """The refusal for an edit that names a row which this server never had, soon after a restore; None otherwise.

    The change log knows every row that was ever here, also those that are gone.
    """
    ids = named_ids(arguments) - made_by(command, arguments)
    if not ids:
        return None
    tracked = {described(entity).name: described(entity) for entity in entities() if described(entity).tracked}
    log_ = table(ChangeLog).c
    known = select(log_.row_id).where(
        log_.tenant_id == actor.tenant_id, log_.entity.in_(sorted(tracked)), log_.row_id.in_(sorted(ids))
    )
    async with engine.database.tenant(TenantContext(actor.tenant_id, actor.member_id).wide()) as session:
        if not all(await session.ask(asking_restored(actor.tenant_id, engine.clock.now()))):
            return None
        missing = ids - set((await session.core(known)).scalars())
    return AwaitsOtherDevice(entity=Words("记录", "record")) if missing else None
