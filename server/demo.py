"""The demo world: a company with people of every default role, and a small rival, made through the real doors.

Development only. Its sign-ins are constants, so that every start can show them; in production it is refused unless
the operator sets YUNFAN_DEMO=1 for a machine that is meant to be looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from infra.settings import Settings
from kernel.command import command_named
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.policy import Actor
from modules.bridges.commands.fill_demo_data import FillDemoData
from server.parts import Application, build
from tenants.authority import RoleAuthorizer
from tenants.commands.create_department import CreateDepartment
from tenants.commands.create_role import CreateRole
from tenants.delivery.mail import Mail
from tenants.entities import Member, Organisation, Role
from tenants.identity.inputs import AcceptInvitation, ChangePassword, CreateMember, InviteMember, SignIn, SignUp
from tenants.identity.results import Authenticated
from tenants.identity.service import IdentityService
from tenants.platform_tables import Tenant, UserIdentifier

PASSWORD = "Hangzhou-Spring-26"  # noqa: S105 — shown at every start, for a demo on one's own machine
COMPANY, RIVAL = "云帆示范商贸有限公司", "海鸥贸易商行"
_TOKEN = re.compile(r"#token=([^\s\"<]+)")


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A person of the demo world who can sign in: by `identifier`, or by `org_code` + `account` where they have one;
    then `identifier` shows both."""

    tenant: str
    who: str
    identifier: str
    password: str
    role_zh: str
    role_en: str
    org_code: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is invited into which department, with which built-in role and reach. `share`: of the customers."""

    name: str
    mailbox: str
    role: str
    scope: str
    department: str | None
    role_zh: str
    role_en: str
    share: int = 0


_ADMIN = _Person("陈明远", "admin", "admin", "all", None, "管理员", "Admin")
_PEOPLE = (
    _Person("林静", "manager", "general_manager", "all", "总经办", "总经理", "General manager", share=1),
    _Person(
        "王海涛", "sales.lead", "department_manager", "subtree", "销售部", "部门主管", "Department manager", share=1
    ),
    _Person("李雨桐", "sales1", "salesperson", "own", "华东一组", "业务员", "Salesperson", share=2),
    _Person("赵志强", "sales2", "salesperson", "own", "华东二组", "业务员", "Salesperson", share=1),
    _Person("周慧", "audit", "auditor", "all", "财务部", "审计（只读）", "Auditor (read-only)"),
)
_DEPARTMENTS = (
    ("总经办", None),
    ("销售部", None),
    ("华东一组", "销售部"),
    ("华东二组", "销售部"),
    ("财务部", None),
    ("仓储部", None),
)
# Somebody without phone or mail of their own: 组织号 + account, a role of the company's own, without credit limits.
_KEEPER = _Person("吴国栋", "wugd", "仓管员", "all", "仓储部", "仓管员", "Warehouse keeper")
_KEEPER_FIRST = "Longjing-First-26"
_KEEPER_MAY = (
    "party.customer.view",
    "party.contact.view",
    "catalog.product.view",
    "inventory.warehouse.view",
    "inventory.stock_move.view",
    "inventory.stock_move.record",
    "inventory.stock_balance.view",
    "inventory.stock_count.view",
    "inventory.stock_count.create",
    "inventory.stock_count.post",
    "sales.order.view",
    "sales.order.pack",
    "sales.order.deliver",
    "tenants.member.view",
    "tenants.organisation.view",
    "tenants.department.view",
    "tenants.tag.view",
    "tenants.custom_field.view",
    "tenants.inbox.view",
    "tenants.inbox.resolve",
    "tenants.attachment.view",
)
_KEEPER_MASKS = ("party.Customer.creditLimitMinor",)
_RIVAL_ADMIN = _Person("孙丽", "owner", "admin", "all", None, "管理员", "Admin")
_DOMAINS = {COMPANY: "demo.example.com", RIVAL: "rival.example.com"}


@dataclass(slots=True)
class _HandDelivery:
    """A mail box in memory: the demo's people accept their invitations at once, nothing reaches the outside."""

    tokens: dict[str, str] = field(default_factory=dict)

    async def send(self, mail: Mail) -> None:
        found = _TOKEN.search(mail.text)
        if found:
            self.tokens[mail.to] = found[1]


def demo_sign_ins(org_code: str | None) -> list[DemoSignIn]:
    """Everybody who can sign in to the demo world. `org_code`: of its company; without it nobody with an account."""
    ours = [(COMPANY, person) for person in (_ADMIN, *_PEOPLE)]
    people = [
        DemoSignIn(tenant, who.name, _address(tenant, who), PASSWORD, who.role_zh, who.role_en)
        for tenant, who in [*ours, (RIVAL, _RIVAL_ADMIN)]
    ]
    if org_code is not None:
        shown, who = f"{org_code} + {_KEEPER.mailbox}", _KEEPER
        keeper = DemoSignIn(COMPANY, who.name, shown, PASSWORD, who.role_zh, who.role_en, org_code, who.mailbox)
        people.insert(len(ours), keeper)
    return people


async def fill_if_empty(settings: Settings) -> list[DemoSignIn]:
    """Makes the demo world when no company exists; returns its sign-ins whenever it is there, else [].

    In production without YUNFAN_DEMO=1 it does nothing and returns []. Takes a few seconds the first time.
    """
    if not demo_is_allowed(settings):
        return []
    app = build(settings)
    try:
        names = await _first_companies(app.engine)
        if not names:
            await _make_world(app)
            names = [COMPANY, RIVAL]
        return demo_sign_ins(await _org_code(app.engine)) if set(names) >= {COMPANY, RIVAL} else []
    finally:
        await app.close()


def demo_is_allowed(settings: Settings) -> bool:
    """Everywhere but in production; there only when the operator asks for it."""
    return not settings.is_production or settings.demo_in_production


async def fill_company(engine: Engine, tenant_id: UUID, member_id: UUID) -> None:
    """Demo data for a company that asked for it at sign-up, owned by its admin. A second call changes nothing."""
    async with engine.database.tenant(TenantContext(tenant_id, member_id).wide()) as session:
        home, authority = await RoleAuthorizer().member(session, member_id)
        if home is None:
            return
        actor = Actor(
            tenant_id,
            member_id,
            authority,
            user_id=home.member.user_id,
            language=home.member.language,
            home_path=home.unit_path,
        )
    await engine.executor.run_internal(actor, command_named("bridges.fill_demo_data"), FillDemoData(owner_ids=[]))


async def _first_companies(engine: Engine) -> list[str]:
    async with engine.database.platform_session() as connection:
        found = await connection.execute(select(Tenant.name).order_by(Tenant.created_at, Tenant.id).limit(2))
        return list(found.scalars())


async def _org_code(engine: Engine) -> str | None:
    """The 组织号 that the keeper signs in with; None in a demo world that was made before there was a keeper."""
    of_keeper = UserIdentifier.value == Tenant.org_code + f"/{_KEEPER.mailbox}"
    async with engine.database.platform_session() as connection:
        wanted = select(Tenant.org_code).join(UserIdentifier, (UserIdentifier.kind == "account") & of_keeper)
        found: str | None = await connection.scalar(wanted.where(Tenant.name == COMPANY).limit(1))
        return found


async def _make_world(app: Application) -> None:
    post = _HandDelivery()
    identity = IdentityService(
        app.engine, app.redis, post, app.sms, public_url=app.settings.public_url, passwords=app.passwords
    )
    admin = await _found(identity, COMPANY, _ADMIN)
    departments = await _make_departments(app.engine, admin)
    await _invite_everybody(app.engine, identity, admin, departments)
    await _make_keeper(app.engine, identity, admin, departments)
    await identity.close()
    for person in _PEOPLE:
        token = post.tokens[_address(COMPANY, person)]
        await identity.accept_invitation(AcceptInvitation(token=token, password=PASSWORD, device_name="demo"))
    await _fill(app.engine, admin)
    await _found(identity, RIVAL, _RIVAL_ADMIN)
    await identity.close()


async def _found(identity: IdentityService, company: str, admin: _Person) -> Authenticated:
    signed_up = await identity.sign_up(
        SignUp(
            company_name=company,
            email=_address(company, admin),
            password=PASSWORD,
            admin_name=admin.name,
            device_name="demo",
        )
    )
    return await identity.authenticate(signed_up.token)


async def _make_departments(engine: Engine, admin: Authenticated) -> dict[str, UUID]:
    async with engine.reading(admin.actor) as session:
        office_id: UUID = await session.scalar(select(Organisation.id).where(Organisation.parent_id.is_(None)))
    departments: dict[str, UUID] = {}
    for name, above in _DEPARTMENTS:
        place = {"parent_id": departments[above]} if above else {"organisation_id": office_id}
        made = await engine.executor.run(
            admin.actor, command_named("tenants.create_department"), CreateDepartment(name=name, **place)
        )
        assert made.row_id is not None
        departments[name] = made.row_id
    return departments


async def _invite_everybody(
    engine: Engine, identity: IdentityService, admin: Authenticated, departments: dict[str, UUID]
) -> None:
    async with engine.reading(admin.actor) as session:
        roles = {row.key: row.id for row in await session.execute(select(Role.key, Role.id))}
    for person in _PEOPLE:
        await identity.invite_member(
            admin,
            InviteMember(
                name=person.name,
                email=_address(COMPANY, person),
                role_ids=[roles[person.role]],
                scope=person.scope,
                department_id=departments[person.department] if person.department else None,
            ),
        )


async def _make_keeper(
    engine: Engine, identity: IdentityService, admin: Authenticated, departments: dict[str, UUID]
) -> None:
    """With an account of the company's own, past the first change of password."""
    role = CreateRole(name=_KEEPER.role, permissions=list(_KEEPER_MAY), masks=list(_KEEPER_MASKS))
    made = await engine.executor.run(admin.actor, command_named("tenants.create_role"), role)
    assert made.row_id is not None
    keeper = await identity.create_member(
        admin,
        CreateMember(
            account=_KEEPER.mailbox,
            name=_KEEPER.name,
            initial_password=_KEEPER_FIRST,
            role_ids=[made.row_id],
            scope=_KEEPER.scope,
            department_id=departments[_KEEPER.department] if _KEEPER.department else None,
        ),
    )
    first = SignIn(org_code=keeper.org_code, account=_KEEPER.mailbox, password=_KEEPER_FIRST, device_name="demo")
    who = await identity.authenticate((await identity.sign_in(first)).token or "")
    await identity.change_password(who, ChangePassword(current_password=_KEEPER_FIRST, new_password=PASSWORD))


async def _fill(engine: Engine, admin: Authenticated) -> None:
    """The customers are the salespeople's and their managers', by their shares: each role sees another part."""
    shares = {_address(COMPANY, person): person.share for person in _PEOPLE}
    async with engine.reading(admin.actor) as session:
        found = await session.execute(
            select(Member.id, Member.email).where(Member.email.in_(shares)).order_by(Member.email)
        )
        owner_ids = [row.id for row in found for _ in range(shares[row.email])]
    await engine.executor.run_internal(
        admin.actor, command_named("bridges.fill_demo_data"), FillDemoData(owner_ids=owner_ids)
    )


def _address(company: str, person: _Person) -> str:
    return f"{person.mailbox}@{_DOMAINS[company]}"
