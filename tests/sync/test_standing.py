"""Where a snapshot stands, and whether rights changed since a value of the clock."""

from __future__ import annotations

import pytest

from server.parts import Application
from sync.pull import Standing, asking_standing
from tests.party.makers import make_customer
from tests.world import Company, World, add_department, add_member


async def _standing(app: Application, company: Company, since: int | None = None) -> Standing:
    async with app.engine.reading(await company.actor("admin"), snapshot=True) as session:
        [found] = await session.ask(asking_standing(company.tenant_id, since))
    assert isinstance(found, Standing)
    return found


async def test_a_change_of_another_company_is_none_of_ours(app: Application, world: World) -> None:
    before = await _standing(app, world.yunfan)
    await add_department(world.seagull, "对手的部门")
    assert await _standing(app, world.yunfan, before.clock) == before


async def test_a_customer_is_no_right(app: Application, world: World) -> None:
    before = await _standing(app, world.yunfan)
    await make_customer(world.yunfan, "admin", "客户")
    now = await _standing(app, world.yunfan, before.clock)
    assert now.clock > before.clock
    assert not now.rights_changed


@pytest.mark.parametrize("what", ["department", "member"])
async def test_rights_changed_since(app: Application, world: World, what: str) -> None:
    before = await _standing(app, world.yunfan)
    if what == "department":
        await add_department(world.yunfan, "新部门")
    else:
        await add_member(world.yunfan, "neo", "新人", "salesperson", "own", None)
    changed = await _standing(app, world.yunfan, before.clock)
    assert changed.rights_changed
    for n in range(3):
        await make_customer(world.yunfan, "admin", f"后来的客户 {n}")
    later = await _standing(app, world.yunfan, changed.clock)
    assert later.clock > changed.clock
    assert not later.rights_changed, "only what came since counts"
    assert (await _standing(app, world.yunfan, before.clock)).rights_changed
