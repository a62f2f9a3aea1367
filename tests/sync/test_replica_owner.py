"""A replica file belongs to one member: what waits in it never becomes somebody else's."""

from __future__ import annotations

import asyncio

import pytest

from sync.client import Replica, SyncRefused
from tests.sync.conftest import Doors
from tests.world import Company


@pytest.mark.parametrize("who", ["rival", "colleague"])
async def test_another_member_cannot_take_it_over(doors: Doors, who: str) -> None:
    mine = await doors.device("li", "phone")
    mine.mutate("party.create_customer", name="机密客户")
    company, nick = (doors.world.seagull, "qian") if who == "rival" else (doors.world.yunfan, "lin")
    theirs = _opened(doors, company, nick)
    with pytest.raises(SyncRefused) as refused:
        await asyncio.to_thread(theirs.register, "mine now")
    assert refused.value.code == "REPLICA_OF_ANOTHER"
    with pytest.raises(SyncRefused):
        await asyncio.to_thread(theirs.sync)
    assert len(mine.pending()) == 1, "nothing was lost and nothing was sent"
    assert (await asyncio.to_thread(mine.sync))["pushed"] == {"applied": 1}


def _opened(doors: Doors, company: Company, nick: str) -> Replica:
    """The same file, opened with another person's token."""
    token = f"token-of-{nick}"
    doors.tokens[token] = (company, nick)
    replica = Replica(doors.folder / "phone.sqlite", doors.url, token, sleep=lambda _s: None)
    doors.opened.append(replica)
    return replica
