"""Tags: make, change, archive, restore."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.archiving import archive, restore
from tenants.entities import Tag
from tenants.errors import ColourInvalid
from tenants.naming import clean_name
from values.errors import AlreadyTaken

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MANAGE = "tenants.tag.manage"
_NAME_LIMIT = 30


class CreateTag(Input, frozen=True, kw_only=True):
    name: str
    colour: str | None = None


class EditTag(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    colour: str | msgspec.UnsetType | None = msgspec.UNSET


class TagById(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="新建标签", en="Create a tag", permission=_MANAGE, module=None)
async def create_tag(ctx: Context, data: CreateTag) -> Tag:
    """Makes a tag. Raises NameInvalid, ColourInvalid, AlreadyTaken (an archived tag keeps its name)."""
    name = await _free_name(ctx, data.name)
    return ctx.add(Tag(id=ctx.new_id(), name=name, colour=_colour(data.colour)))


@command(zh="修改标签", en="Edit a tag", permission=_MANAGE, module=None)
async def edit_tag(ctx: Context, data: EditTag) -> Tag:
    """Renames or recolours a tag; the rows that carry it follow by its id."""
    tag = await ctx.lock(Tag, data.id, version=data.version)
    if data.name is not msgspec.UNSET and data.name != tag.name:
        tag.name = await _free_name(ctx, data.name)
    if data.colour is not msgspec.UNSET:
        tag.colour = _colour(data.colour)
    return tag


@command(zh="归档标签", en="Archive a tag", permission=_MANAGE, module=None)
async def archive_tag(ctx: Context, data: TagById) -> Tag:
    """Takes a tag out of use; rows that carry it keep it."""
    tag = await ctx.lock(Tag, data.id, version=data.version)
    archive(ctx, tag)
    return tag


@command(zh="恢复标签", en="Restore a tag", permission=_MANAGE, module=None)
async def restore_tag(ctx: Context, data: TagById) -> Tag:
    """Brings an archived tag back."""
    tag = await ctx.lock(Tag, data.id, version=data.version)
    restore(tag)
    return tag


async def _free_name(ctx: Context, given: str) -> str:
    name = clean_name(given, limit=_NAME_LIMIT)
    if await ctx.session.scalar(select(Tag.id).where(Tag.tenant_id == ctx.tenant_id, Tag.name == name)):
        raise AlreadyTaken(field="name", value=name)
    return name


def _colour(given: str | None) -> str | None:
    if given is not None and not _COLOUR.fullmatch(given):
        raise ColourInvalid(field="colour")
    return given
