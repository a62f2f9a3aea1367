"""Field masks: a role hides a field; another role that shows its entity without the mask shows it again."""

from __future__ import annotations

from uuid import UUID

from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole, EditRole
from tests.tenants.test_roles import assignment_of
from tests.world import Company, World

LIMIT = "party.Customer.credit_limit_minor"


async def give(company: Company, name: str, permissions: list[str], masks: list[str]) -> tuple[UUID, UUID]:
    """A role and its assignment to 小李."""
    data = CreateRole(name=name, permissions=permissions, masks=masks)
    role = await company.run("admin", "tenants.create_role", data)
    held = await company.run(
        "admin",
        "tenants.assign_role",
        AssignRole(member_id=company.people["li"], role_id=role.row_id, scope="own"),
    )
    return role.row_id, held.row_id


async def masked(company: Company, who: str = "li", column: str = "credit_limit_minor") -> bool:
    return (await company.actor(who)).authority.masked("party.Customer", column)


async def test_the_only_role_that_shows_the_entity_hides_the_field(world: World) -> None:
    company = world.yunfan
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    await give(company, "外勤", ["party.customer.view"], [LIMIT])
    assert await masked(company)
    assert not await masked(company, column="phone")
    assert not await masked(company, "zhao")


async def test_a_second_role_without_the_mask_shows_it(world: World) -> None:
    await give(world.yunfan, "外勤", ["party.customer.view"], [LIMIT])
    assert not await masked(world.yunfan)  # 业务员 shows customers whole


async def test_a_role_that_does_not_show_the_entity_lifts_no_mask(world: World) -> None:
    company = world.yunfan
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    await give(company, "外勤", ["party.customer.view"], [LIMIT])
    await give(company, "跟单", ["crm.activity.view"], [])
    assert await masked(company)


async def test_a_changed_role_takes_effect_at_the_next_request(world: World) -> None:
    company = world.yunfan
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    role_id, held = await give(company, "外勤", ["party.customer.view"], [])
    assert not await masked(company)
    await company.run("admin", "tenants.edit_role", EditRole(id=role_id, masks=[LIMIT]))
    assert await masked(company)
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=held))
    assert not (await company.actor("li")).authority.holds("party.customer.view")


async def test_an_open_role_of_small_reach_lifts_no_mask_of_a_wide_one(world: World) -> None:
    """业务员 shows own customers whole; a role over the whole company hides the limit, and it stays hidden."""
    company = world.yunfan
    data = CreateRole(name="全员通讯录", permissions=["party.customer.view"], masks=[LIMIT])
    role = await company.run("admin", "tenants.create_role", data)
    wide = AssignRole(member_id=company.people["li"], role_id=role.row_id, scope="all")
    await company.run("admin", "tenants.assign_role", wide)
    assert await masked(company)
