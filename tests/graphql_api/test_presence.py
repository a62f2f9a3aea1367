"""Who is at work: who may ask, what stays out of sight, and that the last change of each member is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tenants.device_entities import Device
from tests.conftest import NOW
from tests.graphql_api.conftest import Api
from tests.party.makers import make_activity, make_customer
from tests.tenants.numbered import add_device
from tests.world import Company, World, seed

ASK = """query($minutes: Int! = 15) { activeMembers(minutes: $minutes) {
    memberId member { name } lastSeenAt devices { name } command commandLabel commandAt entity entityLabel rowId } }"""


async def _active(api: Api, company: Company, who: str, **asked: Any) -> dict[str, dict[str, Any]]:
    found = (await api.data(company, who, ASK, **asked))["activeMembers"]
    names = {str(member_id): nick for nick, member_id in company.people.items()}
    return {names[one["memberId"]]: one for one in found}


async def _device(company: Company, who: str, minutes_ago: int, **facts: Any) -> None:
    device_id = await add_device(company, who)

    async def date(ctx) -> None:
        device = await ctx.session.scalar(select(Device).where(Device.id == device_id))
        device.last_seen_at = NOW - timedelta(minutes=minutes_ago)
        for name, value in facts.items():
            setattr(device, name, value)

    await seed(company.app, company.tenant_id, date)


@pytest.mark.parametrize("who", ["li", "wang"])
async def test_only_with_the_right_to_the_audit(api: Api, world: World, who: str) -> None:
    assert await api.code(world.yunfan, who, ASK) == "PERMISSION_DENIED"


@pytest.mark.parametrize("minutes", [0, -5, 1_441])
async def test_out_of_range_is_refused(api: Api, world: World, minutes: int) -> None:
    assert await api.code(world.yunfan, "admin", ASK, minutes=minutes) == "INVALID_INPUT"


async def test_the_rivals_people_are_not_told(api: Api, world: World) -> None:
    await make_customer(world.seagull)
    await _device(world.seagull, "admin", 1)
    found = (await api.data(world.yunfan, "admin", ASK))["activeMembers"]
    assert not {str(one) for one in world.seagull.people.values()} & {one["memberId"] for one in found}


async def test_members_with_their_devices_and_last_change(api: Api, world: World, clock) -> None:
    company = world.yunfan
    clock.move(hours=2)
    await _device(company, "zhao", -115)
    await _device(company, "zhao", -119)
    await _device(company, "lin", 1)  # two hours ago by now
    await _device(company, "wang", -119, revoked_at=NOW)
    made = await make_customer(company, "li")
    clock.move(minutes=1)
    visit = await make_activity(company, "li", made)
    found = await _active(api, company, "admin")
    assert set(found) == {"li", "zhao"}
    assert list(found) == ["li", "zhao"]
    li, zhao = found["li"], found["zhao"]
    assert (li["command"], li["entity"], li["rowId"], li["devices"]) == (
        "crm.log_activity",
        "crm.Activity",
        str(visit),
        [],
    )
    assert (li["commandLabel"], li["entityLabel"], li["member"]["name"]) == ("写跟进记录", "跟进记录", "小李")
    assert (zhao["command"], zhao["commandAt"], len(zhao["devices"])) == (None, None, 2)
    assert set(await _active(api, company, "admin", minutes=240)) >= {"li", "zhao", "lin"}


async def test_what_the_reader_may_not_view_is_not_told(api: Api, world: World) -> None:
    """An auditor of the trail without a right to customers hears that somebody is there, not what they changed."""
    from tenants.entities import Role

    await make_customer(world.yunfan, "li")
    await _device(world.yunfan, "li", 1)

    async def narrow(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "auditor"))
        role.permissions = ["tenants.audit.view"]

    await seed(world.yunfan.app, world.yunfan.tenant_id, narrow)
    li = (await _active(api, world.yunfan, "zhou"))["li"]
    assert (li["command"], li["rowId"], li["member"]) == (None, None, None)
    assert len(li["devices"]) == 1
