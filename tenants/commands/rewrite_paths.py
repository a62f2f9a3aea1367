"""The inside of a long move: one transaction's worth of paths. Run by the outbox's job, never by a member."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.moves import Move, rewrite_batch


class RewritePaths(Input, frozen=True, kw_only=True):
    old: str
    new: str
    organisation_id: UUID


class PathsRewritten(Result, frozen=True, kw_only=True):
    """`done`: nothing is left at the old place."""

    done: bool


@command(zh="更新数据路径", en="Rewrite paths", permission=None, module=None, on_read_only=True, api=False)
async def rewrite_paths(ctx: Context, data: RewritePaths) -> PathsRewritten:
    """Moves the next 1,000 rows at most. A move that was begun ends, also after the trial did."""
    return PathsRewritten(done=await rewrite_batch(ctx, Move(data.old, data.new, data.organisation_id)))
