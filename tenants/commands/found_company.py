"""Sign-up's inside: legal entity, head office, roles, the first admin and the trial, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import table
from kernel.tables import TenantClock
from tenants.access import MODULES
from tenants.default_roles import DEFAULT_ROLES, permissions_of
from tenants.entities import (
    LegalEntity,
    Member,
    ModuleEntitlement,
    Organisation,
    Role,
    RoleAssignment,
    TenantAccess,
)
from values.clock import midnight_after
from values.ids import new_id, path_key
from values.pinyin import sort_key

TRIAL_DAYS = 15


class FoundCompany(Input, frozen=True, kw_only=True):
    """`member_id` is the membership's id on the platform; the admin's row here takes the same."""

    company_name: str
    member_id: UUID
    user_id: UUID
    admin_name: str
    language: str
    zone: str
    currency: str
    phone: str | None = None
    email: str | None = None


@command(
    zh="开通公司", en="Found a company", permission=None, module=None, on_read_only=True, pool="provision", api=False
)
async def found_company(ctx: Context, data: FoundCompany) -> Member:
    """Makes everything a company begins with. The tenant's clock row comes first: nothing commits without it."""
    await ctx.session.core(insert(table(TenantClock)), [{"tenant_id": ctx.tenant_id, "value": 0, "epoch": new_id()}])
    legal = ctx.add(
        LegalEntity(id=new_id(), name=data.company_name, tax_number=None, currency=data.currency, zone=data.zone)
    )
    await ctx.flush()
    office = ctx.add(_head_office(legal.id, data.company_name))
    await ctx.flush()
    admin = ctx.add(_admin(ctx, data, office))
    roles = [
        ctx.add(
            Role(
                id=new_id(),
                key=role.key,
                name=role.en if data.language.startswith("en") else role.zh,
                permissions=permissions_of(role),
                masks=list(role.masks),
            )
        )
        for role in DEFAULT_ROLES
    ]
    await ctx.flush()
    admin_role = next(role for role in roles if role.key == "admin")
    ctx.add(RoleAssignment(id=new_id(), member_id=admin.id, role_id=admin_role.id, scope="all", organisation_id=None))
    await _start_trial(ctx, data.zone)
    return admin


def _head_office(legal_entity_id: UUID, name: str) -> Organisation:
    office_id = new_id()
    return Organisation(
        id=office_id,
        parent_id=None,
        legal_entity_id=legal_entity_id,
        kind="head_office",
        name=name,
        path=f"/{path_key(office_id)}/",
    )


def _admin(ctx: Context, data: FoundCompany, office: Organisation) -> Member:
    return Member(
        id=data.member_id,
        user_id=data.user_id,
        name=data.admin_name,
        name_key=sort_key(data.admin_name),
        account=None,
        phone=data.phone,
        email=data.email,
        language=data.language,
        organisation_id=office.id,
        department_id=None,
        path=f"{office.path}~{path_key(data.member_id)}/",
        joined_at=ctx.now,
        deactivated_at=None,
        deactivated_by_id=None,
    )


async def _start_trial(ctx: Context, zone: str) -> None:
    """All modules, free, to the midnight after 15 × 24 hours in the company's zone."""
    ends_at = midnight_after(ctx.now + timedelta(days=TRIAL_DAYS), zone)
    ctx.add(
        TenantAccess(
            id=new_id(),
            trial_started_at=ctx.now,
            trial_ends_at=ends_at,
            subscribed_from=None,
            subscribed_until=None,
            trial_ended_at=None,
        )
    )
    for module in MODULES:
        ctx.add(ModuleEntitlement(id=new_id(), module=module, source="trial", starts_at=ctx.now, ends_at=None))
