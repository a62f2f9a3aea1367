"""Sessions: dead at once when they should be, alive while they may, and nobody else's to see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import event

from infra.flights import Flights
from tenants.identity.inputs import RevokeSession
from tenants.identity.security_log import purge_security_log
from tenants.identity.tokens import new_token, token_hash
from tests.tenants.identity_desk import ADDRESS, Desk
from values.errors import InvalidInput, NotFound, NotSignedIn, PermissionDenied, Required
from values.ids import new_id


@pytest.mark.parametrize(
    "token",
    ["", "yf_s_short", "x" * 10_000, "yf_s_" + "0" * 49, new_token("yf_d")[0]],
    ids=["empty", "short", "long", "zeros", "device"],
)
async def test_what_is_no_session_token_is_refused(desk: Desk, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await desk.identity.authenticate(token)


async def test_a_well_formed_token_of_nobody_is_refused(desk: Desk) -> None:
    with pytest.raises(NotSignedIn):
        await desk.identity.authenticate(new_token("yf_s")[0])


async def test_a_signed_out_token_is_dead(desk: Desk) -> None:
    made = await desk.sign_up()
    who = await desk.who(made.token)
    await desk.identity.sign_out(who, address=ADDRESS)
    with pytest.raises(NotSignedIn):
        await desk.who(made.token)


async def test_the_token_itself_is_not_stored(desk: Desk) -> None:
    made = await desk.sign_up()
    rows = await desk.platform("SELECT s::text FROM platform.session s")
    assert rows
    assert not any(made.token in str(row) for row in rows)


async def test_an_idle_session_ends_and_a_used_one_goes_on_to_the_thirtieth_day(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.setting(admin.tenant_id, "security.idle_timeout_minutes", {"minutes": 30})
    short = await desk.sign_in()
    desk.clock.move(minutes=29)
    await desk.who(short.token)
    desk.clock.move(minutes=29)
    await desk.who(short.token)
    desk.clock.move(minutes=30)
    with pytest.raises(NotSignedIn):
        await desk.who(short.token)
    second = await desk.founder("lin", company="另一家")
    token = (await desk.sign_in("lin")).token
    for _ in range(5):
        desk.clock.move(days=6, hours=-1)
        assert (await desk.who(token)).tenant_id == second.tenant_id
    desk.clock.move(hours=6)
    with pytest.raises(NotSignedIn):
        await desk.who(token)


async def test_a_changed_idle_time_holds_for_running_sessions_at_once(desk: Desk) -> None:
    admin = await desk.founder()
    running, other = await desk.sign_in(), await desk.founder("sun", company="海鸥商行")
    desk.clock.move(minutes=40)
    await desk.setting(admin.tenant_id, "security.idle_timeout_minutes", {"minutes": 30})
    with pytest.raises(NotSignedIn):
        await desk.who(running.token)
    assert (await desk.identity.sessions(other))[0].id == other.session_id
    fresh = await desk.sign_in()
    listed = await desk.identity.sessions(await desk.who(fresh.token))
    assert [session.tenant_id for session in listed] == [admin.tenant_id]


async def test_a_longer_idle_time_holds_too_but_wakes_no_session_that_was_refused(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.setting(admin.tenant_id, "security.idle_timeout_minutes", {"minutes": 30})
    dead, running = await desk.sign_in(), await desk.sign_in()
    desk.clock.move(minutes=20)
    await desk.who(running.token)
    desk.clock.move(minutes=15)
    with pytest.raises(NotSignedIn):
        await desk.who(dead.token)
    await desk.change_setting(admin.tenant_id, "security.idle_timeout_minutes", {"minutes": 60})
    desk.clock.move(minutes=40)
    assert (await desk.who(running.token)).tenant_id == admin.tenant_id
    desk.clock.move(minutes=-40)
    with pytest.raises(NotSignedIn):
        await desk.who(dead.token)
    ended = await desk.platform(
        "SELECT revoked_reason FROM platform.session WHERE token_hash = :hash", hash=token_hash(str(dead.token))
    )
    assert ended == [("idle",)]


async def test_asking_whose_token_it_is_takes_the_same_few_statements_as_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The company's idle time comes with the member's rights: no statement more for it."""
    made = await desk.sign_up()
    await desk.who(made.token)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT set_config", "SET ")):
            asked.append(statement)

    def flown(flights: Flights, *groups: Any) -> None:
        asked.extend(statement for group in groups for statement, _ in group if statement.startswith("SELECT "))
        send(flights, *groups)

    send = Flights.send
    monkeypatch.setattr(Flights, "send", flown)
    database = desk.app.engine.database
    engines = [database.app.sync_engine, database.platform.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        await desk.who(made.token)
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 2, asked  # session and company; member, roles and the company's rules


async def test_the_last_use_is_written_once_a_minute_at_most(desk: Desk) -> None:
    made = await desk.sign_up()
    seen = "SELECT last_seen_at, xmin::text FROM platform.session WHERE membership_id = :id"
    before = await desk.platform(seen, id=made.member.id)
    desk.clock.move(seconds=59)
    await desk.who(made.token)
    assert await desk.platform(seen, id=made.member.id) == before
    desk.clock.move(seconds=1)
    await desk.who(made.token)
    assert (await desk.platform(seen, id=made.member.id))[0][0] == desk.clock.now()


async def test_suspension_deactivation_and_leaving_end_a_session_at_once(desk: Desk) -> None:
    admin = await desk.founder()
    li, wang = await desk.join(admin), await desk.join(admin, "wang")
    tokens = {name: (await desk.sign_in(name)).token for name in ("chen", "li", "wang")}
    assert {li.member_id, wang.member_id} == {(await desk.who(tokens[n])).member_id for n in ("li", "wang")}
    await desk.deactivate(admin.tenant_id, li.member_id)
    with pytest.raises(NotSignedIn):
        await desk.who(tokens["li"])
    await desk.platform("UPDATE platform.membership SET ended_at = now() WHERE id = :id", id=wang.member_id)
    with pytest.raises(NotSignedIn):
        await desk.who(tokens["wang"])
    await desk.who(tokens["chen"])
    await desk.suspend(admin.tenant_id)
    with pytest.raises(NotSignedIn):
        await desk.who(tokens["chen"])


async def test_nobody_sees_or_ends_somebody_elses_session(desk: Desk) -> None:
    mine, theirs = await desk.founder(), await desk.founder("sun", company="海鸥商行")
    assert [session.id for session in await desk.identity.sessions(mine)] == [mine.session_id]
    with pytest.raises(NotFound):
        await desk.identity.revoke_session(mine, RevokeSession(id=theirs.session_id), address=ADDRESS)
    with pytest.raises(NotFound):
        await desk.identity.revoke_session(mine, RevokeSession(id=new_id()), address=ADDRESS)
    with pytest.raises(Required):
        await desk.identity.revoke_session(mine, RevokeSession(), address=ADDRESS)
    assert len(await desk.identity.sessions(theirs)) == 1


async def test_own_sessions_are_listed_and_ended_one_or_all_others(desk: Desk) -> None:
    here = await desk.sign_up()
    phone, tablet = await desk.sign_in(device_name="phone"), await desk.sign_in(device_name="tablet")
    who = await desk.who(here.token)
    listed = await desk.identity.sessions(who)
    assert {session.device_name for session in listed} == {None, "phone", "tablet"}
    assert [session.id for session in listed if session.current] == [who.session_id]
    phone_session = next(session for session in listed if session.device_name == "phone")
    ended = await desk.identity.revoke_session(who, RevokeSession(id=phone_session.id), address=ADDRESS)
    assert ended.count == 1
    with pytest.raises(NotSignedIn):
        await desk.who(phone.token)
    assert (await desk.identity.revoke_session(who, RevokeSession(all_others=True), address=ADDRESS)).count == 1
    with pytest.raises(NotSignedIn):
        await desk.who(tablet.token)
    await desk.who(here.token)


async def test_switching_gives_a_token_for_the_other_company_only_to_its_people(desk: Desk) -> None:
    first = await desk.sign_up(company="第一家")
    second = await desk.sign_up(company="第二家")
    rival = await desk.founder("sun", company="海鸥商行")
    who = await desk.who(first.token)
    with pytest.raises(NotFound):
        await desk.identity.switch_tenant(who, rival.tenant_id)
    with pytest.raises(NotFound):
        await desk.identity.switch_tenant(who, new_id())
    desk.clock.move(days=3)
    switched = await desk.identity.switch_tenant(await desk.who(first.token), second.tenant.id)
    assert (await desk.who(switched.token)).tenant_id == second.tenant.id
    assert (await desk.who(first.token)).tenant_id == first.tenant.id
    assert switched.expires_at == who.session_expires_at


async def test_forcing_out_needs_the_right_and_reaches_this_company_only(desk: Desk) -> None:
    admin = await desk.founder()
    rival = await desk.founder("sun", company="海鸥商行")
    li = await desk.join(admin)
    with pytest.raises(PermissionDenied):
        await desk.identity.force_sign_out(li.actor, admin.member_id)
    with pytest.raises(NotFound):
        await desk.identity.force_sign_out(rival.actor, li.member_id)
    own = await desk.sign_up("li", company="小李的店")
    token = (await desk.sign_in("li", tenant_id=admin.tenant_id)).token
    async with desk.app.redis.pubsub() as heard:
        await heard.subscribe("session:revoked")
        ended = await desk.identity.force_sign_out(admin.actor, li.member_id)
        assert ended.count == 2
        told = set()
        while len(told) < 2:
            message = await heard.get_message(ignore_subscribe_messages=True, timeout=5)
            if message is not None:
                told.add(json.loads(message["data"])["sessionId"])
    assert str(li.session_id) in told
    with pytest.raises(NotSignedIn):
        await desk.who(token)
    assert (await desk.who(own.token)).tenant_id == own.tenant.id
    assert (await desk.sign_in("li", tenant_id=admin.tenant_id)).token


async def test_the_security_log_is_for_those_who_may_read_it_and_for_their_company_only(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    rival = await desk.founder("sun", company="海鸥商行")
    with pytest.raises(PermissionDenied):
        await desk.identity.security_events(li.actor)
    for first, after in ((0, None), (201, None), (5, "not a cursor"), (5, "2026-01-01|x")):
        with pytest.raises(InvalidInput):
            await desk.identity.security_events(admin.actor, first, after)
    assert {event.event for event in (await desk.identity.security_events(rival.actor)).events} == {"signed_up"}
    everything = (await desk.identity.security_events(admin.actor)).events
    pages, after = [], None
    while True:
        page = await desk.identity.security_events(admin.actor, 1, after)
        pages += page.events
        after = page.end_cursor
        if not page.has_next_page:
            break
    assert pages == everything
    assert {event.member_id for event in everything} == {admin.member_id, li.member_id}


async def test_the_security_log_is_kept_for_180_days(desk: Desk) -> None:
    await purge_security_log(desk.app.engine)
    admin = await desk.founder()
    mine = "SELECT count(*) FROM platform.security_log WHERE tenant_id = :id"
    desk.clock.move(days=180)
    await purge_security_log(desk.app.engine)
    assert await desk.platform(mine, id=admin.tenant_id) == [(1,)]
    desk.clock.move(days=11)
    assert await purge_security_log(desk.app.engine) >= 1
    assert await desk.platform(mine, id=admin.tenant_id) == [(0,)]
