"""Saved views: make, change, archive, restore. One's own are everybody's affair; shared ones ask for a right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import func, or_, select

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import described, entities
from tenants.naming import clean_name
from tenants.offering import offered
from tenants.saved_view_config import checked_config
from tenants.saved_view_entities import OWN, SHARED, SHARINGS, SavedView
from tenants.saved_view_errors import TooManySavedViews, ViewCollectionUnknown
from values.errors import AlreadyTaken, InvalidInput, NotFound, VersionConflict, Words
from values.ids import caller_made
from values.wire import wire_name

SHARE = "tenants.saved_view.share"
MOST_VIEWS = 200  # of one member, those that are archived apart
_LARGEST_POSITION = 1_000_000


class CreateSavedView(Input, frozen=True, kw_only=True):
    """`collection`: as the sync schema calls the list. `sharing`: own or shared, for good."""

    collection: str
    name: str
    config: dict[str, Any]
    id: UUID | None = None
    sharing: str = OWN
    position: int = 0


class EditSavedView(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None
    name: str | UnsetType = UNSET
    config: dict[str, Any] | UnsetType = UNSET
    position: int | UnsetType = UNSET


class SavedViewById(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="保存列表视图", en="Save a view", permission=None, module=None, offline=True)
async def create_saved_view(ctx: Context, data: CreateSavedView) -> SavedView:
    """Makes a view. Raises PermissionDenied (a shared one without the right), ViewCollectionUnknown, NameInvalid,
    ViewConfigInvalid, TooManySavedViews, AlreadyTaken (the id)."""
    if data.sharing not in (OWN, SHARED):
        told = offered(SHARINGS)
        problem = Words(f"可选：{told.zh}", f"takes one of: {told.en}")
        raise InvalidInput(field="sharing", problem=problem)
    if data.sharing == SHARED:
        ctx.actor.authority.require(SHARE)
    if data.collection not in _collections():
        raise ViewCollectionUnknown(field="collection", name=data.collection[:60])
    name, config = clean_name(data.name), checked_config(data.config)
    if data.id is not None and await ctx.get(SavedView, caller_made(data.id, "id")) is not None:
        raise AlreadyTaken(field="id", value=data.id)
    await _refuse_too_many(ctx)
    return ctx.add(
        SavedView(
            id=data.id or ctx.new_id(),
            collection=data.collection,
            name=name,
            config=config,
            sharing=data.sharing,
            position=_position(data.position),
            owner_id=ctx.actor.member_id,
            scope_path="" if data.sharing == SHARED else await ctx.scope_path(ctx.actor.member_id),
            archived_at=None,
            archived_by_id=None,
        )
    )


@command(
    zh="修改列表视图",
    en="Edit a saved view",
    permission=None,
    module=None,
    offline=True,
    merges="tenants.SavedView",
)
async def edit_saved_view(ctx: Context, data: EditSavedView) -> SavedView:
    """Changes what is given. Raises NotFound (another member's, too), PermissionDenied (a shared one),
    VersionConflict, NameInvalid, ViewConfigInvalid."""
    view = await _locked(ctx, data.id, data.version)
    if data.name is not UNSET and data.name != view.name:
        view.name = clean_name(data.name)
    if data.config is not UNSET and data.config != view.config:
        view.config = checked_config(data.config)
    if data.position is not UNSET:
        view.position = _position(data.position)
    return view


@command(zh="删除列表视图", en="Remove a saved view", permission=None, module=None, offline=True)
async def archive_saved_view(ctx: Context, data: SavedViewById) -> SavedView:
    """Takes a view out of the lists; it can be restored. Twice changes nothing."""
    view = await _locked(ctx, data.id, data.version)
    if view.archived_at is None:
        view.archived_at, view.archived_by_id = ctx.now, ctx.actor.member_id
    return view


@command(zh="恢复列表视图", en="Restore a saved view", permission=None, module=None, offline=True)
async def restore_saved_view(ctx: Context, data: SavedViewById) -> SavedView:
    """Brings a view back. Raises TooManySavedViews."""
    view = await _locked(ctx, data.id, data.version)
    if view.archived_at is not None:
        await _refuse_too_many(ctx)
        view.archived_at = view.archived_by_id = None
    return view


async def _locked(ctx: Context, view_id: UUID, version: int | None) -> SavedView:
    """A view that is the actor's own or shared, locked. Another member's is not found, also by who may look at it."""
    theirs = or_(SavedView.owner_id == ctx.actor.member_id, SavedView.sharing == SHARED)
    wanted = select(SavedView).where(SavedView.tenant_id == ctx.tenant_id, SavedView.id == view_id, theirs)
    found = await ctx.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        about = described(SavedView)
        raise NotFound(field="id", entity=Words(about.zh, about.en.lower()))
    view: SavedView = found
    if view.sharing == SHARED:
        ctx.actor.authority.require(SHARE)
    if version is not None and version != view.version:
        raise VersionConflict(field="version", version=view.version)
    return view


async def _refuse_too_many(ctx: Context) -> None:
    mine = select(func.count()).where(
        SavedView.tenant_id == ctx.tenant_id,
        SavedView.owner_id == ctx.actor.member_id,
        SavedView.archived_at.is_(None),
    )
    if int(await ctx.session.scalar(mine)) >= MOST_VIEWS:
        raise TooManySavedViews(limit=MOST_VIEWS)


def _collections() -> set[str]:
    return {wire_name(name) for entity in entities() if (name := described(entity).collection) is not None}


def _position(given: int) -> int:
    if not 0 <= given <= _LARGEST_POSITION:
        problem = Words(f"应为 0 至 {_LARGEST_POSITION}", f"takes 0 to {_LARGEST_POSITION}")
        raise InvalidInput(field="position", problem=problem)
    return given
