"""Loading and guarding the rows that a command names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from kernel.context import Context
from kernel.entity import TenantRow, described
from kernel.policy import reaches
from modules.party.entities import Contact, Customer
from modules.party.errors import OwnerDeactivated, RecordArchived, RecycleBinExpired
from tenants.entities import Member
from tenants.errors import RecordErased
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Words
from values.ids import caller_made
from values.pinyin import sort_key

RowT = TypeVar("RowT", bound=TenantRow)
RESTORABLE_DAYS = 30


async def lock_named(ctx: Context, entity: type[RowT], row_id: UUID, field: str, *, permission: str) -> RowT:
    """Like `ctx.lock`, for a row that an input field names: the refusal says which field."""
    try:
        return await ctx.lock(entity, row_id, permission=permission)
    except NotFound as unknown:
        unknown.field = field
        raise


async def new_row_id(ctx: Context, entity: type[TenantRow], given: UUID | None) -> UUID:
    """The id that the caller made, or a new one. Raises InvalidInput unless it is a UUIDv7, and AlreadyTaken when this
    tenant has such a row."""
    if given is None:
        return ctx.new_id()
    if await ctx.get(entity, caller_made(given, "id")) is not None:
        raise AlreadyTaken(field="id", value=given)
    return given


async def flush_with_code(ctx: Context, code: str | None) -> None:
    """Writes now, so that a code which somebody else took a moment ago is refused by its name."""
    try:
        await ctx.flush()
    except IntegrityError as wrong:
        if code is None or "customer_code_idx" not in str(wrong.orig):
            raise
        raise AlreadyTaken(field="code", value=code) from wrong


def set_changed(row: TenantRow, values: Mapping[str, Any]) -> None:
    """Writes the columns whose value differs; a name brings its sort key along. The others stay untouched, so that an
    edit which changes nothing is none."""
    keys = {"name_key": sort_key(values["name"])} if "name" in values else {}
    for column, value in {**values, **keys}.items():
        if getattr(row, column) != value:
            setattr(row, column, value)


def refuse_archived(row: Customer | Contact, field: str | None = None) -> None:
    """Raises RecordErased for an erased row and RecordArchived for one in the recycle bin."""
    refuse_erased(row, field)
    if row.archived_at is not None:
        raise RecordArchived(field=field, entity=_called(row))


def refuse_erased(row: Customer | Contact, field: str | None = None) -> None:
    """Raises RecordErased: nothing about the person comes back."""
    if row.erased_at is not None:
        raise RecordErased(field=field, entity=_called(row))


def _called(row: Customer | Contact) -> Words:
    about = described(type(row))
    return Words(about.zh, about.en.lower())


def refuse_unrestorable(ctx: Context, row: Customer | Contact) -> None:
    """Raises RecordErased, and RecycleBinExpired when the row has been in the recycle bin for more than 30 days."""
    refuse_erased(row)
    if row.archived_at is not None and ctx.now - row.archived_at > timedelta(days=RESTORABLE_DAYS):
        raise RecycleBinExpired(field="id", days=RESTORABLE_DAYS)


async def chosen_owner(ctx: Context, owner_id: UUID) -> Member:
    """A colleague whom the actor may give rows to. Raises NotFound, OwnerDeactivated, PermissionDenied."""
    owner = await ctx.visible(Member, owner_id, field="ownerId")
    if owner.deactivated_at is not None:
        raise OwnerDeactivated(field="ownerId")
    require_reach(ctx, "party.customer.assign", owner.path, field="ownerId")
    return owner


def require_reach(ctx: Context, permission: str, path: str, *, field: str | None = None) -> None:
    """Raises PermissionDenied unless the actor holds `permission` where `path` lies."""
    if not reaches(ctx.actor.authority.prefixes(permission), path):
        raise PermissionDenied(field=field, permission=permission)
