"""The inside of a long move: one transaction's worth of paths. Run by the outbox's job, never by a member."""

from __future__ import annotations

from sqlalchemy import select

from kernel.command import Result, command
from kernel.context import Context
from kernel.tables import Outbox
from tenants.moves import TOPIC, Move, RewritePaths, queue_up, rewrite_batch
from values.errors import NotFound, Words


class PathsRewritten(Result, frozen=True, kw_only=True):
    """`done`: nothing is left at the old place."""

    done: bool


@command(zh="更新数据路径", en="Rewrite paths", permission=None, module=None, on_read_only=True, api=False)
async def rewrite_paths(ctx: Context, data: RewritePaths) -> PathsRewritten:
    """Moves the next 1,000 rows at most. A move that was begun ends, also after the trial did.

    What was moved on since goes where it belongs now. Raises NotFound for a move that no message tells of.
    """
    move = Move(data.old, data.new, data.organisation_id)
    await _require_begun(ctx, move)
    await queue_up(ctx)
    done = await rewrite_batch(ctx, move.old)
    if data.hand_over and not done:
        ctx.enqueue(TOPIC, move.to_payload())
    return PathsRewritten(done=done)


async def _require_begun(ctx: Context, move: Move) -> None:
    """Only what a command once decided is carried on: the place is the stored message's, not the caller's."""
    told = select(Outbox.payload).where(Outbox.tenant_id == ctx.tenant_id, Outbox.topic == TOPIC)
    if not any(Move.from_payload(payload) == move for payload in await ctx.session.scalars(told)):
        raise NotFound(entity=Words("组织调整", "move"))
