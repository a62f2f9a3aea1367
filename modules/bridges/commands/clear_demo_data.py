"""The demo data goes, the company's own stays."""

from __future__ import annotations

from kernel.command import Input, command
from kernel.context import Context
from modules.bridges.demo_clearing import DemoDataCleared, remove_demo_rows
from tenants.granting import require_companywide

_MANAGE = "tenants.setting.manage"


class ClearDemoData(Input, frozen=True, kw_only=True):
    """No choices: what was made as demo data goes."""


@command(
    zh="清除示例数据（贵公司自己录入的全部保留）",
    en="Clear the demo data; all that the company entered itself stays",
    permission=_MANAGE,
    module=None,
)
async def clear_demo_data(ctx: Context, _data: ClearDemoData) -> DemoDataCleared:
    """Deletes the demo customers, contacts, follow-ups, products, orders and stock for good. Tags, custom fields,
    people and settings stay.

    A demo customer to which the company's own records refer stays too, with a count of them.
    """
    require_companywide(ctx, _MANAGE)
    return await remove_demo_rows(ctx)
