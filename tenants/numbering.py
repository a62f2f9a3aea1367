"""Document numbers: series, and the next number of one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Integer, cast, func, select

from kernel.context import Context
from kernel.entity import TenantRow, table
from values.errors import AlreadyTaken, Words
from values.wire import wire_name


@dataclass(frozen=True, slots=True)
class Series:
    name: Words
    prefix: str


_SERIES: dict[str, Series] = {}


def declare_series(key: str, zh: str, en: str, prefix: str) -> None:
    """Registers a series when its module is imported."""
    _SERIES[key] = Series(Words(zh, en), prefix)


async def take_number(
    ctx: Context, key: str, offered: str | None, *, entity: type[TenantRow], row_id: UUID, field: str = "number"
) -> str:
    """The offered number, or the series' next one. Raises AlreadyTaken. Takers of one series queue until the commit."""
    series, rows = _SERIES[key], table(entity)
    lock = f"number {ctx.tenant_id} {key}"
    await ctx.session.core(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    own = rows.c.tenant_id == ctx.tenant_id
    if offered is not None:
        taken = select(rows.c.id).where(own, rows.c[field] == offered, rows.c.id != row_id)
        if (await ctx.session.core(taken)).first() is not None:
            raise AlreadyTaken(field=wire_name(field), value=offered)
        return offered
    shape = f"^{series.prefix}-[0-9]{{6,9}}$"
    digits = cast(func.substr(rows.c[field], len(series.prefix) + 2), Integer)
    last = await ctx.session.core(select(func.max(digits)).where(own, rows.c[field].op("~")(shape)))
    return f"{series.prefix}-{int(last.scalar() or 0) + 1:06d}"
