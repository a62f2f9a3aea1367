"""An inbox entry lies where its author sits; what it quotes of another branch's row is for whoever may view that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from exchange.export_rights import share_of
from graphql_api.request import Request
from graphql_api.shapes import Shapes
from kernel.entity import table
from kernel.policy import Authority
from kernel.query import visible
from kernel.tables import AuditEntry
from sync.client import Replica
from sync.wire import PullRequest
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import views_everywhere
from tests.sync.conftest import Doors, SignedIn
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
from tests.tenants.test_cross_grants import Branches, branches  # noqa: F401 — a fixture
from tests.world import add_member
from values.ids import new_id

THEIRS, MINE = "乙的底价 88 万", "李的备注"


@dataclass
class Clash:
    """小李 of 甲 edits 乙's customer across the branches, offline, and clashes; 主管 leads 甲's department."""

    branches: Branches
    doors: Doors
    li: Replica
    grant: UUID

    @property
    def customer(self) -> UUID:
        return self.branches.customers["乙"]

    async def lose_the_grant(self) -> None:
        await self.branches.company.run("admin", "tenants.unassign_role", UnassignRole(id=self.grant))

    async def read(self, who: str, statement: Any) -> list[dict[str, Any]]:
        """Through the one door by which the API reads."""
        actor = await self.branches.company.actor(who)
        async with Request(self.doors.app.engine, None, Shapes(), signed_in=SignedIn(actor)) as request:
            return [dict(row) for row in await request.rows(statement)]

    async def entries(self, who: str) -> list[dict[str, Any]]:
        actor = await self.branches.company.actor(who)
        return await self.read(who, select(*table(InboxEntry).columns).where(*visible(InboxEntry, actor)))

    async def audited(self, who: str) -> str:
        entry = table(AuditEntry)
        found = await self.read(who, select(entry).where(entry.c.entity == "tenants.InboxEntry"))
        assert found
        return str(found)

    async def exported(self, who: str) -> str:
        """What the export's cut makes of every entry: the rows themselves have their tests elsewhere."""
        actor = await self.branches.company.actor(who)
        authority = Authority({**actor.authority.grants, "tenants.company.export": ("/",)}, actor.authority.masks)
        cut = share_of("inbox_entry", type(actor)(actor.tenant_id, actor.member_id, authority)).cut
        assert cut is not None
        rows = await rows_of(self.doors.app, actor.tenant_id, "SELECT * FROM app.inbox_entry")
        return str([cut(dict(row._mapping)) for row in rows])


@pytest.fixture
async def clash(branches: Branches, doors: Doors, run) -> Clash:  # noqa: F811 — the fixture
    company = branches.company
    [unit] = await rows_of(company.app, company.tenant_id, "SELECT id FROM app.department WHERE name = '甲销售'")
    company.departments["甲销售"] = unit.id
    await add_member(company, "boss", "甲主管", "department_manager", "subtree", "甲销售")
    rights = ["party.customer.view", "party.customer.edit", "party.contact.view", "party.contact.create"]
    role = await company.run("admin", "tenants.create_role", CreateRole(name="跨部门", permissions=rights))
    given = AssignRole(
        member_id=company.people["li"], role_id=role.row_id, scope="all", organisation_id=branches.organisations["乙"]
    )
    made = await company.run("admin", "tenants.assign_role", given)
    await run("admin", "party.edit_customer", id=branches.customers["乙"], notes="旧")  # both rewrite this line
    li = await doors.device("li", "li")
    await run("admin", "party.edit_customer", id=branches.customers["乙"], notes=THEIRS, phone="13900001111")
    li.mutate("party.edit_customer", id=str(branches.customers["乙"]), notes=MINE, phone="13811112222")
    await asyncio.to_thread(li.sync)
    return Clash(branches, doors, li, made.row_id)


async def test_a_manager_who_sees_no_row_reads_only_that_there_is_an_entry(clash: Clash) -> None:
    boss = await clash.doors.device("boss", "boss")
    for entries in (await clash.entries("boss"), boss.inbox()):
        [entry] = entries
        assert entry["code"] == "EDIT_CLASHED"
        assert entry["differences"] == []
        assert entry["arguments"] == {"id": str(clash.customer)}
    for told in (await clash.audited("admin"), str(await clash.entries("admin")), str(clash.li.inbox())):
        assert THEIRS in told
        assert MINE in told
    told = await clash.audited("boss")  # whoever may read the audit at all: no rights of theirs are asked here
    assert THEIRS not in told
    assert MINE not in told
    assert THEIRS not in await clash.exported("boss")
    assert MINE not in await clash.exported("boss")
    assert THEIRS in await clash.exported("admin")


async def test_the_author_keeps_what_they_typed_and_loses_the_rest_with_the_grant(clash: Clash) -> None:
    [before] = clash.li.inbox()
    assert {d["theirs"] for d in before["differences"]} == {THEIRS, "+8613900001111"}
    await clash.lose_the_grant()
    await asyncio.to_thread(clash.li.sync)
    [api] = await clash.entries("li")
    [kept] = clash.li.inbox()
    for entry in (api, kept):
        assert entry["arguments"]["notes"] == MINE
        assert sorted(d["mine"] for d in entry["differences"]) == ["13811112222", MINE]
        assert {key for d in entry["differences"] for key in d} == {"field", "mine"}
        assert THEIRS not in str(entry)
    assert MINE in await clash.exported("li")
    assert THEIRS not in await clash.exported("li")
    assert await asyncio.to_thread(clash.li.verify) == []


async def test_a_device_that_asks_for_the_inbox_alone_hears_of_the_lost_grant(clash: Clash) -> None:
    raw = await Raw(clash.doors, "li").register()
    company = clash.branches.company
    asked = PullRequest(device_id=raw.id, collections=["inbox"])
    page = await raw.service.pull(await company.actor("li"), asked)
    assert THEIRS in page.encoded().decode()
    await clash.lose_the_grant()
    again = PullRequest(device_id=raw.id, collections=["inbox"], cursor=page.header.cursor)
    after = await raw.service.pull(await company.actor("li"), again)
    assert [(part.name, part.mode) for part in after.header.sections] == [("inbox", "replace")]
    assert MINE in after.encoded().decode()
    assert THEIRS not in after.encoded().decode()


async def test_a_row_that_moves_takes_its_entries_content_along(clash: Clash, run) -> None:
    """Nobody edits the entry and nobody's rights change: the delta brings it all the same."""
    boss = await clash.doors.device("boss", "boss")
    people = clash.branches.company.people
    assert THEIRS not in str(boss.inbox())
    await run("admin", "party.assign_customer", id=clash.customer, owner_id=people["li"])
    await asyncio.to_thread(boss.sync)
    assert THEIRS in str(boss.inbox())
    assert await asyncio.to_thread(boss.verify) == []
    await run("admin", "party.assign_customer", id=clash.customer, owner_id=people["ma"])
    await asyncio.to_thread(boss.sync)
    assert boss.row("customers", str(clash.customer)) is None
    [entry] = boss.inbox()
    assert THEIRS not in str(entry)
    assert MINE not in str(entry)
    assert await asyncio.to_thread(boss.verify) == []


async def test_a_refused_new_row_is_read_with_what_it_belongs_to(clash: Clash, run) -> None:
    """A contact that never came to be lies nowhere: it is as visible as the customer it was meant for."""
    company, ids = clash.branches.company, clash.branches.customers
    await run("admin", "party.create_customer", name="占用", code="K1")
    raw = await Raw(clash.doors, "li").register()
    refused = await raw.push(
        raw.mutation(1, "party.create_contact", customerId=ids["乙"], name="秘密联系人", mobile="abc"),
        raw.mutation(2, "party.create_contact", customerId=ids["甲"], name="自家联系人", mobile="abc"),
        raw.mutation(3, "party.create_customer", id=new_id(), name="自家新客", code="K1"),
        raw.mutation(4, "party.no_such_command", id=ids["乙"], name="未知秘密"),
    )
    codes = [outcome.error.code for outcome in refused.outcomes]
    assert codes == ["PHONE_INVALID", "PHONE_INVALID", "ALREADY_TAKEN", "COMMAND_UNKNOWN"]
    boss = await clash.doors.device("boss", "boss")
    for seen in (str(await clash.entries("boss")), str(boss.inbox())):
        assert "自家联系人" in seen
        assert "自家新客" in seen
        assert "未知秘密" not in seen
        assert "秘密联系人" not in seen
    for seen in (str(await clash.entries("li")), str(await clash.entries("admin"))):
        assert "秘密联系人" in seen
        assert "未知秘密" in seen
    await run("admin", "party.assign_customer", id=ids["乙"], owner_id=company.people["li"])
    await asyncio.to_thread(boss.sync)
    assert "秘密联系人" in str(boss.inbox())
    await run("admin", "party.assign_customer", id=ids["乙"], owner_id=company.people["ma"])
    await asyncio.to_thread(boss.sync)
    assert "秘密联系人" not in str(boss.inbox())


def test_without_an_entity_only_who_views_all_of_them_views_everywhere() -> None:
    some = Authority({"party.customer.view": ("/",)})
    assert views_everywhere(some, "party.Customer")
    assert not views_everywhere(some, None)
    assert not views_everywhere(some, "party.Contact")
    assert not views_everywhere(Authority({"party.customer.view": ("/1/",)}), "party.Customer")
