"""A refused person reads which right is missing, in words."""

from __future__ import annotations

import pytest

from modules.party.commands.archive_customer import ArchiveCustomer
from tenants.default_roles import all_permissions
from tenants.permission_names import permission_names
from tests.party.makers import make_customer
from tests.world import World
from values.errors import PermissionDenied


async def test_the_refusal_says_it_in_both_languages(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(PermissionDenied) as refused:
        await world.yunfan.run("li", "party.archive_customer", ArchiveCustomer(id=made))
    assert refused.value.sentence("zh-CN") == "您没有“把客户移入回收站”权限。"
    assert refused.value.sentence("en") == (
        'To do this you must hold the permission "move to the recycle bin: customer".'
    )


def test_every_permission_has_a_name_of_its_own() -> None:
    names = permission_names()
    assert set(names) == set(all_permissions())
    assert len({words.zh for words in names.values()}) == len(names)
    assert all(words.en.isascii() and not words.zh.isascii() for words in names.values())
