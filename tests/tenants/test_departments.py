"""Departments: a tree inside an organisation."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.commands.create_department import CreateDepartment, EditDepartment, MoveDepartment
from tenants.errors import MoveIntoItself, NameInvalid
from tests.tenants.rows import rows_of
from tests.world import Company, World
from values.errors import NotFound, PermissionDenied, Required, VersionConflict
from values.ids import path_key

CREATE, EDIT, MOVE = "tenants.create_department", "tenants.edit_department", "tenants.move_department"


async def departments(company: Company) -> dict[str, Any]:
    rows = await rows_of(company.app, company.tenant_id, "SELECT * FROM app.department")
    return {row.name: row for row in rows}


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_change_departments(world: World, who: str) -> None:
    sales = world.yunfan.departments["销售部"]
    for command, data in (
        (CREATE, CreateDepartment(name="新", parent_id=sales)),
        (EDIT, EditDepartment(id=sales, name="改")),
        (MOVE, MoveDepartment(id=sales, parent_id=world.yunfan.departments["采购部"])),
    ):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, command, data)


async def test_another_companys_departments_are_not_found(world: World) -> None:
    foreign, own = world.seagull.departments["业务部"], world.yunfan.departments["销售部"]
    for command, data in (
        (CREATE, CreateDepartment(name="新", parent_id=foreign)),
        (EDIT, EditDepartment(id=foreign, name="偷")),
        (MOVE, MoveDepartment(id=foreign, parent_id=own)),
        (MOVE, MoveDepartment(id=own, parent_id=foreign)),
    ):
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", command, data)


async def test_inputs_are_checked(world: World) -> None:
    sales, group = world.yunfan.departments["销售部"], world.yunfan.departments["销售一组"]
    for command, data, refusal in (
        (CREATE, CreateDepartment(name=" ", parent_id=sales), NameInvalid),
        (MOVE, MoveDepartment(id=sales), Required),
        (MOVE, MoveDepartment(id=sales, parent_id=sales), MoveIntoItself),
        (MOVE, MoveDepartment(id=sales, parent_id=group), MoveIntoItself),
    ):
        with pytest.raises(refusal):
            await world.yunfan.run("admin", command, data)


async def test_departments_are_made_and_renamed(world: World) -> None:
    sales = (await departments(world.yunfan))["销售部"]
    made = await world.yunfan.run("admin", CREATE, CreateDepartment(name="销售二组", parent_id=sales.id))
    assert made.value.path == f"{sales.path}{path_key(made.row_id)}/"
    top = await world.yunfan.run(
        "admin", CREATE, CreateDepartment(name="财务部", organisation_id=sales.organisation_id)
    )
    assert top.value.path == f"{sales.path.rsplit('/', 2)[0]}/{path_key(top.row_id)}/"
    edit = EditDepartment(id=made.row_id, version=1, name="销售三组")
    await world.yunfan.run("admin", EDIT, edit)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", EDIT, edit)
    assert (await departments(world.yunfan))["销售三组"].path == made.value.path
