"""Organisations: branches, offices, shops, branch warehouses, dealers; and the legal entities behind them."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.policy import reaches
from tenants.entities import ORGANISATION_KINDS, LegalEntity, Organisation
from tenants.errors import OrganisationKindInvalid
from tenants.granting import require_companywide
from tenants.naming import clean_name
from tenants.offering import offered
from values.errors import AmountInvalid, InvalidInput, PermissionDenied, Words
from values.ids import path_key
from values.money import CURRENCIES

_MANAGE = "tenants.organisation.manage"
_LEGAL = "tenants.legal_entity.edit"
BRANCH_KINDS = ORGANISATION_KINDS[1:]  # there is one head office, and it stays it


class NewLegalEntity(Input, frozen=True, kw_only=True):
    name: str
    tax_number: str | None = None
    currency: str = "CNY"
    zone: str = "Asia/Shanghai"


class CreateOrganisation(Input, frozen=True, kw_only=True):
    """Without `parent_id` it stands below the head office; without a legal entity it shares its parent's books."""

    name: str
    kind: str
    parent_id: UUID | None = None
    legal_entity_id: UUID | None = None
    legal_entity: NewLegalEntity | None = None


class EditOrganisation(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET


class EditLegalEntity(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    tax_number: str | msgspec.UnsetType | None = msgspec.UNSET


@command(zh="新建组织", en="Create an organisation", permission=_MANAGE, module=None)
async def create_organisation(ctx: Context, data: CreateOrganisation) -> Organisation:
    """Raises NameInvalid, OrganisationKindInvalid, NotFound, PermissionDenied (a parent beyond the actor's reach)."""
    _check_kind(data.kind)
    name = clean_name(data.name)
    parent = await _parent(ctx, data.parent_id)
    if not reaches(ctx.actor.authority.require(_MANAGE), parent.path):
        raise PermissionDenied(permission=_MANAGE)
    organisation_id = ctx.new_id()
    return ctx.add(
        Organisation(
            id=organisation_id,
            parent_id=parent.id,
            legal_entity_id=await _legal_entity(ctx, data, parent),
            kind=data.kind,
            name=name,
            path=f"{parent.path}{path_key(organisation_id)}/",
        )
    )


@command(zh="修改组织", en="Edit an organisation", permission=_MANAGE, module=None)
async def edit_organisation(ctx: Context, data: EditOrganisation) -> Organisation:
    """Changes name or kind. The head office stays the head office."""
    organisation = await ctx.lock(Organisation, data.id, version=data.version)
    if not reaches(ctx.actor.authority.require(_MANAGE), organisation.path):
        raise PermissionDenied(permission=_MANAGE)
    if data.name is not msgspec.UNSET:
        organisation.name = clean_name(data.name)
    if data.kind is not msgspec.UNSET and data.kind != organisation.kind:
        _check_kind(data.kind)
        if organisation.parent_id is None:
            raise OrganisationKindInvalid(field="kind", value=data.kind, choices=offered(ORGANISATION_KINDS[:1]))
        organisation.kind = data.kind
    return organisation


@command(zh="修改法人主体", en="Edit a legal entity", permission=_LEGAL, module=None)
async def edit_legal_entity(ctx: Context, data: EditLegalEntity) -> LegalEntity:
    """Changes name or tax number. Currency and zone are for good: books are kept in them."""
    require_companywide(ctx, _LEGAL)
    legal = await ctx.lock(LegalEntity, data.id, version=data.version)
    if data.name is not msgspec.UNSET:
        legal.name = clean_name(data.name, limit=100)
    if data.tax_number is not msgspec.UNSET:
        legal.tax_number = clean_name(data.tax_number, field="taxNumber", limit=30) if data.tax_number else None
    return legal


async def _parent(ctx: Context, parent_id: UUID | None) -> Organisation:
    if parent_id is not None:
        return await ctx.visible(Organisation, parent_id, field="parentId")
    roots = select(Organisation).where(Organisation.tenant_id == ctx.tenant_id, Organisation.parent_id.is_(None))
    found: Organisation = (await ctx.session.scalars(roots))[0]
    return found


async def _legal_entity(ctx: Context, data: CreateOrganisation, parent: Organisation) -> UUID:
    if data.legal_entity_id is not None:
        return (await ctx.visible(LegalEntity, data.legal_entity_id, field="legalEntityId")).id
    if data.legal_entity is None:
        return parent.legal_entity_id
    require_companywide(ctx, _LEGAL)
    given = data.legal_entity
    if given.currency not in CURRENCIES:
        raise AmountInvalid(field="legalEntity.currency", value=given.currency[:60])
    try:
        ZoneInfo(given.zone)
    except (ZoneInfoNotFoundError, ValueError):
        problem = Words(f"没有时区“{given.zone[:60]}”", f"there is no time zone {given.zone[:60]}")
        raise InvalidInput(field="legalEntity.zone", problem=problem) from None
    legal = LegalEntity(
        id=ctx.new_id(),
        name=clean_name(given.name, field="legalEntity.name", limit=100),
        tax_number=given.tax_number,
        currency=given.currency,
        zone=given.zone,
    )
    ctx.add(legal)
    await ctx.flush()  # the organisation's foreign key needs it
    return legal.id


def _check_kind(kind: str) -> None:
    if kind not in {choice.value for choice in BRANCH_KINDS}:
        raise OrganisationKindInvalid(field="kind", value=kind[:40], choices=offered(BRANCH_KINDS))
