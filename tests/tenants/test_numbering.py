"""Document numbers: one document each, leased ranges disjoint, every gap evidenced."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from kernel.tables import AuditEntry
from modules.party.entities import Customer
from tenants.numbering import close_leases_of, declare_series, take_number
from tenants.numbering_entities import DocumentNumber, NumberLease, NumberSeries
from tenants.numbering_restored import pass_over
from tests.tenants.numbered import CREATE, KEY, PREFIX, add_device, evidence, lease, numbered, run_on, td, use
from tests.world import Company, World, seed
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal
from values.ids import new_id

_LONG = f"TD-{'9' * 30}"


@pytest.fixture(autouse=True)
def series() -> Iterator[None]:
    with numbered():
        yield


async def refused(work) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value


async def close_of(company: Company, device_id, reason: str) -> None:
    await seed(company.app, company.tenant_id, lambda ctx: close_leases_of(ctx, device_id, reason))


# Refusals


async def test_leasing_voiding_and_closing_need_their_permissions(world: World) -> None:
    company = world.yunfan
    theirs = await lease(company, "li", await add_device(company, "li"))
    device = await add_device(company, "zhou")
    for name, values in (
        ("tenants.lease_numbers", {"series": KEY, "device_id": device}),
        ("tenants.void_number", {"series": KEY, "number": td(1), "reason": "写错"}),
        ("tenants.close_lease", {"id": theirs.id}),
    ):
        with pytest.raises(PermissionDenied):
            await run_on(company, "zhou", device, name, **values)  # the auditor reads only
    with pytest.raises(PermissionDenied):
        await run_on(company, "li", None, "tenants.close_lease", id=theirs.id)
    assert (await evidence(company)).outstanding == 5


async def test_another_companys_device_lease_and_number_are_as_unknown_as_none(world: World) -> None:
    ours = await lease(world.yunfan, "li", await add_device(world.yunfan, "li"))
    device = await add_device(world.seagull, "qian")
    unknown = await refused(lease(world.seagull, "qian", ours.device_id))
    nobody = await refused(lease(world.seagull, "qian", new_id()))
    assert unknown.to_wire() == nobody.to_wire()
    assert isinstance(unknown, NotFound)
    assert isinstance(await refused(run_on(world.seagull, "admin", None, "tenants.close_lease", id=ours.id)), NotFound)
    assert (await refused(use(world.seagull, "qian", device, td(1)))).code == "NUMBER_NOT_LEASED"
    # Each company counts for itself: the same numbers again.
    assert await use(world.seagull, "qian", None, None) == td(1)
    theirs = await lease(world.seagull, "qian", device)
    assert (theirs.first, theirs.last, ours.first, ours.last) == (2, 6, 1, 5)


async def test_a_lease_is_for_ones_own_device_in_use_within_bounds(world: World) -> None:
    company = world.yunfan
    device, colleagues, gone = [await add_device(company, who) for who in ("li", "zhao", "li")]
    await run_on(company, "li", None, "tenants.revoke_device", id=gone)
    assert (await refused(lease(company, "li", colleagues))).code == "NOT_FOUND"
    assert (await refused(lease(company, "li", gone))).code == "NOT_FOUND"
    without = refused(run_on(company, "li", None, "tenants.lease_numbers", series=KEY))
    assert ((told := await without).code, told.field) == ("REQUIRED", "deviceId")
    for count in (0, -1, 501, 2**62):
        assert ((told := await refused(lease(company, "li", device, count))).field) == "count"
    assert (await refused(lease(company, "li", device, series="tests.none"))).code == "SERIES_UNKNOWN"
    assert (await refused(lease(company, "li", device, id=device.__class__(int=7)))).field == "id"
    first = await lease(company, "li", device, 500)
    assert isinstance(await refused(lease(company, "li", device, id=first.id)), AlreadyTaken)
    await lease(company, "li", device, 1)
    assert (await refused(lease(company, "li", device))).code == "TOO_MANY_LEASES"
    assert (await evidence(company)).last == 501  # nothing refused took a number


@pytest.mark.parametrize(
    "written",
    ["", "TD", "TD-", "TD-1", "TD-00001", "td-000001", "TD-0000001", "SO-000001", "TD-000001 ", "TD-００0001", _LONG],
)
async def test_what_is_no_number_of_the_series_is_refused(world: World, written: str) -> None:
    device = await add_device(world.yunfan, "li")
    await lease(world.yunfan, "li", device)
    told = await refused(use(world.yunfan, "li", device, written))
    assert (told.code, told.field) == ("NUMBER_MALFORMED", "code")
    assert "TD-000123" in told.remedy()


async def test_a_number_that_was_not_leased_to_the_member_is_refused_alike(world: World) -> None:
    company = world.yunfan
    mine, colleagues = await add_device(company, "li"), await add_device(company, "zhao")
    assert await use(company, "lin", None, None) == td(1)
    await lease(company, "zhao", colleagues)  # 2 … 6
    await lease(company, "li", mine)  # 7 … 11
    await use(company, "zhao", colleagues, td(3))
    told = [await refused(use(company, "li", mine, td(n))) for n in (1, 2, 3, 12, 999_999_999_999)]
    assert {found.code for found in told} == {"NUMBER_NOT_LEASED"}
    assert {found.remedy() for found in told} == {"请不带编号重新提交，系统会给出下一个编号。"}
    voiding = refused(run_on(company, "li", mine, "tenants.void_number", series=KEY, number=td(2), reason="写错"))
    assert (await voiding).code == "NUMBER_NOT_LEASED"  # not in sight
    assert (await evidence(company)).used == 2


async def test_a_used_and_a_voided_number_serve_nobody_else(world: World) -> None:
    company = world.yunfan
    device = await add_device(company, "li")
    await lease(company, "li", device)
    await use(company, "li", device, td(1))
    told = await refused(use(company, "li", device, td(1)))
    assert (told.code, told.field) == ("NUMBER_TAKEN", "code")
    voiding = {"series": KEY, "reason": "填错"}
    assert (await refused(run_on(company, "li", None, "tenants.void_number", number=td(1), **voiding))).code == (
        "NUMBER_TAKEN"
    )
    bare = run_on(company, "li", None, "tenants.void_number", series=KEY, number=td(2), reason=" ")
    assert (await refused(bare)).field == "reason"
    await run_on(company, "li", None, "tenants.void_number", number=td(2), **voiding)
    for work in (
        use(company, "li", device, td(2)),
        run_on(company, "li", None, "tenants.void_number", number=td(2), **voiding),
    ):
        assert (await refused(work)).code == "NUMBER_VOIDED"


def test_a_series_is_declared_once_and_alone_under_its_prefix() -> None:
    declare_series(KEY, "测试单", "Test document", PREFIX, brought_by=CREATE)
    for key, zh, prefix in ((KEY, "别的", PREFIX), (KEY, "测试单", "TE"), ("tests.other", "别的", PREFIX)):
        with pytest.raises(ValueError):
            declare_series(key, zh, "Test document", prefix)
    for prefix in ("", "td", "T-D", "TOOLONGXX", "销"):
        with pytest.raises(ValueError):
            declare_series("tests.other", "别的", "Other", prefix)


# What is given and used


async def test_numbers_from_the_server_and_from_leases_are_one_series(world: World) -> None:
    company = world.yunfan
    device = await add_device(company, "li")
    assert await use(company, "li", None, None) == td(1)
    found = await lease(company, "li", device, 3)
    assert await use(company, "li", device, None) == td(5)
    assert [await use(company, "li", device, td(n)) for n in (4, 2)] == [td(4), td(2)]
    told = await evidence(company)
    assert (told.last, told.used, told.outstanding, told.unexplained) == (5, 4, 1, 0)
    assert [(gap.first, gap.last, gap.why, gap.lease_id) for gap in told.gaps] == [(3, 3, "outstanding", found.id)]
    await use(company, "li", device, td(3))
    [counted] = (told := await evidence(company)).leases
    assert (counted.used, counted.outstanding, counted.closed_reason, told.gaps) == (3, 0, "used_up", [])


async def test_the_same_document_keeps_its_number(world: World) -> None:
    company = world.yunfan
    device, row_id = await add_device(company, "li"), new_id()
    await lease(company, "li", device)

    async def again(ctx) -> None:
        ctx.actor = await company.actor("li", device_id=device)
        for _ in range(2):
            assert await take_number(ctx, KEY, td(2), entity=Customer, row_id=row_id) == td(2)

    await seed(company.app, company.tenant_id, again)
    await seed(company.app, company.tenant_id, again)
    assert (await evidence(company)).used == 1


async def test_a_refused_command_takes_no_number(world: World) -> None:
    company = world.yunfan
    row_id = new_id()
    await use(company, "li", None, None, id=row_id)
    await refused(run_on(company, "li", None, CREATE, id=row_id))
    assert await use(company, "li", None, None) == td(2)


async def test_eight_at_once_get_disjoint_ranges(world: World) -> None:
    company = world.yunfan
    devices = [await add_device(company, who) for who in ("li", "zhao", "wang", "lin") * 2]
    people = ("li", "zhao", "wang", "lin") * 2

    async def work(who: str, device) -> list[tuple[int, int]]:
        got = [await lease(company, who, device, 7) for _ in range(2)]
        await use(company, who, None, None)
        return [(found.first, found.last) for found in got]

    done = await asyncio.gather(*(work(who, device) for who, device in zip(people, devices, strict=True)))
    ranges = sorted(found for each in done for found in each)
    assert all(last - first == 6 for first, last in ranges)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(ranges))
    told = await evidence(company)
    assert (told.last, told.used, told.outstanding, told.unexplained) == (16 * 7 + 8, 8, 112, 0)


async def test_of_many_documents_with_one_number_one_wins(world: World) -> None:
    company = world.yunfan
    mine, clone = await add_device(company, "li"), await add_device(company, "li")
    await lease(company, "li", mine)
    tries = [use(company, "li", device, td(3)) for device in (mine, clone) * 4]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert [found for found in done if isinstance(found, str)] == [td(3)]
    assert {found.code for found in done if isinstance(found, Refusal)} == {"NUMBER_TAKEN"}
    async with company.app.engine.reading(await company.actor("li")) as session:
        assert await session.scalar(select(func.count()).where(Customer.code == td(3))) == 1


async def test_a_use_and_a_close_at_once_agree(world: World) -> None:
    company = world.yunfan
    for _ in range(4):
        device = await add_device(company, "li")
        found = await lease(company, "li", device, 4)
        number = td(found.first + 1)
        used, closed = await asyncio.gather(
            use(company, "li", device, number),
            run_on(company, "admin", None, "tenants.close_lease", id=found.id),
            return_exceptions=True,
        )
        assert not isinstance(closed, Exception)
        assert used == number or used.code == "NUMBER_VOIDED"
        counted = next(each for each in (await evidence(company)).leases if each.id == found.id)
        assert (counted.used, counted.voided) == ((1, 3) if used == number else (0, 4))


# Leases end


async def test_a_spent_lease_makes_room_for_the_next(world: World) -> None:
    """What is parked keeps a number of it outstanding: the device goes on all the same."""
    company = world.yunfan
    device = await add_device(company, "li")
    first, second = await lease(company, "li", device, 2), await lease(company, "li", device, 2)
    await use(company, "li", device, td(first.first))
    third = await lease(company, "li", device, 2, spent=[first.id])
    assert third.first == second.last + 1
    assert await use(company, "li", device, td(first.last)) == td(first.last)  # it comes late
    told = {found.id: found.closed_reason for found in (await evidence(company)).leases}
    assert told == {first.id: "used_up", second.id: None, third.id: None}


async def test_closing_a_lease_voids_the_rest_with_evidence(world: World) -> None:
    company = world.yunfan
    device = await add_device(company, "li")
    found = await lease(company, "li", device)
    await use(company, "li", device, td(2))
    await run_on(company, "li", device, "tenants.void_number", series=KEY, number=td(4), reason="填错客户")
    await run_on(company, "wang", None, "tenants.close_lease", id=found.id)
    told = await evidence(company)
    assert [(gap.first, gap.last, gap.why, gap.reason) for gap in told.gaps] == [
        (1, 1, "lease_closed", "lost"),
        (3, 3, "lease_closed", "lost"),
        (4, 4, "spoiled", "填错客户"),
        (5, 5, "lease_closed", "lost"),
    ]
    assert (told.used, told.voided, told.outstanding, told.unexplained) == (1, 4, 0, 0)
    assert (await refused(use(company, "li", device, td(3)))).code == "NUMBER_VOIDED"
    assert (await refused(run_on(company, "wang", None, "tenants.close_lease", id=found.id))).code == "LEASE_CLOSED"


@pytest.mark.parametrize("how", ["revoked", "erased"])
async def test_a_device_that_is_out_leaves_no_lease_open(world: World, how: str) -> None:
    company = world.yunfan
    device = await add_device(company, "li")
    await lease(company, "li", device)
    await lease(company, "li", device)
    if how == "revoked":
        await run_on(company, "admin", None, "tenants.revoke_device", id=device)
        await run_on(company, "admin", None, "tenants.revoke_device", id=device)
    else:
        await run_on(company, "admin", None, "tenants.deactivate_member", id=company.people["li"])
        await run_on(company, "admin", None, "tenants.erase_member", id=company.people["li"])
    told = await evidence(company)
    assert {found.closed_reason for found in told.leases} == {"revoked"}
    assert (told.voided, told.outstanding) == (10, 0)


@pytest.mark.parametrize("reason", ["wiped", "forked"])
async def test_after_a_wipe_or_a_fork_the_queue_brings_its_numbers_under_a_new_device(
    world: World, reason: str
) -> None:
    company = world.yunfan
    old, new, colleagues = [await add_device(company, who) for who in ("li", "li", "zhao")]
    await lease(company, "li", old)
    await run_on(company, "li", old, "tenants.void_number", series=KEY, number=td(5), reason="填错")
    await close_of(company, old, reason)
    assert await use(company, "li", new, td(2)) == td(2)
    assert (await refused(use(company, "li", old, td(2)))).code == "NUMBER_TAKEN"
    assert (await refused(use(company, "li", new, td(5)))).code == "NUMBER_VOIDED"  # spoiled stays spoiled
    assert (await refused(use(company, "zhao", colleagues, td(3)))).code == "NUMBER_NOT_LEASED"
    told = await evidence(company)
    assert (told.used, told.voided, told.unexplained) == (1, 4, 0)
    async with company.app.engine.reading(await company.actor()) as session:
        number = await session.scalar(select(DocumentNumber).where(DocumentNumber.number == td(2)))
        turned = (
            await session.core(
                select(AuditEntry.before, AuditEntry.after, AuditEntry.device_id).where(
                    AuditEntry.row_id == number.id, AuditEntry.op == "update"
                )
            )
        ).one()
    assert (turned.before["state"], turned.after["state"], turned.device_id) == ("voided", "used", new)


@pytest.mark.parametrize("reason", ["lost", "revoked"])
async def test_after_a_loss_or_a_revocation_they_do_not_come_back(world: World, reason: str) -> None:
    company = world.yunfan
    old, new = await add_device(company, "li"), await add_device(company, "li")
    await lease(company, "li", old)
    await close_of(company, old, reason)
    assert (await refused(use(company, "li", new, td(2)))).code == "NUMBER_VOIDED"
    with pytest.raises(ValueError):
        await close_of(company, await _leased(company), "because")


async def _leased(company: Company):
    device = await add_device(company, "li")
    await lease(company, "li", device)
    return device


async def test_what_a_restore_passes_over_is_given_to_nobody_and_comes_back_with_its_document(world: World) -> None:
    company = world.yunfan
    device, colleagues = await add_device(company, "li"), await add_device(company, "zhao")
    assert await use(company, "li", None, None) == td(1)

    async def restored(ctx) -> None:
        assert await pass_over(ctx, 0) == {}
        assert await pass_over(ctx, 1_200) == {KEY: 1_201}

    await seed(company.app, company.tenant_id, restored)
    assert (await lease(company, "zhao", colleagues)).first == 1_202
    assert await use(company, "li", device, td(7)) == td(7)  # printed in the days that were lost
    assert (await refused(use(company, "zhao", colleagues, td(7)))).code == "NUMBER_NOT_LEASED"
    assert (await refused(use(company, "li", device, td(1)))).code == "NUMBER_NOT_LEASED"
    told = await evidence(company)
    assert (told.used, told.voided, told.outstanding, told.unexplained) == (2, 1_199, 5, 0)
    assert [(gap.first, gap.last, gap.why) for gap in told.gaps[:2]] == [
        (2, 6, "passed_over"),
        (8, 1_201, "passed_over"),
    ]
    at_once = [use(company, "li", device, td(9)), use(company, "zhao", colleagues, td(9))]
    done = await asyncio.gather(*at_once, return_exceptions=True)
    assert sorted(getattr(found, "code", found) for found in done) == ["NUMBER_NOT_LEASED", td(9)]


async def test_a_lease_is_seen_by_its_member_and_moves_with_them(world: World) -> None:
    company = world.yunfan
    mine = await lease(company, "li", await add_device(company, "li"))
    theirs = await lease(company, "zhao", await add_device(company, "zhao"))
    for who, seen in (("li", {mine.id}), ("zhao", {theirs.id}), ("wang", {mine.id, theirs.id})):
        async with company.app.engine.reading(await company.actor(who)) as session:
            assert set(await session.scalars(select(NumberLease.id))) == seen
    async with company.app.engine.reading(await world.seagull.actor()) as session:
        assert await session.scalars(select(NumberSeries.id)) == []
