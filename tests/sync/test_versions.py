"""Devices of older and newer versions: what they are told, what becomes of what they bring."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from modules.party.entities import Contact, Customer
from sync import loads, versions
from sync.client import SyncRefused, UnknownCommand
from sync.client.live import follow
from sync.collections import schema_for
from sync.errors import AppTooOld, ServerTooOld
from sync.service import SyncService
from sync.steps import Noted
from sync.versions import Step
from sync.wire import LoadRequest, Mutation, PullRequest, PushRequest, PushResponse
from tenants.device_entities import InboxEntry
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.sync.rows_told import rows_told
from tests.sync.schema_history import CREATE, EDIT, HISTORY, NEWEST, built_for, history, words
from tests.sync.test_live import _shows, on_air
from values.ids import new_id
from values.wire import to_wire

OLD = range(2, NEWEST)


@pytest.fixture(autouse=True)
def six_steps(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with history(monkeypatch):
        yield


async def _push(raw: Raw, version: int | None, *mutations: Mutation, app: int = NEWEST) -> PushResponse:
    """`version`: of the mutations; `app`: of what sends them."""
    actor = await raw.doors.world.yunfan.actor(raw.who)
    made = [structs.replace(m, schema_version=version) for m in mutations]
    return await raw.service.push(actor, PushRequest(device_id=raw.id, mutations=made, schema_version=app))


async def _customer(doors: Doors, row_id: object) -> Customer:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        found = await session.scalar(select(Customer).where(Customer.id == UUID(str(row_id))))
        session.orm.expunge_all()
    return found


async def _entry(doors: Doors, answer: PushResponse) -> InboxEntry:
    [outcome] = answer.outcomes
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        found = await session.scalar(select(InboxEntry).where(InboxEntry.id == outcome.inbox_id))
        session.orm.expunge_all()
    return found


async def test_rows_are_refused_beyond_the_window_and_ahead_of_the_server(doors: Doors) -> None:
    raw = await Raw(doors, "li").register()
    actor = await doors.world.yunfan.actor("li")
    service = SyncService(doors.app.engine, loads.Loads(doors.app.engine, doors.app.blobs))
    for version, refusal in ((None, AppTooOld), (1, AppTooOld), (8, ServerTooOld)):
        told = {"schema_version": version} if version is not None else {}
        asked = [
            service.pull(actor, PullRequest(device_id=raw.id, **told)),
            service.load(actor, LoadRequest(device_id=raw.id, encodings=["gzip"], **told)),
        ]
        for work in asked:
            with pytest.raises(refusal) as refused:
                await work
            assert "升级" in refused.value.remedy("zh-CN")
            assert "{" not in refused.value.sentence("zh-CN") + refused.value.sentence("en")
    assert (AppTooOld.kind.transient, ServerTooOld.kind.transient) == (False, True)
    for version in range(2, NEWEST + 1):
        await service.pull(actor, PullRequest(device_id=raw.id, schema_version=version))


async def test_a_version_that_is_none_is_no_request(doors: Doors) -> None:
    replica = await built_for(doors, 3, "li", "li")
    asked = {"deviceId": replica.device_id, "mutations": []}
    for wrong in (0, -1, "2", 2_000_000):
        with pytest.raises(SyncRefused) as refused:
            await asyncio.to_thread(replica._transport.post, "/sync/v1/push", {**asked, "schemaVersion": wrong})
        assert (refused.value.status, refused.value.field) == (422, "schemaVersion")


async def test_what_a_newer_app_made_waits_on_the_device(doors: Doors) -> None:
    raw = await Raw(doors, "li").register()
    first, second = raw.mutation(1, CREATE, name="旧的"), raw.mutation(2, CREATE, name="新的")
    assert (await _push(raw, 7, first)).last_mutation == 1
    stopped = await _push(raw, 8, second, app=8)
    assert (stopped.outcomes, stopped.last_mutation, stopped.stopped.code) == ([], 1, "SERVER_TOO_OLD")
    assert stopped.stopped.message
    assert stopped.stopped.remedy
    again = await _push(raw, 8, first, app=8)  # what was taken before the server was rolled back is answered
    assert [o.status for o in again.outcomes] == ["applied"]
    newer = await doors.device("li", "newer", registered=False)
    newer.schema_version = 8
    with pytest.raises(SyncRefused, match="SERVER_TOO_OLD"):
        await asyncio.to_thread(newer.register, "newer")
    versions.HISTORY = (*HISTORY, Step(8, (Noted("came back"),)))
    assert [o.status for o in (await _push(raw, 8, second, app=8)).outcomes] == ["applied"]


async def test_a_device_beyond_the_window_goes_on_pushing(doors: Doors, run) -> None:
    made = await run("li", CREATE, name="老客户", region="华北")
    old = await doors.device("li", "old", registered=False)
    old.schema_version = 1
    await asyncio.to_thread(old.register, "old")
    assert "party.edit_client" in old._store.get("schema")["commands"]
    created = old.mutate(CREATE, name="离线新建", area="华东", level="B")
    old.mutate("party.edit_client", id=str(made.row_id), notes="备注")
    for _ in range(2):
        with pytest.raises(SyncRefused, match="APP_TOO_OLD") as refused:
            await asyncio.to_thread(old.sync)
        assert refused.value.remedy
        assert old.pending() == []
        old.mutate("party.edit_client", id=created, phone="13800000009")
    found = await _customer(doors, created)
    assert (found.region, found.level) == ("华东", "b")
    assert len(old.pending()) == 1
    updated = old
    updated.schema_version = NEWEST  # the app is updated; the edit made before still converts
    await asyncio.to_thread(updated.sync)
    assert updated.pending() == []
    assert updated.row("customers", created)["phone"].endswith("13800000009")
    assert await asyncio.to_thread(updated.verify) == []


async def test_what_is_older_than_all_steps_goes_to_the_inbox(doors: Doors) -> None:
    versions.HISTORY = HISTORY[2:]
    raw = await Raw(doors, "li").register()
    answer = await _push(raw, 1, raw.mutation(1, CREATE, name="太旧", area="华东"), app=1)
    assert (answer.last_mutation, answer.stopped) == (1, None)
    entry = await _entry(doors, answer)
    assert (entry.code, entry.state, entry.arguments["area"]) == ("MADE_BY_OLDER_APP", "open", "华东")
    assert entry.remedy_zh
    assert entry.message_en.isascii()


async def test_what_cannot_be_said_anew_is_filed_with_its_reason(doors: Doors, run) -> None:
    made = await run("li", CREATE, name="云客户")
    raw, row = await Raw(doors, "li").register(), str(made.row_id)
    cases = [
        (3, EDIT, {"id": row, "fax": "010-1"}, "MADE_BY_OLDER_APP", "fax", "传真号码已不再保存"),
        (3, CREATE, {"name": "带传真", "fax": "010-2"}, "MADE_BY_OLDER_APP", "fax", "传真号码已不再保存"),
        (1, "party.edit_client", {"id": row, "level": "E"}, "MADE_BY_OLDER_APP", "level", "没有新的写法"),
        (4, EDIT, {"id": row, "level": ["A"]}, "MADE_BY_OLDER_APP", "level", "没有新的写法"),
        (5, "party.freeze_customer", {"id": row}, "COMMAND_RETIRED", "command", "不再支持冻结客户"),
        (6, "party.freeze_customer", {"id": row}, "COMMAND_UNKNOWN", "command", ""),
    ]
    for n, (version, command, arguments, code, field, why) in enumerate(cases, 1):
        base = {name: None for name in arguments if name != "id"} if command != CREATE else {}
        answer = await _push(raw, version, raw.mutation(n, command, base, **arguments))
        entry = await _entry(doors, answer)
        assert (answer.last_mutation, entry.code, entry.field, entry.state) == (n, code, field, "open")
        assert why in entry.message_zh
        assert entry.arguments == arguments
        assert entry.remedy_zh
        assert entry.remedy_en
    assert entry.command == "party.freeze_customer"
    retired = await _push(raw, 2, raw.mutation(7, "party.freeze_customer", id=row))
    assert (await _entry(doors, retired)).remedy_zh == "请改用信用额度控制。"


async def test_an_unconvertible_edit_runs_only_as_entered_anew(doors: Doors) -> None:
    raw = await Raw(doors, "li").register()
    made, contact = str(new_id()), str(new_id())
    first = raw.mutation(1, CREATE, id=made, name="带传真", fax="010-2", area="华南")
    second = raw.mutation(2, "party.create_contact", id=contact, customerId=made, name="小孙")
    answer = await _push(raw, 2, first, second)
    assert [o.status for o in answer.outcomes] == ["inbox", "parked"]
    li = await built_for(doors, NEWEST, "li", "li")
    entry = next(e for e in li.inbox() if e["code"] == "MADE_BY_OLDER_APP")
    assert entry["arguments"]["region"] == "华南"
    li.resolve(entry["id"], "mine")
    await asyncio.to_thread(li.sync)
    assert "NOT_RESUBMITTABLE" in {e["code"] for e in li.inbox()}
    li.resolve(entry["id"], "mine", arguments={"name": "带传真", "region": "华南"})
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(li.pull)
    assert li.row("customers", made)["region"] == "华南"
    assert li.row("contacts", contact)["title"] == "联系人"


@pytest.mark.parametrize("version", OLD)
async def test_an_older_device_lives_in_its_own_version(doors: Doors, run, version: int, monkeypatch) -> None:
    said = words(version)
    customers, region, level = said["collection"], said["region"], said["level"]
    made = await run("li", CREATE, name="共同客户", region="华北", level="c", industry="制造")
    replica = await built_for(doors, version, "li", "li")
    row = replica.row(customers, str(made.row_id))
    assert (row[region], row["level"]) == ("华北", level("c"))
    assert ("industry" in row, "shortName" in row) == (version >= 4, version < 4)
    if version < 4:
        assert (row["shortName"], row["fax"]) == ("共同", "")
    assert next(iter(row)) == "id"
    told = replica._store.get("schema")
    assert told["hash"] == schema_for(await doors.world.yunfan.actor("li"), None, version).hash
    assert set(row) == set(told["collections"][customers]["fields"])
    assert ("party.restore_customer" in told["commands"]) == (version >= 7)
    assert ("tags" in told["collections"]) == (version >= 6)
    assert await asyncio.to_thread(replica.verify) == []
    # edits, a merge with a colleague of today, and a clash
    today = await built_for(doors, NEWEST, "wang", "wang")
    replica.mutate(said["edit"], id=row["id"], **{region: "华东"}, level=level("a"))
    today.mutate(EDIT, id=row["id"], notes="同事")
    created = replica.mutate(CREATE, name="离线", **{region: "西南"}, level=level("d"))
    contact = replica.mutate("party.create_contact", customerId=created, name="小孙")
    for device in (today, replica, today, replica):
        await asyncio.to_thread(device.sync)
    both = today.row("customers", row["id"])
    assert (both["region"], both["level"], both["notes"]) == ("华东", "a", "同事")
    assert (replica.row(customers, row["id"])["notes"], replica.inbox()) == ("同事", [])
    assert today.row("customers", created)["level"] == "d"
    assert today.row("contacts", contact)["title"] == ("联系人" if version < 6 else None)
    replica.mutate(said["edit"], id=row["id"], **{region: "我的"})
    today.mutate(EDIT, id=row["id"], region="对方的")
    for device in (today, replica):
        await asyncio.to_thread(device.sync)
    (entry,) = replica.inbox()
    assert entry["command"] == said["edit"]
    assert [(d["field"], d["mine"], d["theirs"]) for d in entry["differences"]] == [(region, "我的", "对方的")]
    assert set(entry["fieldFacts"]) == {region}
    replica.resolve(entry["id"], "mine", fields=[region])
    await asyncio.to_thread(replica.sync)
    assert (await _customer(doors, row["id"])).region == "我的"
    for device in (replica, today):
        assert await asyncio.to_thread(device.verify) == []
    # an app update: what differs is loaded again, nothing else
    replica.mutate(said["edit"], id=row["id"], level=level("b"))
    replica.schema_version = NEWEST
    await asyncio.to_thread(replica.sync)
    assert (await _customer(doors, row["id"])).level == "b"
    assert replica.row("customers", row["id"])["region"] == "我的"
    assert version >= 2 or replica.rows("clients") == []
    assert await asyncio.to_thread(replica.verify) == []


async def test_a_damaged_row_of_an_older_device_is_mended_alone(doors: Doors, run) -> None:
    for i in range(5):
        await run("li", CREATE, name=f"客户{i}", region="华北")
    replica = await built_for(doors, 2, "li", "li")
    with replica._store.transaction() as db:
        db.execute("UPDATE base SET data = replace(data, '客户3', '坏了') WHERE collection = 'customers'")
    assert await asyncio.to_thread(replica.verify) == ["customers"]
    assert sorted(r["name"] for r in replica.rows("customers")) == [f"客户{i}" for i in range(5)]


async def test_first_loads_are_files_of_the_devices_version(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "_PAGED_ROWS", 5)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 10)
    for i in range(12):
        await run("li", CREATE, name=f"客户{i}", region="华北", level="a")
    for version in (2, 4, NEWEST, 2):
        said = words(version)
        replica = await doors.device("li", f"li-{uuid4().hex[:6]}", registered=False)
        replica.schema_version = version
        await asyncio.to_thread(replica.register, "li")
        paged: list[bool] = []
        kept = replica._store.import_whole
        replica._store.import_whole = lambda *a, kept=kept, paged=paged: (paged.append(True), kept(*a))[1]
        await asyncio.to_thread(replica.pull)
        assert paged == [True]
        rows = replica.rows(said["collection"])
        assert len(rows) == 12
        assert {(r[said["region"]], r["level"]) for r in rows} == {("华北", said["level"]("a"))}
        assert await asyncio.to_thread(replica.verify) == []


async def test_pages_on_the_air_are_of_the_devices_version(doors: Doors, run) -> None:
    old, new = await built_for(doors, 2, "li", "old"), await built_for(doors, NEWEST, "wang", "new")
    async with on_air(old, new):
        pulls = [replica.pull for replica in (old, new)]
        for replica in (old, new):
            replica.pull = lambda: pytest.fail("a page was enough")  # type: ignore[method-assign,assignment,misc]
        await run("li", CREATE, name="直播", region="华北", level="a")
        await _shows(old, {"直播"})
        await _shows(new, {"直播"})
        for replica, pull in zip((old, new), pulls, strict=True):
            replica.pull = pull  # type: ignore[method-assign]
    assert (old.rows("customers")[0]["area"], old.rows("customers")[0]["level"]) == ("华北", "A")
    assert (new.rows("customers")[0]["region"], new.rows("customers")[0]["level"]) == ("华北", "a")
    for replica in (old, new):
        assert await asyncio.to_thread(replica.verify) == []


async def test_the_air_refuses_what_a_pull_refuses(doors: Doors) -> None:
    replica = await built_for(doors, 3, "li", "li")
    replica.schema_version = 1
    pulled, replica.pull = replica.pull, lambda: 0  # type: ignore[method-assign,assignment]
    with pytest.raises(SyncRefused, match="APP_TOO_OLD"):
        async with asyncio.timeout(30):
            await follow(replica)
    replica.pull = pulled  # type: ignore[method-assign]


async def test_custom_fields_with_the_name_of_a_changed_field_stay(doors: Doors, run) -> None:
    raw = await Raw(doors, "li").register()
    answer = await _push(raw, 2, raw.mutation(1, CREATE, name="自定义", custom={"area": "x", "level": "A"}))
    entry = await _entry(doors, answer)  # the tenant has no such fields: what was sent came through as it was
    assert entry.arguments["custom"] == {"area": "x", "level": "A"}


async def test_errors_name_the_field_of_the_older_form(doors: Doors) -> None:
    raw = await Raw(doors, "li").register()
    wrong = raw.mutation(1, CREATE, name="坏地区", area=7)
    first = await _push(raw, 2, wrong, app=2)
    assert (first.outcomes[0].error.code, first.outcomes[0].error.field) == ("INVALID_INPUT", "area")
    assert (await _entry(doors, first)).field == "region"
    assert (await _push(raw, 2, wrong, app=2)).outcomes[0].error.field == "area"


async def test_a_repeated_push_after_the_server_went_on_has_no_second_effect(doors: Doors, monkeypatch) -> None:
    """A copy of a replica offers again, under other numbers, what was taken when it was said otherwise."""
    versions.HISTORY = HISTORY[:1]
    li = await built_for(doors, 2, "li", "li")
    made = li.mutate(CREATE, name="只此一个", notes="x")
    li.mutate("party.create_contact", customerId=made, name="小孙")
    await asyncio.to_thread(li.sync)
    versions.HISTORY = HISTORY
    li._store.outbox.become_copy(str(new_id()), li.device_id, doors.app.engine.clock.now())
    li._store.set(unannounced=True)
    result = await asyncio.to_thread(li.sync)
    assert result["pushed"] == {"applied": 2}
    assert li.inbox() == []
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        titles = list(await session.scalars(select(Contact.title)))
        assert titles == [None]
        assert len(list(await session.scalars(select(Customer.id)))) == 1


async def test_a_command_that_a_version_has_not_is_not_offered(doors: Doors) -> None:
    replica = await built_for(doors, 6, "li", "li")
    with pytest.raises(UnknownCommand):
        replica.mutate("party.restore_customer", id=str(new_id()))


@pytest.mark.parametrize("each", [100, pytest.param(2_500, marks=pytest.mark.soak)])
async def test_mixed_versions_land_whole(doors: Doors, each: int) -> None:
    """Edits of five versions, mixed in one queue of each of four devices; ten thousand in the long form."""
    chance, made_total = random.Random(7), 0
    for d in range(4):
        raw, expected = await Raw(doors, "li").register(), {}
        batch: list[Mutation] = []
        ids: list[str] = []
        for n in range(1, each + 1):
            version = chance.randrange(2, 7)
            said = words(version)
            region, small = chance.choice(["华东", "华北"]), chance.choice("abcd")
            values = {said["region"]: region, "level": said["level"](small)}
            if len(ids) < 25:
                row = str(new_id())
                ids.append(row)
                sent = _made(raw, n, version, CREATE, {}, {"id": row, "name": f"客户{d}-{n}", **values})
            else:
                row = chance.choice(ids)
                was_region, was_level = expected[row]
                base = {said["region"]: was_region, "level": said["level"](was_level)}
                sent = _made(raw, n, version, said["edit"], base, {"id": row, **values})
            expected[row] = (region, small)
            batch.append(sent)
            if len(batch) == min(each, 500):
                actor = await doors.world.yunfan.actor("li")
                request = PushRequest(device_id=raw.id, mutations=batch, schema_version=6)
                answer = await raw.service.push(actor, request)
                assert (answer.stopped, answer.last_mutation) == (None, n)
                assert {o.status for o in answer.outcomes} == {"applied"}
                made_total += len(answer.outcomes)
                batch = []
        pulled = await raw.service.pull(actor, PullRequest(device_id=raw.id, limit=5_000, schema_version=2))
        rows = {r["id"]: r for r in rows_told(pulled, "customers")}
        assert {i: (rows[i]["area"], rows[i]["level"]) for i in expected} == {
            i: (region, words(2)["level"](small)) for i, (region, small) in expected.items()
        }
    assert made_total == 4 * each


def _made(raw: Raw, n: int, version: int, command: str, base: dict, arguments: dict) -> Mutation:
    return Mutation(
        n=n,
        uuid=uuid4(),
        command=command,
        arguments={key: to_wire(value) for key, value in arguments.items()},
        base=base,
        made_at=raw.doors.app.engine.clock.now(),
        schema_version=version,
    )
