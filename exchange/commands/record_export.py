"""Who took which data out: written before the file leaves."""

from __future__ import annotations

from kernel.command import Input, Result, command
from kernel.context import Context
from kernel.entity import described, entity_named


class RecordExport(Input, frozen=True, kw_only=True):
    """`entity`: "party.Customer"; `columns`: wire names; `filtered`: whether the member chose rows by a filter."""

    entity: str
    format: str
    rows: int
    columns: list[str]
    filtered: bool


class ExportRecorded(Result, frozen=True, kw_only=True):
    """The export is in the audit."""


@command(zh="记录导出", en="Record export", permission=None, module=None, on_read_only=True, api=False)
async def record_export(ctx: Context, data: RecordExport) -> ExportRecorded:
    """Audits an export. Raises PermissionDenied without the entity's export permission."""
    ctx.actor.authority.require(f"{described(entity_named(data.entity)).permission}.export")
    facts = {"format": data.format, "rows": data.rows, "columns": data.columns, "filtered": data.filtered}
    ctx.note(data.entity, "export", facts)
    return ExportRecorded()
