"""The tree of organisations and the legal entities behind it."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_organisation import (
    CreateOrganisation,
    EditLegalEntity,
    EditOrganisation,
    NewLegalEntity,
)
from tenants.errors import NameInvalid, OrganisationKindInvalid
from tests.tenants.rows import rows_of
from tests.tenants.test_roles import assignment_of, role_id
from tests.world import Company, World
from values.errors import AmountInvalid, InvalidInput, NotFound, PermissionDenied, VersionConflict
from values.ids import new_id, path_key

CREATE, EDIT = "tenants.create_organisation", "tenants.edit_organisation"


async def tree(company: Company) -> dict[str, Any]:
    rows = await rows_of(company.app, company.tenant_id, "SELECT * FROM app.organisation")
    return {row.name: row for row in rows}


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_change_the_tree(world: World, who: str) -> None:
    office = (await tree(world.yunfan))["云帆贸易"]
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, CREATE, CreateOrganisation(name="分公司", kind="branch"))
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, EDIT, EditOrganisation(id=office.id, name="改"))
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, "tenants.edit_legal_entity", EditLegalEntity(id=office.legal_entity_id, name="改"))


async def test_another_companys_organisations_are_not_found(world: World) -> None:
    foreign = (await tree(world.seagull))["海鸥商行"]
    attempts: list[tuple[str, Any]] = [
        (EDIT, EditOrganisation(id=foreign.id, name="偷")),
        (CREATE, CreateOrganisation(name="店", kind="shop", parent_id=foreign.id)),
        (CREATE, CreateOrganisation(name="店", kind="shop", legal_entity_id=foreign.legal_entity_id)),
        ("tenants.edit_legal_entity", EditLegalEntity(id=foreign.legal_entity_id, name="偷")),
    ]
    for command, data in attempts:
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", command, data)


async def test_inputs_are_checked(world: World) -> None:
    office = (await tree(world.yunfan))["云帆贸易"]
    cases: list[tuple[str, Any, Any]] = [
        (CREATE, CreateOrganisation(name="", kind="branch"), NameInvalid),
        (CREATE, CreateOrganisation(name="分", kind="head_office"), OrganisationKindInvalid),
        (CREATE, CreateOrganisation(name="分", kind="castle"), OrganisationKindInvalid),
        (EDIT, EditOrganisation(id=office.id, kind="shop"), OrganisationKindInvalid),
        (
            CREATE,
            CreateOrganisation(name="分", kind="branch", legal_entity=NewLegalEntity(name="新", currency="¥")),
            AmountInvalid,
        ),
        (
            CREATE,
            CreateOrganisation(name="分", kind="branch", legal_entity=NewLegalEntity(name="新", zone="Mars/Base")),
            InvalidInput,
        ),
        (CREATE, CreateOrganisation(name="分", kind="branch", parent_id=new_id()), NotFound),
    ]
    for command, data, refusal in cases:
        with pytest.raises(refusal):
            await world.yunfan.run("admin", command, data)


async def test_a_tree_with_two_legal_entities(world: World) -> None:
    branch = await world.yunfan.run(
        "admin",
        CREATE,
        CreateOrganisation(
            name="香港分公司",
            kind="branch",
            legal_entity=NewLegalEntity(name="云帆香港有限公司", currency="HKD", zone="Asia/Hong_Kong"),
        ),
    )
    await world.yunfan.run("admin", CREATE, CreateOrganisation(name="旺角店", kind="shop", parent_id=branch.row_id))
    found = await tree(world.yunfan)
    office, hong_kong, shop = found["云帆贸易"], found["香港分公司"], found["旺角店"]
    assert hong_kong.path == f"{office.path}{path_key(hong_kong.id)}/"
    assert shop.path == f"{hong_kong.path}{path_key(shop.id)}/"
    assert shop.legal_entity_id == hong_kong.legal_entity_id != office.legal_entity_id
    edit = EditOrganisation(id=shop.id, version=1, name="尖沙咀店", kind="dealer")
    await world.yunfan.run("admin", EDIT, edit)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", EDIT, edit)
    await world.yunfan.run(
        "admin",
        "tenants.edit_legal_entity",
        EditLegalEntity(id=hong_kong.legal_entity_id, tax_number="91310000MA1FL0000X"),
    )
    legal = await rows_of(
        world.yunfan.app, world.yunfan.tenant_id, "SELECT name, tax_number, currency FROM app.legal_entity ORDER BY id"
    )
    assert tuple(legal[1]) == ("云帆香港有限公司", "91310000MA1FL0000X", "HKD")


async def test_a_branchs_admin_builds_only_below_the_branch(world: World) -> None:
    branch = await world.yunfan.run("admin", CREATE, CreateOrganisation(name="上海分公司", kind="branch"))
    await world.yunfan.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(world.yunfan, "wang")))
    await world.yunfan.run(
        "admin",
        "tenants.assign_role",
        AssignRole(
            member_id=world.yunfan.people["wang"],
            role_id=await role_id(world.yunfan, "admin"),
            scope="all",
            organisation_id=branch.row_id,
        ),
    )
    office = (await tree(world.yunfan))["云帆贸易"]
    for data in (
        CreateOrganisation(name="店", kind="shop"),
        CreateOrganisation(name="店", kind="shop", parent_id=office.id),
    ):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run("wang", CREATE, data)
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("wang", EDIT, EditOrganisation(id=office.id, name="改"))
    await world.yunfan.run("wang", CREATE, CreateOrganisation(name="店", kind="shop", parent_id=branch.row_id))
