"""Erasing a person: no trace of the name in any table, and everything else stands."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kernel.command import command_named
from kernel.context import Context
from kernel.db import TenantContext
from kernel.executor import Invocation
from kernel.policy import EVERYTHING
from modules.party.entities import Contact, Customer
from tenants.commands.define_custom_field import DefineCustomField
from tenants.commands.edit_member import EditMember, MemberById
from tenants.commands.erase_member import EraseMember
from tenants.custom_fields import apply_custom
from tenants.device_entities import Device, InboxEntry
from tenants.entities import Member
from tenants.erasure import _pattern_of, _without, erase_row
from tenants.errors import MemberActive, RecordErased, SignInRefused
from tenants.identity.inputs import AcceptInvitation, RequestPasswordReset
from tenants.identity.results import Authenticated
from tests.tenants.identity_desk import ADDRESS, PASSWORD, Desk
from tests.tenants.rows import add_contact, add_customer, as_person, rows_of
from tests.tenants.test_roles import hr_officer
from tests.world import Company, World, seed
from values.errors import NotFound, PermissionDenied
from values.ids import new_id

CANARIES = ("金丝雀", "jinsique", "canary@example.com", "13800001111", "Canary's")


async def traces(company: Company) -> dict[str, int]:
    """Rows of any table of the schema that still tell the name, the pinyin, the phone or the address."""
    found: dict[str, int] = {}
    async with company.app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        tables = await session.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = 'app' AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT')"
            )
        )
        names = [row.relname for row in tables]
        assert {"customer", "audit_entry", "command_outcome", "inbox_entry", "search_term"} <= set(names)
        for name in names:
            for canary in CANARIES:
                counted = await session.execute(
                    text(f'SELECT count(*) FROM app."{name}" AS t WHERE t::text LIKE :canary'),
                    {"canary": f"%{canary}%"},
                )
                if number := counted.scalar_one():
                    found[f"{name}: {canary}"] = number
    return found


async def add_inbox_entry(company: Company, row_id: UUID, arguments: dict[str, Any]) -> None:
    async def work(ctx: Context) -> None:
        li = await ctx.get(Member, company.people["li"])
        assert li is not None
        ctx.add(
            InboxEntry(
                id=ctx.new_id(),
                owner_id=li.id,
                scope_path=li.path,
                device_id=None,
                mutation_id=new_id(),
                device_name="小李的手机",
                command="party.edit_contact",
                what_zh="修改联系人 金丝雀小姐",
                what_en="Edit contact 金丝雀小姐",
                entity="party.Contact",
                row_id=row_id,
                state="open",
                code="VERSION_CONFLICT",
                message_zh="“金丝雀”刚被他人修改。",
                message_en="金丝雀 was changed.",
                remedy_zh="刷新。",
                remedy_en="Reload.",
                field="name",
                arguments=arguments,
                differences=[{"field": "name", "base": "金丝雀", "mine": "金丝雀小姐", "theirs": "鸟"}],
                field_facts={"name": {"zh": "姓名", "en": "Name"}},
                waits_for=[],
                made_at=ctx.now,
            )
        )

    await seed(company.app, company.tenant_id, work)


async def test_no_trace_of_a_contact_is_left_anywhere(world: World, app) -> None:
    company = world.yunfan
    await company.run(
        "admin",
        "tenants.define_custom_field",
        DefineCustomField(entity="party.Contact", key="note", label_zh="备注", kind="text"),
    )
    customer = await add_customer(company, "鸿达", "li")
    contact = await add_contact(
        company, customer, "金丝雀小姐", mobile="13800001111", email="canary@example.com", notes="金丝雀爱唱歌"
    )

    async def enrich(ctx: Context) -> None:
        row = await ctx.lock(Contact, contact)
        await apply_custom(ctx, row, {"note": "金丝雀的备注"})
        row.name, row.title = "金丝雀女士", "经理"
        ctx.enqueue("tests.greet", {"to": ["canary@example.com"], "text": "你好，金丝雀女士。"})

    await as_person(company, "li", enrich)
    await add_inbox_entry(company, contact, {"id": str(contact), "name": "金丝雀小姐"})
    await add_inbox_entry(company, new_id(), {"contactId": str(contact), "content": "金丝雀来电"})
    before = await traces(company)
    assert {"contact: 金丝雀", "audit_entry: 金丝雀", "search_term: jinsique", "inbox_entry: 金丝雀"} <= set(before)
    assert {"custom_value: 金丝雀", "outbox: canary@example.com"} <= set(before)

    async def erase(ctx: Context) -> None:
        await erase_row(ctx, await ctx.lock(Contact, contact))

    await as_person(company, "admin", erase)
    assert await traces(company) == {}
    (row,) = await rows_of(app, company.tenant_id, "SELECT * FROM app.contact")
    assert (row.name, row.mobile, row.email, row.notes, row.title, row.custom) == (
        "已删除",
        None,
        None,
        None,
        "经理",
        {},
    )
    put = await rows_of(app, company.tenant_id, "SELECT op, clock FROM app.change_log WHERE row_id = :id", id=contact)
    clock = await rows_of(app, company.tenant_id, "SELECT value FROM app.tenant_clock")
    assert (put[0].op, put[0].clock) == ("put", clock[0].value)
    audit = await rows_of(
        app,
        company.tenant_id,
        "SELECT op, before, after FROM app.audit_entry WHERE row_id = :id ORDER BY at, id",
        id=contact,
    )
    assert [entry.op for entry in audit] == ["insert", "update", "update"]
    assert audit[1].after["title"] == "经理"  # what is not personal stays in the record
    assert audit[2].before["name"] == "***"


async def test_stored_answers_lose_the_name_too(world: World, app) -> None:
    company = world.yunfan

    def told(message: str) -> dict[str, Any]:
        return {"result": {"rows": [{"message": message, "applied": False}]}}

    customer = await add_customer(company, "Canary's (100%_off)\\", "li")

    async def answer(ctx: Context) -> None:
        await ctx.session.execute(
            text(
                "INSERT INTO app.command_outcome "
                "(tenant_id, client_id, key, request_hash, command, outcome, member_id, created_at) VALUES "
                "(:tenant, :client, 'k', '\\x00', 'party.archive_customers', CAST(:outcome AS jsonb), NULL, :now)"
            ),
            {
                "tenant": ctx.tenant_id,
                "client": new_id(),
                "outcome": json.dumps(told("Canary's (100%_off)\\ is in use")),
                "now": ctx.now,
            },
        )

    await seed(app, company.tenant_id, answer)
    assert "command_outcome: Canary's" in await traces(company)

    async def erase(ctx: Context) -> None:
        await erase_row(ctx, await ctx.lock(Customer, customer))

    await as_person(company, "admin", erase)
    assert await traces(company) == {}
    (row,) = await rows_of(app, company.tenant_id, "SELECT outcome FROM app.command_outcome")
    assert row.outcome == told("*** is in use")


async def test_other_companies_and_other_rows_are_untouched(world: World) -> None:
    mine = await add_customer(world.yunfan, "金丝雀", "li")
    await add_customer(world.yunfan, "金丝雀", "zhao")
    await add_customer(world.seagull, "金丝雀", "qian")

    async def erase(ctx: Context) -> None:
        await erase_row(ctx, await ctx.lock(Customer, mine))

    await as_person(world.yunfan, "li", erase)
    assert (await traces(world.yunfan))["customer: 金丝雀"] == 1
    assert (await traces(world.seagull))["customer: 金丝雀"] == 1


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_erase_members(world: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, "tenants.erase_member", EraseMember(id=world.yunfan.people["zhao"]))


async def test_who_may_not_be_erased(world: World) -> None:
    company = world.yunfan
    with pytest.raises(NotFound):
        await company.run("admin", "tenants.erase_member", EraseMember(id=world.seagull.people["qian"]))
    with pytest.raises(MemberActive):
        await company.run("admin", "tenants.erase_member", EraseMember(id=company.people["li"]))
    with pytest.raises(MemberActive):
        await company.run("admin", "tenants.erase_member", EraseMember(id=company.admin_id))
    await hr_officer(company, "wang", scope="all")
    with pytest.raises(PermissionDenied):
        await company.run("wang", "tenants.erase_member", EraseMember(id=company.admin_id))


async def platform_traces(desk: Desk, *canaries: str) -> dict[str, int]:
    """Rows of the platform's tables that tell one of the texts."""
    found: dict[str, int] = {}
    tables = await desk.platform("SELECT tablename FROM pg_tables WHERE schemaname = 'platform'")
    names = [str(name) for (name,) in tables]
    assert {"user", "user_identifier", "session", "link_token", "security_log"} <= set(names)
    for name in names:
        for canary in canaries:
            rows = await desk.platform(
                f"SELECT count(*) FROM platform.\"{name}\" AS t WHERE t::text LIKE '%' || :canary || '%'",
                canary=canary,
            )
            if rows[0][0]:
                found[f"{name}: {canary}"] = int(str(rows[0][0]))
    return found


async def erased(desk: Desk, admin: Authenticated, member_id: UUID) -> None:
    for command, data in (
        ("tenants.deactivate_member", MemberById(id=member_id)),
        ("tenants.erase_member", EraseMember(id=member_id)),
    ):
        await desk.app.engine.executor.run(admin.actor, command_named(command), data)


async def test_the_platform_forgets_who_is_in_no_other_company(desk: Desk) -> None:
    admin = await desk.founder()
    name = f"金丝雀{desk.suffix}"
    invited = AcceptInvitation(token=await desk.invite(admin, "canary", name=name), password=PASSWORD)
    li = await desk.who((await desk.identity.accept_invitation(invited, address=ADDRESS)).token)
    address = desk.email("canary")
    (user_id,) = await desk.users_of(address)
    named = "UPDATE platform.session SET device_name = :name WHERE user_id = :id"
    await desk.platform(named, name=f"{name}的手机", id=user_id)
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=address), address=ADDRESS)
    await desk.identity.close()
    with pytest.raises(MemberActive):
        await desk.app.engine.executor.run(
            admin.actor, command_named("tenants.erase_member"), EraseMember(id=li.member_id)
        )
    before = await platform_traces(desk, name, address)
    assert {f"user: {name}", f"user_identifier: {address}", f"link_token: {address}"} <= set(before)
    await erased(desk, admin, li.member_id)
    assert await platform_traces(desk, name, address) == {}
    ((left_name, password, gone),) = await desk.platform(
        'SELECT name, password_hash, erased_at FROM platform."user" WHERE id = :id', id=user_id
    )
    assert (left_name, password, gone is not None) == ("已删除", None, True)
    left = await desk.platform(
        "SELECT device_name, address, revoked_at IS NULL FROM platform.session WHERE user_id = :id", id=user_id
    )
    assert left
    assert set(left) == {(None, None, False)}
    with pytest.raises(SignInRefused):
        await desk.sign_in("canary")
    again = await desk.sign_up("canary", company="新公司")  # the address is free
    assert again.token is not None
    assert len(await desk.users_of(address)) == 1


async def test_who_is_in_another_company_keeps_what_they_sign_in_with(desk: Desk) -> None:
    admin = await desk.founder()
    rival = await desk.founder("sun", company="海鸥商行")
    here, there = await desk.join(admin), await _join_too(desk, rival, "li")
    address = desk.email("li")
    await erased(desk, admin, here.member_id)
    ((user_id,),) = await desk.platform("SELECT user_id FROM platform.membership WHERE id = :id", id=here.member_id)
    assert user_id != there.user_id
    back = await desk.who((await desk.sign_in("li")).token)
    assert (back.member_id, back.user_id) == (there.member_id, there.user_id)
    assert [tenant.id for tenant in await desk.identity.my_tenants(back)] == [rival.tenant_id]
    (row,) = await rows_of(
        desk.app, admin.tenant_id, "SELECT name, user_id FROM app.member WHERE id = :id", id=here.member_id
    )
    assert (row.name, row.user_id) == ("已删除", user_id)
    await erased(desk, rival, there.member_id)  # the last company
    assert await platform_traces(desk, address) == {}
    ((gone,),) = await desk.platform('SELECT erased_at FROM platform."user" WHERE id = :id', id=there.user_id)
    assert gone is not None


async def test_an_account_of_the_company_goes_with_the_member(desk: Desk) -> None:
    admin = await desk.founder()
    account = f"canary{desk.suffix}"
    org_code, member_id = await desk.keeper(admin, account)
    assert await desk.users_of(f"{org_code}/{account}") != []
    await erased(desk, admin, member_id)
    assert await platform_traces(desk, account) == {}


async def _join_too(desk: Desk, who: Authenticated, name: str) -> Authenticated:
    """An existing user joins a second company."""
    token = await desk.invite(who, name)
    signed_in = await desk.who((await desk.sign_in(name)).token)
    joined = await desk.identity.accept_invitation(AcceptInvitation(token=token), address=ADDRESS, who=signed_in)
    return await desk.who(joined.token)


async def test_an_erased_member_leaves_no_name_but_what_they_did(world: World, app) -> None:
    company = world.yunfan
    li = company.people["li"]
    customer = await add_customer(company, "鸿达", "li")
    await company.app.engine.executor.run(
        await company.actor("li"), command_named("tenants.edit_member"), EditMember(name="金丝雀"), Invocation(key="n")
    )

    async def device(ctx: Context) -> None:
        member = await ctx.lock(Member, li, permission="tenants.member.view")
        member.phone, member.email = "13800001111", "canary@example.com"
        ctx.add(
            Device(
                id=ctx.new_id(),
                member_id=li,
                name="Canary's phone",
                platform="android",
                last_mutation=0,
                last_contact_at=ctx.now,
                last_seen_at=ctx.now,
            )
        )

    await as_person(company, "admin", device)
    await company.run("admin", "tenants.deactivate_member", MemberById(id=li))
    assert await traces(company) != {}
    await company.run("admin", "tenants.erase_member", EraseMember(id=li))
    assert await traces(company) == {}
    (row,) = await rows_of(app, company.tenant_id, "SELECT * FROM app.member WHERE id = :id", id=li)
    assert (row.name, row.phone, row.email, row.account) == ("已删除", None, None, None)
    (phone,) = await rows_of(app, company.tenant_id, "SELECT name, revoked_at FROM app.device")
    assert phone.name == "已删除"
    assert phone.revoked_at is not None
    owners = await rows_of(app, company.tenant_id, "SELECT owner_id FROM app.customer WHERE id = :id", id=customer)
    assert owners[0].owner_id == li
    held = await rows_of(app, company.tenant_id, "SELECT 1 FROM app.role_assignment WHERE member_id = :id", id=li)
    assert held == []


def test_a_latin_trace_goes_as_a_word_and_leaves_ids_and_paths_whole() -> None:
    held = {"to": "Ada <ada@x.cn>", "path": "/ada/~Ada/", "id": "Ada-4111", "n": 7, "all": ["Adam", "找Ada谈", None]}
    assert _without(held, _pattern_of({"Ada"})) == {
        "to": "*** <ada@x.cn>",
        "path": "/ada/~Ada/",
        "id": "Ada-4111",
        "n": 7,
        "all": ["Adam", "找***谈", None],
    }


async def test_an_erased_member_does_not_come_back(world: World) -> None:
    member = {"id": world.yunfan.people["zhao"]}
    await world.yunfan.run("admin", "tenants.deactivate_member", MemberById(**member))
    await world.yunfan.run("admin", "tenants.erase_member", EraseMember(**member))
    for command, data in (
        ("tenants.reactivate_member", MemberById(**member)),
        ("tenants.edit_member", EditMember(**member, name="小赵")),
    ):
        with pytest.raises(RecordErased):
            await world.yunfan.run("admin", command, data)
