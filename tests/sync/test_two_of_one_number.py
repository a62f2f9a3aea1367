"""Lists of mutations that no sound client sends: one number twice, one uuid under two numbers."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import select

from modules.party.entities import Customer
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw


async def _customers(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        return sorted(await session.scalars(select(Customer.name)))


async def test_of_two_mutations_with_one_number_the_first_is_taken_under_its_own_uuid(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    one = device.mutation(1, "party.create_customer", name="一")
    two = device.mutation(2, "party.create_customer", name="二")
    other = device.mutation(2, "party.create_customer", name="另一个二")
    answer = await device.push(one, two, other)
    told = [(o.n, o.uuid, o.status) for o in answer.outcomes]
    assert told == [(1, one.uuid, "applied"), (2, two.uuid, "applied")]
    assert answer.stopped is not None
    assert answer.stopped.code == "DEVICE_FORKED"
    assert await _customers(doors) == ["一", "二"]
    again = await device.push(one, two)
    assert [o.status for o in again.outcomes] == ["applied", "applied"]


async def test_one_uuid_under_two_numbers_has_one_effect(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    one = device.mutation(1, "party.create_customer", name="一")
    answer = await device.push(one, structs.replace(one, n=2), device.mutation(3, "party.create_customer", name="三"))
    assert [o.status for o in answer.outcomes] == ["applied"] * 3
    assert await _customers(doors) == ["一", "三"]


async def test_one_uuid_with_another_content_is_filed(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    one = device.mutation(1, "party.create_customer", name="一")
    two = structs.replace(device.mutation(2, "party.create_customer", name="二"), uuid=one.uuid)
    answer = await device.push(one, two, device.mutation(3, "party.create_customer", name="三"))
    assert [o.status for o in answer.outcomes] == ["applied", "inbox", "applied"]
    assert await _customers(doors) == ["一", "三"]
    again = await device.push(one, two)
    assert [(o.status, o.inbox_id) for o in again.outcomes] == [
        ("applied", None),
        ("inbox", answer.outcomes[1].inbox_id),
    ]
