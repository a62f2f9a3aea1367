"""The table of pairs, walked in full: what is in it works and leaves facts, what is not is refused with what would."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from modules.sales.entities import ORDER_STATES, SalesOrder
from modules.sales.errors import OrderWithoutLines
from modules.sales.states import ORDER_LIFE
from tests.conftest import NOW
from tests.party.makers import make_customer, row_of
from tests.sales.makers import cancel, confirm, deliver, line, make_order, make_product, make_warehouse
from tests.world import Company, World
from values.errors import InvalidTransition, NotFound, PermissionDenied

STATES = [choice.value for choice in ORDER_STATES]
STEPS = {"confirmed": confirm, "delivered": deliver, "cancelled": cancel}
WAY = {"draft": (), "confirmed": ("confirmed",), "delivered": ("confirmed", "delivered"), "cancelled": ("cancelled",)}


async def order_in(company: Company, state: str) -> UUID:
    await make_warehouse(company)
    made = await make_order(company, "li", await make_customer(company, "li"), [line(await make_product(company))])
    for step in WAY[state]:
        await STEPS[step](company, "lin", made)
    return made


async def test_who_may(world: World) -> None:
    company = world.yunfan
    made = await order_in(company, "draft")
    for step in STEPS.values():
        with pytest.raises(PermissionDenied):
            await step(company, "zhou", made)
        for who, row_id in (("zhao", made), ("lin", uuid4())):
            with pytest.raises((NotFound, PermissionDenied)):
                await step(company, who, row_id)
        with pytest.raises(NotFound):
            await step(world.seagull, "admin", made)
    with pytest.raises(PermissionDenied):
        await deliver(company, "li", made)  # goods leave by those who keep or manage them
    assert (await row_of(company, SalesOrder, made)).state == "draft"


@pytest.mark.parametrize(("state", "target"), [(s, t) for s in STATES for t in STEPS if (s, t) not in ORDER_LIFE.steps])
async def test_a_step_that_is_not_in_the_table(world: World, state: str, target: str) -> None:
    made = await order_in(world.yunfan, state)
    before = await row_of(world.yunfan, SalesOrder, made)
    with pytest.raises(InvalidTransition) as refused:
        await STEPS[target](world.yunfan, "lin", made)
    possible = [words.zh for (origin, _), words in ORDER_LIFE.steps.items() if origin == state]
    assert all(words in refused.value.remedy() for words in possible or ["无"])
    assert ORDER_LIFE.states[state].zh in refused.value.sentence()
    assert "{" not in refused.value.sentence("en") + refused.value.remedy("en")
    after = await row_of(world.yunfan, SalesOrder, made)
    assert (after.state, after.version) == (before.state, before.version)


@pytest.mark.parametrize(("state", "target"), list(ORDER_LIFE.steps))
async def test_a_step_that_is_leaves_who_and_when(world: World, state: str, target: str) -> None:
    made = await order_in(world.yunfan, state)
    await STEPS[target](world.yunfan, "lin", made)
    row = await row_of(world.yunfan, SalesOrder, made)
    assert row.state == target
    assert (getattr(row, f"{target}_at"), getattr(row, f"{target}_by_id")) == (NOW, world.yunfan.people["lin"])
    for other in STEPS.keys() - {target, *WAY[state]}:
        assert getattr(row, f"{other}_at") is None


async def test_nothing_to_confirm(world: World) -> None:
    made = await make_order(world.yunfan, "li", await make_customer(world.yunfan, "li"))
    with pytest.raises(OrderWithoutLines):
        await confirm(world.yunfan, "li", made)
