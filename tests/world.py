"""The named world of all tests: two rival tenants, each with people whose rights differ.

云帆贸易 (yunfan): 陈总 admin · 林经理 general manager · 王主管 manager of 销售部 · 小李 salesperson in 销售部 ·
小赵 salesperson in 销售一组 below it · 周会计 auditor. 海鸥商行 (seagull): 孙总 admin · 小钱 salesperson.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.command import Command, Input, command_named
from kernel.context import Context
from kernel.db import TenantContext
from kernel.executor import Outcome
from kernel.policy import EVERYTHING, Actor, Authority
from server.parts import Application
from tenants.authority import RoleAuthorizer
from tenants.commands.found_company import FoundCompany
from tenants.entities import Department, Member, Organisation, Role, RoleAssignment
from values.ids import new_id, path_key
from values.pinyin import sort_key


class Nothing(Input, frozen=True, kw_only=True):
    """A command without input."""


@dataclass
class Company:
    """One tenant of the world: people by nick name."""

    app: Application
    tenant_id: UUID
    admin_id: UUID
    people: dict[str, UUID] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)

    async def actor(self, who: str = "admin", **changes: Any) -> Actor:
        """A person as the actor of commands and queries, with the rights they have now."""
        member_id = self.people[who]
        async with self.app.engine.database.tenant(TenantContext(self.tenant_id, member_id, EVERYTHING)) as session:
            home, authority = await RoleAuthorizer().member(session, member_id)
        return Actor(self.tenant_id, member_id, authority, home_path=home.unit_path if home else "/", **changes)

    async def run(self, who: str, command: str, data: Input, **call: Any) -> Outcome:
        """Runs a command as a person."""
        return await self.app.engine.executor.run(await self.actor(who), command_named(command), data, **call)

    async def run_internal(self, who: str, command: str, data: Input, **call: Any) -> Outcome:
        """Runs an internal command for a person, as the service behind a door does."""
        return await self.app.engine.executor.run_internal(await self.actor(who), command_named(command), data, **call)


@dataclass(frozen=True)
class World:
    yunfan: Company
    seagull: Company


async def seed(app: Application, tenant_id: UUID, work: Callable[[Context], Awaitable[Any]]) -> Any:
    """Runs `work` as a command of the world itself: through the executor's edge, without a permission."""

    async def handler(ctx: Context, _data: Input) -> None:
        await work(ctx)

    command = Command(
        name="tests.seed",
        handler=handler,
        input_type=Nothing,
        result_type=None,
        permission=None,
        module=None,
        zh="",
        en="",
        on_read_only=True,
    )
    return await app.engine.executor.run(Actor(tenant_id, None, Authority()), command, Nothing())


async def found_company(app: Application, name: str, admin: str) -> Company:
    """A company with its admin, as sign-up makes it, without the platform's half."""
    tenant_id, member_id = new_id(), new_id()
    await app.engine.executor.run_internal(
        Actor(tenant_id, member_id, Authority()),
        command_named("tenants.found_company"),
        FoundCompany(
            company_name=name,
            member_id=member_id,
            user_id=new_id(),
            admin_name=admin,
            language="zh-CN",
            zone="Asia/Shanghai",
            currency="CNY",
        ),
    )
    return Company(app, tenant_id, member_id, {"admin": member_id})


async def add_department(company: Company, name: str, parent: str | None = None) -> UUID:
    """A department of the head office."""
    await seed(company.app, company.tenant_id, lambda ctx: _department(ctx, company, name, parent))
    return company.departments[name]


async def add_member(company: Company, nick: str, name: str, role: str, scope: str, department: str | None) -> UUID:
    """A person with one built-in role."""
    await seed(company.app, company.tenant_id, lambda ctx: _member(ctx, company, nick, name, role, scope, department))
    return company.people[nick]


async def _department(ctx: Context, company: Company, name: str, parent: str | None = None) -> None:
    office = (await ctx.session.scalars(select(Organisation)))[0]
    above = await ctx.get(Department, company.departments[parent]) if parent else None
    department_id = new_id()
    company.departments[name] = department_id
    ctx.add(
        Department(
            id=department_id,
            organisation_id=office.id,
            parent_id=above.id if above else None,
            name=name,
            path=f"{above.path if above else office.path}{path_key(department_id)}/",
        )
    )
    await ctx.flush()


async def _member(
    ctx: Context, company: Company, nick: str, name: str, role: str, scope: str, department: str | None
) -> None:
    office = (await ctx.session.scalars(select(Organisation)))[0]
    unit = await ctx.get(Department, company.departments[department]) if department else None
    found = await ctx.session.scalar(select(Role).where(Role.key == role))
    member_id = new_id()
    company.people[nick] = member_id
    ctx.add(
        Member(
            id=member_id,
            user_id=new_id(),
            name=name,
            name_key=sort_key(name),
            account=nick,
            phone=None,
            email=None,
            language="zh-CN",
            organisation_id=office.id,
            department_id=unit.id if unit else None,
            path=f"{unit.path if unit else office.path}~{path_key(member_id)}/",
            joined_at=ctx.now,
            deactivated_at=None,
            deactivated_by_id=None,
        )
    )
    await ctx.flush()
    ctx.add(RoleAssignment(id=new_id(), member_id=member_id, role_id=found.id, scope=scope, organisation_id=None))


async def found_world(app: Application) -> World:
    """The two companies of the module's description."""
    yunfan = await found_company(app, "云帆贸易", "陈总")

    async def staff_yunfan(ctx: Context) -> None:
        await _department(ctx, yunfan, "销售部")
        await _department(ctx, yunfan, "销售一组", "销售部")
        await _department(ctx, yunfan, "采购部")
        await _member(ctx, yunfan, "lin", "林经理", "general_manager", "all", None)
        await _member(ctx, yunfan, "wang", "王主管", "department_manager", "subtree", "销售部")
        await _member(ctx, yunfan, "li", "小李", "salesperson", "own", "销售部")
        await _member(ctx, yunfan, "zhao", "小赵", "salesperson", "own", "销售一组")
        await _member(ctx, yunfan, "zhou", "周会计", "auditor", "all", None)

    seagull = await found_company(app, "海鸥商行", "孙总")

    async def staff_seagull(ctx: Context) -> None:
        await _department(ctx, seagull, "业务部")
        await _member(ctx, seagull, "qian", "小钱", "salesperson", "own", "业务部")

    await seed(app, yunfan.tenant_id, staff_yunfan)
    await seed(app, seagull.tenant_id, staff_seagull)
    return World(yunfan, seagull)
