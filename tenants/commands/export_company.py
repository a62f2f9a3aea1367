"""The right to take all of a company's data out, and the trace that it leaves."""

from __future__ import annotations

from kernel.command import Input, Result, command
from kernel.context import Context


class ExportCompany(Input, frozen=True, kw_only=True):
    """Everything: there is nothing to choose."""


class CompanyExportRecorded(Result, frozen=True, kw_only=True):
    """The export may begin; it is in the audit."""


@command(
    zh="导出公司全部数据",
    en="Export the company's data",
    permission="tenants.tenant.export",
    module=None,
    on_read_only=True,
    api=False,
)
async def export_company(ctx: Context, _data: ExportCompany) -> CompanyExportRecorded:
    """Audits the export and asks for the right; the door then writes the zip. Works when a subscription has lapsed."""
    ctx.note("tenants.Tenant", "export", {"format": "zip"})
    return CompanyExportRecorded()
