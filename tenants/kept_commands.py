"""A command that was kept, in the inbox or in the audit, run inside another one: under its own rights and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kernel.command import Command
from kernel.context import Context
from tenants.mutation_input import input_from_wire
from values.errors import ModuleNotBought
from values.modules import module_words


@contextmanager
def acting_as(ctx: Context, kept: Command) -> Iterator[None]:
    """Inside, the context asks for the kept command's rights. Raises ModuleNotBought, PermissionDenied."""
    if kept.module is not None and kept.module not in ctx.entitlements.modules:
        raise ModuleNotBought(module=module_words(kept.module))
    if kept.permission is not None:
        ctx.actor.authority.require(kept.permission)
    outer, ctx.command = ctx.command, kept
    try:
        yield
    finally:
        ctx.command = outer


async def run_kept(ctx: Context, kept: Command, arguments: Mapping[str, Any]) -> None:
    """Runs the handler in this transaction. Raises what it raises, and what `acting_as` does."""
    with acting_as(ctx, kept):
        await kept.handler(ctx, input_from_wire(kept, arguments))
        await ctx.flush()
