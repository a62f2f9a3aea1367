"""Saved views on devices: made without a network, seen by whom they are for, merged field by field."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.sync.conftest import Doors


async def _sync(replica: Any) -> None:
    await asyncio.to_thread(replica.sync)


def _names(replica: Any) -> set[str]:
    return {row["name"] for row in replica.rows("savedViews")}


async def test_own_views_stay_own_and_shared_ones_come_to_all(doors: Doors) -> None:
    li, zhao, wang = [await doors.device(who, who) for who in ("li", "zhao", "wang")]
    view = {"collection": "customers", "config": {"layout": "board", "groupBy": "level"}}
    made = li.mutate("tenants.create_saved_view", **view, name="我的看板")
    wang.mutate("tenants.create_saved_view", **view, name="部门看板", sharing="shared")
    assert _names(li) == {"我的看板"}
    for replica in (li, wang, zhao, li):
        await _sync(replica)
    assert (_names(li), _names(zhao)) == ({"我的看板", "部门看板"}, {"部门看板"})
    li.mutate("tenants.edit_saved_view", id=made, name="跟进看板")
    li.mutate("tenants.edit_saved_view", id=made, config={"layout": "table"})
    await _sync(li)
    [row] = [row for row in li.rows("savedViews") if row["id"] == made]
    assert (row["name"], row["config"]) == ("跟进看板", {"layout": "table"})
    li.mutate("tenants.archive_saved_view", id=made)
    await _sync(li)
    for replica in (li, zhao, wang):
        assert await asyncio.to_thread(replica.verify) == []


async def test_a_shared_view_without_the_right_goes_to_the_inbox(doors: Doors) -> None:
    li = await doors.device("li", "li")
    li.mutate("tenants.create_saved_view", collection="customers", name="大家的", config={}, sharing="shared")
    await _sync(li)
    assert _names(li) == set()
    assert [entry["code"] for entry in li.rows("inbox")] == ["PERMISSION_DENIED"]


async def test_two_devices_edit_different_fields_of_one_view(doors: Doors) -> None:
    one, other = await doors.device("li", "one"), await doors.device("li", "other")
    made = one.mutate("tenants.create_saved_view", collection="customers", name="甲", config={})
    await _sync(one)
    await _sync(other)
    one.mutate("tenants.edit_saved_view", id=made, name="乙")
    other.mutate("tenants.edit_saved_view", id=made, config={"text": "上海"})
    for replica in (one, other, one):
        await _sync(replica)
    [row] = one.rows("savedViews")
    assert (row["name"], row["config"]) == ("乙", {"text": "上海"})


async def test_a_shared_view_is_changed_by_whoever_may_share_and_by_nobody_else(
    doors: Doors,
) -> None:
    admin, li = await doors.device("admin", "admin"), await doors.device("li", "li")
    made = admin.mutate("tenants.create_saved_view", collection="customers", name="大家的", config={}, sharing="shared")
    await _sync(admin)
    await _sync(li)
    li.mutate("tenants.edit_saved_view", id=made, name="抢来的")
    admin.mutate("tenants.edit_saved_view", id=made, name="全公司的")
    for replica in (li, admin, li):
        await _sync(replica)
    assert [entry["code"] for entry in li.rows("inbox")] == ["PERMISSION_DENIED"]
    assert _names(admin) == {"全公司的"}
    admin.mutate("tenants.archive_saved_view", id=made)
    for replica in (admin, li):
        await _sync(replica)
        assert _names(replica) == set()
    assert [entry["deviceName"] for entry in admin.rows("inbox")] == ["li"]
