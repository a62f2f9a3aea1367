"""Warehouses: who may, and out of use only when empty."""

from __future__ import annotations

from uuid import uuid4

import pytest

from modules.catalog.errors import MasterDataArchived
from modules.inventory.commands.archive_warehouse import ArchiveWarehouse, RestoreWarehouse
from modules.inventory.commands.create_warehouse import CreateWarehouse
from modules.inventory.commands.edit_warehouse import EditWarehouse
from modules.inventory.entities import Warehouse
from modules.inventory.errors import WarehouseHoldsStock
from tests.party.makers import row_of
from tests.sales.makers import make_product, make_warehouse, move
from tests.world import World
from values.errors import AlreadyTaken, ModuleNotBought, NotFound, PermissionDenied, Required


async def test_salespeople_managers_of_a_department_and_the_auditor_may_not(world: World) -> None:
    made = await make_warehouse(world.yunfan)
    for who in ("li", "wang", "zhou"):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "inventory.create_warehouse", CreateWarehouse(name="甲"))
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "inventory.archive_warehouse", ArchiveWarehouse(id=made))


async def test_only_with_the_stock_module(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    clock.move(days=17)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["sales"], None)
    with pytest.raises(ModuleNotBought):
        await make_warehouse(world.yunfan)


async def test_not_those_of_another_company(world: World) -> None:
    theirs = await make_warehouse(world.seagull)
    for row_id in (theirs, uuid4()):
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", "inventory.edit_warehouse", EditWarehouse(id=row_id, name="甲"))


async def test_a_name_and_a_code_of_its_own(world: World) -> None:
    with pytest.raises(Required):
        await make_warehouse(world.yunfan, " ")
    await make_warehouse(world.yunfan, code="XS")
    with pytest.raises(AlreadyTaken):
        await make_warehouse(world.yunfan, "另一仓", code="XS")


async def test_out_of_use_only_when_empty(world: World) -> None:
    company = world.yunfan
    warehouse, product = await make_warehouse(company), await make_product(company)
    await move(company, product, warehouse, "3", "receipt")
    with pytest.raises(WarehouseHoldsStock):
        await company.run("admin", "inventory.archive_warehouse", ArchiveWarehouse(id=warehouse))
    await move(company, product, warehouse, "-3", "issue")
    await company.run("admin", "inventory.archive_warehouse", ArchiveWarehouse(id=warehouse))
    with pytest.raises(MasterDataArchived) as refused:
        await move(company, product, warehouse, "1", "receipt")
    assert refused.value.field == "warehouseId"
    await company.run("admin", "inventory.restore_warehouse", RestoreWarehouse(id=warehouse))
    assert (await row_of(company, Warehouse, warehouse)).archived_at is None
