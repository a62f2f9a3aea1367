"""A company has paid: it may write again, in the modules that it bought."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from billing.errors import ModuleUnknown, SubscriptionEndInvalid
from billing.standing import lock_access
from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.access import MODULES
from tenants.entities import ModuleEntitlement
from values.errors import Words
from values.modules import module_words
from values.wire import to_wire


class ActivateSubscription(Input, frozen=True, kw_only=True):
    """`until`: the first instant that is no longer paid, with its offset; None: open-ended."""

    modules: list[str]
    until: datetime | None


class SubscriptionActivated(Result, frozen=True, kw_only=True):
    modules: list[str]
    subscribed_from: datetime
    subscribed_until: datetime | None


@command(zh="开通订阅", en="Activate subscription", permission=None, module=None, on_read_only=True, api=False)
async def activate_subscription(ctx: Context, data: ActivateSubscription) -> SubscriptionActivated:
    """Begins or renews the subscription now. Modules of an earlier subscription that are not named end now.

    A trial that still runs keeps all modules free up to its end. Raises ModuleUnknown, SubscriptionEndInvalid.
    """
    modules = _checked_modules(data)
    if data.until is not None and (data.until.tzinfo is None or data.until <= ctx.now):
        raise SubscriptionEndInvalid(field="until")
    access = await lock_access(ctx)
    was_active = access.subscribed_from is not None and (
        access.subscribed_until is None or access.subscribed_until > ctx.now
    )
    if not was_active:
        access.subscribed_from = ctx.now
    access.subscribed_until = data.until
    for entitlement in await _in_force(ctx):
        entitlement.ends_at = max(ctx.now, access.trial_ends_at) if entitlement.source == "trial" else ctx.now
    for module in modules:
        ctx.add(
            ModuleEntitlement(
                id=ctx.new_id(), module=module, source="subscription", starts_at=ctx.now, ends_at=data.until
            )
        )
    ctx.enqueue("billing.subscribed", {"modules": modules, "until": to_wire(data.until)})
    return SubscriptionActivated(
        modules=modules, subscribed_from=access.subscribed_from or ctx.now, subscribed_until=data.until
    )


def _checked_modules(data: ActivateSubscription) -> list[str]:
    for module in data.modules:
        checked_module(module, field="modules")
    if not data.modules:
        raise ModuleUnknown(field="modules", module="-", modules=_choices())
    return [module for module in MODULES if module in data.modules]


def checked_module(module: str, *, field: str) -> str:
    """A code of the price list. Raises ModuleUnknown."""
    if module not in MODULES:
        raise ModuleUnknown(field=field, module=module[:60], modules=_choices())
    return module


def _choices() -> Words:
    """Codes, which an operator types, with their names."""
    named = [(code, module_words(code)) for code in MODULES]
    return Words(
        "、".join(f"{code}（{w.zh}）" for code, w in named), ", ".join(f"{code} ({w.en})" for code, w in named)
    )


async def _in_force(ctx: Context) -> list[ModuleEntitlement]:
    statement = (
        select(ModuleEntitlement)
        .where(
            ModuleEntitlement.tenant_id == ctx.tenant_id,
            or_(ModuleEntitlement.ends_at.is_(None), ModuleEntitlement.ends_at > ctx.now),
        )
        .order_by(ModuleEntitlement.id)
        .with_for_update()
    )
    return list(await ctx.session.scalars(statement))
