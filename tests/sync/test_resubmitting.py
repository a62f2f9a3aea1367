"""What an inbox entry may be turned into: about the same row, of something, and over nobody's later change."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kernel.command import commands
from server.catalogue import load_rooms
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tenants.errors import NothingToResubmit, NotResubmittable
from tenants.parking import RESOLVE, makes_a_row
from tenants.resubmitting import NEVER_RUNS, named_by
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
from values.clock import FrozenClock
from values.errors import InvalidInput, NotFound, PermissionDenied, Refusal
from values.ids import new_id

load_rooms()
EDIT = "party.edit_customer"


async def decide(doors: Doors, who: str, entry: UUID, action: str = "mine", **more: Any) -> Any:
    return await doors.world.yunfan.run(who, RESOLVE, ResolveInboxEntry(id=entry, action=action, **more))


async def state(doors: Doors, entry: UUID) -> str:
    [found] = await rows_of(
        doors.app, doors.world.yunfan.tenant_id, f"SELECT state FROM app.inbox_entry WHERE id = '{entry}'"
    )
    return str(found.state)


async def row(doors: Doors, row_id: UUID) -> Any:
    asked = f"SELECT * FROM app.customer WHERE id = '{row_id}'"
    [found] = await rows_of(doors.app, doors.world.yunfan.tenant_id, asked)
    return found


@pytest.fixture
async def pair(run) -> tuple[UUID, UUID]:
    """Two customers of 小李's."""
    made = [(await run("li", "party.create_customer", name=name, level="c", notes="旧")).row_id for name in "甲乙"]
    return made[0], made[1]


@pytest.fixture
async def refused(doors: Doors, pair) -> UUID:
    """An edit of the first one that was refused whole."""
    device = await Raw(doors, "li").register()
    base = {"email": None, "level": "c"}
    answer = await device.push(device.mutation(1, EDIT, base, id=pair[0], email="nope", level="a"))
    assert answer.outcomes[0].error.code == "EMAIL_INVALID"
    entry: UUID = answer.outcomes[0].inbox_id
    return entry


async def test_strangers_and_readers_resubmit_nothing(doors: Doors, pair, refused: UUID) -> None:
    mended = {"id": str(pair[0]), "email": "li@example.com"}
    with pytest.raises(NotFound):
        await decide(doors, "zhao", refused, arguments=mended)
    with pytest.raises(PermissionDenied):
        await decide(doors, "zhou", refused, arguments=mended)
    data = ResolveInboxEntry(id=refused, action="mine", arguments=mended)
    with pytest.raises(NotFound):
        await doors.world.seagull.run("admin", RESOLVE, data)
    assert (await row(doors, pair[0])).email is None


async def test_an_edit_stays_about_its_row(doors: Doors, pair, refused: UUID) -> None:
    first, second = pair
    for who in ("li", "wang"):
        with pytest.raises(InvalidInput) as told:
            await decide(doors, who, refused, arguments={"id": str(second), "industry": "越界"})
        assert told.value.field == "arguments.id"
    assert ((await row(doors, second)).industry, await state(doors, refused)) == (None, "open")
    mended = {"id": str(first).upper(), "email": "li@example.com", "level": "a"}
    await decide(doors, "li", refused, arguments=mended)
    assert (await row(doors, first)).email == "li@example.com"


async def test_what_leaves_the_row_out_is_about_the_row_of_the_entry(doors: Doors, pair, refused: UUID) -> None:
    await decide(doors, "li", refused, arguments={"email": "li@example.com"})
    assert (await row(doors, pair[0])).email == "li@example.com"


async def test_an_archive_and_a_restore_stay_about_their_row(doors: Doors, run, pair) -> None:
    first, second = pair
    device, other = await Raw(doors, "lin").register(), str(second)
    await run("wang", EDIT, id=first, industry="贸易")
    seen = {"version": 1, "updatedAt": "2026-03-02T00:00:00.000000Z"}
    answer = await device.push(
        device.mutation(1, "party.archive_customer", seen, id=first),
        device.mutation(2, "party.restore_customer", id=first, version=99),
    )
    assert [o.error.code for o in answer.outcomes] == ["ROW_EDITED_MEANWHILE", "VERSION_CONFLICT"]
    archive, restore = (o.inbox_id for o in answer.outcomes)
    with pytest.raises(InvalidInput, match=r"arguments\.id"):
        await decide(doors, "lin", archive, arguments={"id": other})
    await run("lin", "party.archive_customer", id=second)
    with pytest.raises(InvalidInput, match=r"arguments\.id"):
        await decide(doors, "lin", restore, arguments={"id": other})
    assert (await row(doors, first)).archived_at is None
    assert (await row(doors, second)).archived_at is not None
    await decide(doors, "lin", archive)
    assert (await row(doors, first)).archived_at is not None


async def test_a_transition_stays_about_its_row(doors: Doors, run, pair) -> None:
    orders = [(await run("li", "sales.create_order", customer_id=pair[0])).row_id for _ in range(2)]
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, "sales.deliver_order", {"state": "draft"}, id=orders[0]))
    assert answer.outcomes[0].status == "inbox"
    with pytest.raises(InvalidInput, match=r"arguments\.id"):
        await decide(doors, "li", answer.outcomes[0].inbox_id, arguments={"id": str(orders[1])})


async def test_a_voided_number_stays_that_number(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    given = {"series": "sales_order", "number": "SO-000001", "reason": "纸张损坏"}
    answer = await device.push(device.mutation(1, "tenants.void_number", **given))
    assert answer.outcomes[0].status == "inbox"
    for other in ({"number": "SO-000002"}, {"series": "delivery"}):
        with pytest.raises(InvalidInput, match=rf"arguments\.{next(iter(other))}"):
            await decide(doors, "li", answer.outcomes[0].inbox_id, arguments={**given, **other})


def test_every_command_of_devices_says_what_it_is_about() -> None:
    """Without that an entry could be turned against another row."""
    asked = [found for found in commands() if found.offline and not found.name.startswith("tests.")]
    assert len(asked) > 25
    assert [found.name for found in asked if not named_by(found)] == []
    for found in asked:
        inputs = {part.name: part for part in msgspec.structs.fields(found.input_type)}
        assert all(name in inputs for name in named_by(found)), found.name
        assert makes_a_row(found) or all(inputs[name].required for name in named_by(found)), found.name


async def test_nothing_is_no_decision(doors: Doors, pair, refused: UUID) -> None:
    for nothing in ({"fields": []}, {"arguments": {}}, {"arguments": {"id": str(pair[0]), "version": 1}}):
        with pytest.raises(NothingToResubmit):
            await decide(doors, "li", refused, **nothing)
        assert await state(doors, refused) == "open"
    li = await doors.device("li", "li")
    li.resolve(str(refused), "mine", fields=[])
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1}
    assert {entry["code"] for entry in li.inbox()} == {"EMAIL_INVALID", "NOTHING_TO_RESUBMIT"}


async def test_what_named_an_erased_person_runs_no_more(doors: Doors, run, pair) -> None:
    first, second = pair
    device = await Raw(doors, "li").register()
    await run("admin", "party.erase_customer", id=first)
    answer = await device.push(device.mutation(1, EDIT, {"level": "c"}, id=first, level="a"))
    entry = answer.outcomes[0].inbox_id
    assert answer.outcomes[0].error.code == "RECORD_ERASED"
    for more in ({}, {"arguments": {"id": str(first), "level": "a"}}, {"arguments": {"id": str(second), "level": "a"}}):
        with pytest.raises(NotResubmittable) as told:
            await decide(doors, "li", entry, **more)
        assert "party." not in told.value.sentence("zh-CN") + told.value.sentence("en")
    await decide(doors, "li", entry, "discard")
    assert "RECORD_ERASED" in NEVER_RUNS


async def test_an_added_field_that_others_changed_since_is_not_overwritten(doors: Doors, run, pair, refused) -> None:
    first, _ = pair
    await run("wang", EDIT, id=first, notes="王主管改过")
    mended = {"id": str(first), "email": "li@example.com", "notes": "小李写的"}
    with pytest.raises(Refusal) as told:
        await decide(doors, "li", refused, arguments=mended)
    assert (told.value.code, told.value.field) == ("CHANGED_SINCE_FILED", "arguments.notes")
    assert "备注" in told.value.sentence("zh-CN")
    found = await row(doors, first)
    assert (found.notes, found.email, await state(doors, refused)) == ("王主管改过", None, "open")
    await decide(doors, "wang", refused, arguments=mended)  # whose own word it was
    assert (await row(doors, first)).notes == "小李写的"


async def test_an_added_field_that_nobody_touched_is_taken(
    doors: Doors, run, pair, refused, clock: FrozenClock
) -> None:
    first, _ = pair
    clock.move(minutes=1)
    await run("wang", EDIT, id=first, region="华东")
    await decide(doors, "li", refused, arguments={"email": "li@example.com", "notes": "小李写的"})
    found = await row(doors, first)
    assert (found.notes, found.email, found.region) == ("小李写的", "li@example.com", "华东")


async def test_a_form_sent_whole_leaves_what_others_changed(doors: Doors, run, pair, refused) -> None:
    """The form shows the row as it was when the entry was filed, and the person left these fields alone."""
    first, _ = pair
    await run("wang", EDIT, id=first, notes="王主管改过", region="华东")
    whole = {"id": str(first), "email": "li@example.com", "level": "a", "notes": "旧", "region": "华东", "name": "甲"}
    await decide(doors, "li", refused, arguments=whole)
    found = await row(doors, first)
    assert (found.notes, found.region, found.email, found.level) == ("王主管改过", "华东", "li@example.com", "a")


async def test_what_the_rest_of_a_clashing_edit_applied_is_a_field_like_any(doors: Doors, run, pair) -> None:
    """The entry asks about the level alone. The notes were applied; what came over them since stays."""
    first, _ = pair
    device = await Raw(doors, "li").register()
    await run("wang", EDIT, id=first, level="b")
    base = {"level": "c", "notes": "旧"}
    answer = await device.push(device.mutation(1, EDIT, base, id=first, level="a", notes="小李写的"))
    entry = answer.outcomes[0].inbox_id
    assert (answer.outcomes[0].status, (await row(doors, first)).notes) == ("merged", "小李写的")
    await run("wang", EDIT, id=first, notes="王主管改过")
    with pytest.raises(Refusal) as told:
        await decide(doors, "li", entry, arguments={"level": "d", "notes": "又改"})
    assert told.value.code == "CHANGED_SINCE_FILED"
    await decide(doors, "li", entry, arguments={"level": "d", "notes": "小李写的"})
    found = await row(doors, first)
    assert (found.level, found.notes) == ("d", "王主管改过")


async def test_an_amount_is_not_taken_in_a_currency_that_others_changed(doors: Doors, run, pair, refused) -> None:
    first, _ = pair
    await run("li", EDIT, id=first, credit_limit_minor=100, credit_currency="CNY")
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, EDIT, {"email": None}, id=first, email="nope"))
    await run("wang", EDIT, id=first, credit_limit_minor=100, credit_currency="USD")
    amount = {"email": "li@example.com", "creditLimitMinor": 500, "creditCurrency": "CNY"}
    with pytest.raises(Refusal) as told:
        await decide(doors, "li", answer.outcomes[0].inbox_id, arguments=amount)
    assert (told.value.code, told.value.field) == ("CHANGED_SINCE_FILED", "arguments.creditCurrency")
    found = await row(doors, first)
    assert (found.credit_limit_minor, found.credit_currency) == (100, "USD")


async def test_custom_fields_are_added_key_by_key(doors: Doors, run, pair) -> None:
    for key in ("size", "grade"):
        await run("admin", "tenants.define_custom_field", entity="party.Customer", key=key, label_zh=key, kind="text")
    first, _ = pair
    await run("li", EDIT, id=first, custom={"size": "小", "grade": "一"})
    device = await Raw(doors, "li").register()
    base = {"email": None, "custom": {"size": "小"}}
    answer = await device.push(device.mutation(1, EDIT, base, id=first, email="nope", custom={"size": "大"}))
    entry = answer.outcomes[0].inbox_id
    await run("wang", EDIT, id=first, custom={"grade": "二"})
    with pytest.raises(Refusal) as told:
        await decide(doors, "li", entry, arguments={"email": None, "custom": {"size": "大", "grade": "三"}})
    assert (told.value.code, told.value.field) == ("CHANGED_SINCE_FILED", "arguments.custom.grade")
    await decide(doors, "li", entry, arguments={"email": None, "custom": {"size": "大", "grade": "一"}})
    assert (await row(doors, first)).custom == {"size": "大", "grade": "二"}


async def test_a_new_row_keeps_its_id_and_takes_any_field(doors: Doors, run) -> None:
    await run("lin", "party.create_customer", name="占用", code="K1")
    device, made = await Raw(doors, "li").register(), new_id()
    answer = await device.push(device.mutation(1, "party.create_customer", id=made, name="青山", code="K1"))
    entry = answer.outcomes[0].inbox_id
    with pytest.raises(InvalidInput, match=r"arguments\.id"):
        await decide(doors, "li", entry, arguments={"id": str(new_id()), "name": "青山"})
    await decide(doors, "li", entry, arguments={"name": "青山", "code": "K2", "notes": "新写"})
    assert (await row(doors, made)).notes == "新写"
