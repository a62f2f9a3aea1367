"""A company asks for a module: whoever runs the service sees it and gets in touch."""

from __future__ import annotations

from datetime import datetime

import structlog

from billing.commands.activate_subscription import checked_module
from billing.standing import lock_access
from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.access import open_requests
from tenants.entities import ModuleEntitlement

log = structlog.get_logger()


class RequestModule(Input, frozen=True, kw_only=True):
    """`module`: its code."""

    module: str


class ModuleRequested(Result, frozen=True, kw_only=True):
    """`requested_at`: of the request that is open, be it this one or one before."""

    module: str
    requested_at: datetime


@command(
    zh="申请开通模块",
    en="Ask for a module",
    permission="tenants.setting.manage",
    module=None,
    on_read_only=True,
)
async def request_module(ctx: Context, data: RequestModule) -> ModuleRequested:
    """Asks once: another request for the same module is answered with the first one until it is bought.

    Buys nothing and gives nothing. Raises ModuleUnknown.
    """
    module = checked_module(data.module, field="module")
    await lock_access(ctx)  # two admins who press at once
    asked = (await ctx.session.core(open_requests(ctx.tenant_id).where(ModuleEntitlement.module == module))).first()
    if asked is not None:
        return ModuleRequested(module=module, requested_at=asked.starts_at)
    ctx.add(ModuleEntitlement(id=ctx.new_id(), module=module, source="request", starts_at=ctx.now, ends_at=ctx.now))
    log.info("billing.module_requested", module=module)
    return ModuleRequested(module=module, requested_at=ctx.now)
