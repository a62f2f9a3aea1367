"""The company's settings and flags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.entities import TenantSetting
from tenants.granting import require_companywide
from tenants.settings import parse_setting

_MANAGE = "tenants.setting.manage"


class SetSetting(Input, frozen=True, kw_only=True):
    """`value`: as the setting's entry in `KNOWN_SETTINGS` says; for `flag.*` true or false."""

    name: str
    value: Any


@command(zh="修改公司设置", en="Set a setting", permission=_MANAGE, module=None)
async def set_setting(ctx: Context, data: SetSetting) -> TenantSetting:
    """Sets a setting for the whole company. Raises PermissionDenied, SettingUnknown, SettingInvalid."""
    require_companywide(ctx, _MANAGE)
    value = parse_setting(data.name, data.value)
    setting: TenantSetting | None = await ctx.session.scalar(
        select(TenantSetting)
        .where(TenantSetting.tenant_id == ctx.tenant_id, TenantSetting.name == data.name)
        .with_for_update()
    )
    if setting is None:
        return ctx.add(TenantSetting(id=ctx.new_id(), name=data.name, value=value))
    if setting.value != value:
        setting.value = value
    return setting
