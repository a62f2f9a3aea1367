"""Loading and guarding master data: what an input field names, codes that stand once, the recycle bin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel.context import Context
from kernel.entity import Archivable, TenantRow, described, table
from modules.catalog.errors import MasterDataArchived
from values.errors import AlreadyTaken, Refusal, Words
from values.wire import wire_name

RowT = TypeVar("RowT", bound=TenantRow)


@contextmanager
def inside(place: str) -> Iterator[None]:
    """A refusal raised in here is about a field of `place` (`lines.0`; '': the input itself): its path says so."""
    try:
        yield
    except Refusal as refusal:
        refusal.field = ".".join(part for part in (place, refusal.field) if part) or None
        raise


async def usable(ctx: Context, entity: type[RowT], row_id: UUID, field: str) -> RowT:
    """A row of master data that the actor may view and use in a new document. Raises NotFound, MasterDataArchived."""
    row = await ctx.visible(entity, row_id, field=field)
    refuse_archived(row, field)
    return row


def refuse_archived(row: TenantRow, field: str | None = None) -> None:
    """Raises MasterDataArchived."""
    if isinstance(row, Archivable) and row.archived_at is not None:
        about = described(type(row))
        raise MasterDataArchived(field=field, name=getattr(row, "name", ""), entity=Words(about.zh, about.en.lower()))


async def refuse_taken(ctx: Context, entity: type[TenantRow], row_id: UUID, column: str, value: str | None) -> None:
    """The value stands for one row of the company, archived ones included. Raises AlreadyTaken."""
    if value is None:
        return
    own = table(entity)
    found = await ctx.session.core(
        select(own.c.id).where(own.c.tenant_id == ctx.tenant_id, own.c[column] == value, own.c.id != row_id)
    )
    if found.first() is not None:
        raise AlreadyTaken(field=wire_name(column), value=value)


async def flush_with(ctx: Context, entity: type[TenantRow], column: str, value: Any) -> None:
    """Writes now, so that a value which somebody else took a moment ago is refused by its name."""
    try:
        await ctx.flush()
    except IntegrityError as wrong:
        if value is None or f"{table(entity).name}_{column}_idx" not in str(wrong.orig):
            raise
        raise AlreadyTaken(field=wire_name(column), value=value) from wrong


def archive(ctx: Context, row: Archivable) -> None:
    """Out of use. Doing it twice changes nothing."""
    if row.archived_at is None:
        row.archived_at, row.archived_by_id = ctx.now, ctx.actor.member_id


def restore(row: Archivable) -> None:
    """Into use again, however long ago it was archived: documents refer to master data for ever, so it is kept."""
    row.archived_at = row.archived_by_id = None
