"""交叉权限: a named right on another branch's data is granted across, and nothing else leaks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from kernel.context import Context
from kernel.entity import TenantRow
from kernel.query import select_visible
from modules.party.entities import Contact, Customer
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_department import CreateDepartment
from tenants.commands.create_organisation import CreateOrganisation
from tenants.commands.create_role import CreateRole
from tenants.commands.edit_member import MoveMember
from tests.tenants.rows import add_contact, add_customer, as_person, rows_of
from tests.world import Company, World, add_member
from values.errors import NotFound, PermissionDenied


@dataclass
class Branches:
    """云帆贸易 with 甲分公司 (小李 sits there), 乙分公司 and 丙分公司, each with one customer and its contact."""

    company: Company
    organisations: dict[str, UUID]
    customers: dict[str, UUID]
    contacts: dict[str, UUID]


@pytest.fixture
async def branches(world: World) -> Branches:
    company = world.yunfan
    found = Branches(company, {}, {}, {})
    await add_member(company, "ma", "马乙", "salesperson", "own", "销售部")
    await add_member(company, "bing", "丙员", "salesperson", "own", "销售部")
    for name, who in (("甲", "li"), ("乙", "ma"), ("丙", "bing")):
        made = await company.run(
            "admin", "tenants.create_organisation", CreateOrganisation(name=f"{name}分公司", kind="branch")
        )
        found.organisations[name] = made.row_id
        unit = await company.run(
            "admin", "tenants.create_department", CreateDepartment(name=f"{name}销售", organisation_id=made.row_id)
        )
        await company.run("admin", "tenants.move_member", MoveMember(id=company.people[who], department_id=unit.row_id))
        found.customers[name] = await add_customer(company, f"{name}客户", who)
        found.contacts[name] = await add_contact(company, found.customers[name], f"{name}联系人")
    return found


async def grant_view(branches: Branches, who: str = "li", where: str = "乙") -> UUID:
    """A role that holds nothing but the view of customers, anchored at a branch."""
    company = branches.company
    role = await company.run(
        "admin", "tenants.create_role", CreateRole(name="看客户", permissions=["party.customer.view"])
    )
    made = await company.run(
        "admin",
        "tenants.assign_role",
        AssignRole(
            member_id=company.people[who],
            role_id=role.row_id,
            scope="all",
            organisation_id=branches.organisations[where],
        ),
    )
    return made.row_id


async def seen(company: Company, who: str, entity: type[TenantRow]) -> set[str]:
    """What a compiled query shows."""
    actor = await company.actor(who)
    async with company.app.engine.reading(actor) as session:
        return {row.name for row in await session.scalars(select_visible(entity, actor))}


async def wall(company: Company, who: str, table: str) -> set[str]:
    """What row-level security alone lets through: a raw statement, as someone with psql would write it."""
    async with company.app.engine.reading(await company.actor(who)) as session:
        return {row.name for row in await session.execute(text(f"SELECT name FROM app.{table}"))}


async def test_without_a_grant_nothing_of_another_branch_is_seen(branches: Branches) -> None:
    company = branches.company
    assert await seen(company, "li", Customer) == await wall(company, "li", "customer") == {"甲客户"}
    assert await seen(company, "li", Contact) == await wall(company, "li", "contact") == {"甲联系人"}


async def test_the_granted_right_and_nothing_else(branches: Branches) -> None:
    company = branches.company
    await grant_view(branches)
    assert await seen(company, "li", Customer) == {"甲客户", "乙客户"}
    assert await wall(company, "li", "customer") == {"甲客户", "乙客户"}
    # The query narrows per entity. The wall is the union of all view rights: it keeps 丙 out, not 乙's contacts.
    assert await seen(company, "li", Contact) == {"甲联系人"}
    assert await wall(company, "li", "contact") == {"甲联系人", "乙联系人"}


async def test_neither_edit_nor_contacts_nor_the_third_branch_by_a_command(branches: Branches) -> None:
    company = branches.company
    await grant_view(branches)

    async def look(ctx: Context) -> str:
        return (await ctx.visible(Customer, branches.customers["乙"])).name

    assert await as_person(company, "li", look) == "乙客户"

    async def edit(ctx: Context) -> None:
        await ctx.lock(Customer, branches.customers["乙"], permission="party.customer.edit")

    with pytest.raises(PermissionDenied):
        await as_person(company, "li", edit)

    async def contact(ctx: Context) -> None:
        await ctx.visible(Contact, branches.contacts["乙"])

    async def third(ctx: Context) -> None:
        await ctx.visible(Customer, branches.customers["丙"])

    for work in (contact, third):
        with pytest.raises(NotFound):
            await as_person(company, "li", work)


async def test_the_owner_of_the_branch_gains_nothing_in_return(branches: Branches) -> None:
    await grant_view(branches)
    assert await seen(branches.company, "ma", Customer) == {"乙客户"}


async def test_the_grant_reaches_what_is_below_the_branch(branches: Branches) -> None:
    company = branches.company
    await grant_view(branches)
    shop = await company.run(
        "admin",
        "tenants.create_organisation",
        CreateOrganisation(name="乙一店", kind="shop", parent_id=branches.organisations["乙"]),
    )
    await add_customer(company, "乙店客户", None, scope_path=f"{shop.value.path}~/")
    assert await seen(company, "li", Customer) == {"甲客户", "乙客户", "乙店客户"}


async def test_search_terms_stay_behind_the_wall_too(branches: Branches) -> None:
    await grant_view(branches)
    company = branches.company
    async with company.app.engine.reading(await company.actor("li")) as session:
        rows = await session.execute(
            text("SELECT DISTINCT row_id FROM app.search_term WHERE entity = 'party.Customer'")
        )
        found = {row.row_id for row in rows}
    assert found == {branches.customers["甲"], branches.customers["乙"]}


async def test_a_withdrawn_grant_ends_at_once(branches: Branches) -> None:
    company = branches.company
    held = await grant_view(branches)
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=held))
    assert await seen(company, "li", Customer) == await wall(company, "li", "customer") == {"甲客户"}
    trail = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT op, member_id, command FROM app.audit_entry WHERE row_id = :id ORDER BY id",
        id=held,
    )
    assert [(row.op, row.command) for row in trail] == [
        ("insert", "tenants.assign_role"),
        ("delete", "tenants.unassign_role"),
    ]
    assert {row.member_id for row in trail} == {company.admin_id}
