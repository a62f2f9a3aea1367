"""The first load by files: refusals, cuts at any byte, shared files, what may be seen meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.worker import Jobs
from sync import load_parts, loads
from sync.client import Offline, Replica, SyncRefused
from sync.client.shelf import PlainShelf
from tenants.entities import RoleAssignment
from tests.sync.conftest import Doors, Network
from tests.world import seed


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of some dozen rows loads by files, with a first one."""
    monkeypatch.setattr(loads, "_PAGED_ROWS", 5)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 10)


class Cutting(Network):
    """Cuts every answer of a file after some bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.cuts = most, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if not request.url.path.startswith("/sync/v1/loads/"):
            return answer
        body = b"".join(answer.stream)  # type: ignore[arg-type]
        answer.close()
        cut = len(body) > self.most
        self.cuts += cut
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Cut(body[: self.most], cut))


class _Cut(httpx.SyncByteStream):
    def __init__(self, body: bytes, cut: bool) -> None:
        self.body, self.cut = body, cut

    def __iter__(self) -> Any:
        yield self.body
        if self.cut:
            raise httpx.ReadError("cut")


async def _fill(run, rows: int = 12) -> None:
    for i in range(rows):
        await run("li" if i % 2 else "zhao", "party.create_customer", name=f"客户{i}", notes=os.urandom(200).hex())


async def _offer(doors: Doors, replica: Replica, who: str, **how: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=doors.url) as client:
        answer = await client.post(
            "/sync/v1/load",
            json={"deviceId": replica.device_id, "encodings": ["gzip"], **how},
            headers={"Authorization": f"Bearer {doors.token(doors.world.yunfan, who)}"},
        )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """No whole file is made until this is set."""
    goes_on, real = asyncio.Event(), loads.build_file

    async def held(*given: Any, **kw: Any) -> Any:
        if kw["conditions"] is None:
            await goes_on.wait()
        return await real(*given, **kw)

    monkeypatch.setattr(loads, "build_file", held)
    return goes_on


def _until_there(replica: Replica, collection: str) -> None:
    while not replica.rows(collection):
        time.sleep(0.05)


async def _get(doors: Doors, path: str, token: str | None, **headers: str) -> httpx.Response:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(base_url=doors.url) as client:
        return await client.get(path, headers=headers)


async def test_refusals(doors: Doors, run) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    path = (await _offer(doors, li, "li"))["files"][-1]["path"]
    yunfan, seagull = doors.world.yunfan, doors.world.seagull
    assert (await _get(doors, path, None)).status_code == 401
    for company, who in ((seagull, "qian"), (yunfan, "zhao"), (yunfan, "admin")):
        refused = await _get(doors, path, doors.token(company, who))
        assert refused.status_code in (404, 409)
        assert "客户" not in refused.text
    token = doors.token(yunfan, "li")
    assert (await _get(doors, path[:-3] + "AAA", token)).json()["code"] == "LOAD_OUTDATED"
    assert (await _get(doors, path, token, Range="bytes=99999999-")).status_code == 416
    whole = await _get(doors, path, token)
    assert whole.status_code == 200
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"] == "attachment"
    rest = await _get(doors, path, token, Range="bytes=10-")
    assert (rest.status_code, rest.content) == (206, whole.content[10:])


async def test_a_member_of_many_rows_gets_some_first_and_then_all(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_parts, "OWN_ROWS", 3)
    monkeypatch.setattr(load_parts, "OTHER_ROWS", 3)
    await _fill(run, 20)
    li = await doors.device("li", "li")
    offered = {file["name"]: file for file in (await _offer(doors, li, "li"))["files"]}
    assert list(offered) == ["first", "whole"]
    assert offered["first"]["rows"] < offered["whole"]["rows"]
    await asyncio.to_thread(li.sync)
    assert len(await asyncio.to_thread(li.rows, "customers")) >= 10
    assert await asyncio.to_thread(li.verify) == []


async def test_files_are_deleted_when_nobody_can_still_be_fetching_them(doors: Doors, run, clock) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    path, token = (await _offer(doors, li, "li"))["files"][-1]["path"], doors.token(doors.world.yunfan, "li")
    jobs, folder = Jobs(doors.app), f"loads/{doors.world.yunfan.tenant_id}"
    clock.move(hours=11)
    await jobs.delete_old_loads({})
    assert (await _get(doors, path, token)).status_code == 200
    assert await doors.app.blobs.keys(folder)
    clock.move(hours=2)
    await jobs.delete_old_loads({})
    assert await doors.app.blobs.keys(folder) == []
    assert (await _get(doors, path, token)).json()["code"] == "LOAD_OUTDATED"
    assert await asyncio.to_thread(li.sync)
    assert len(li.rows("customers")) == 6


async def test_a_right_that_ended_closes_the_file(doors: Doors, run) -> None:
    await _fill(run)
    wang = await doors.device("wang", "wang")
    path = (await _offer(doors, wang, "wang"))["files"][-1]["path"]
    token = doors.token(doors.world.yunfan, "wang")
    assert (await _get(doors, path, token)).status_code == 200

    async def narrow(ctx) -> None:
        member_id = doors.world.yunfan.people["wang"]
        [found] = await ctx.session.scalars(select(RoleAssignment).where(RoleAssignment.member_id == member_id))
        found.scope = "own"

    await seed(doors.app, doors.world.yunfan.tenant_id, narrow)
    assert (await _get(doors, path, token)).json()["code"] == "LOAD_OUTDATED"


async def test_a_load_is_whole_and_those_who_see_the_same_share_it(doors: Doors, run) -> None:
    await _fill(run)
    built: list[int] = []
    make = loads.Loads._build

    async def counted(self: Any, *args: Any, **options: Any) -> Any:
        built.append(1)
        return await make(self, *args, **options)

    loads.Loads._build = counted  # type: ignore[method-assign]
    try:
        lin = await doors.device("lin", "lin")
        made = len(built)
        again = await doors.device("lin", "lin2")
        assert made == 2
        assert len(built) == 2
    finally:
        loads.Loads._build = make  # type: ignore[method-assign]
    for replica in (lin, again):
        assert len(replica.rows("customers")) == 12
        assert not replica.priming
        assert await asyncio.to_thread(replica.verify) == []
    assert not [name for name in os.listdir(doors.folder) if ".load-" in name]


async def test_changes_after_the_file_are_in_the_first_pull(doors: Doors, run) -> None:
    await _fill(run)
    await doors.device("lin", "lin")
    late = await run("li", "party.create_customer", name="迟到")
    again = await doors.device("lin", "lin2")
    assert str(late.row_id) in {row["id"] for row in again.rows("customers")}
    assert await asyncio.to_thread(again.verify) == []


@pytest.mark.parametrize("most", [1, 700, 1_500])
async def test_a_load_goes_on_after_a_cut_at_any_byte(doors: Doors, run, most: int) -> None:
    await _fill(run)
    network = Cutting(max(most, 400))
    li = await doors.device("lin", "lin", registered=False, transport=network)
    await asyncio.to_thread(li.register, "lin")
    await asyncio.to_thread(li.pull)
    assert network.cuts > 2
    assert len(li.rows("customers")) == 12
    assert await asyncio.to_thread(li.verify) == []


async def test_a_killed_load_keeps_what_it_has(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after any part of the file: the next one fetches the rest only."""
    await _fill(run)
    monkeypatch.setattr("sync.client.loading._RANGES", 1)
    pick = random.Random(7)
    network = Cutting(500)
    for attempt in range(60):
        network.most = pick.randint(200, 900)
        replica = await doors.device("lin", "lin", registered=False, transport=network)
        await asyncio.to_thread(replica.register, "lin")
        try:
            await asyncio.to_thread(replica.pull)
        except Offline:
            assert attempt < 59
            continue
        break
    assert len(replica.rows("customers")) == 12
    assert await asyncio.to_thread(replica.verify) == []


async def test_the_first_file_is_there_before_the_whole(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One's own rows, and those that changed last."""
    monkeypatch.setattr(load_parts, "OTHER_ROWS", 2)
    network = Network()
    lin = await doors.device("lin", "lin", registered=False, transport=network)
    await asyncio.to_thread(lin.register, "lin")
    await run("lin", "party.create_customer", name="我的")
    await _fill(run)
    shown: list[tuple[bool, set[str], int]] = []
    whole = lin._store.import_whole

    def watched(file: str, cursor: str) -> None:
        shown.append((lin.priming, {row["name"] for row in lin.rows("customers")}, len(lin.rows("members"))))
        whole(file, cursor)

    monkeypatch.setattr(lin._store, "import_whole", watched)
    await asyncio.to_thread(lin.pull)
    assert shown == [(True, {"我的", "客户10", "客户11"}, 6)]
    assert len(lin.rows("customers")) == 13


async def test_what_was_queued_before_the_load_is_kept(doors: Doors, run) -> None:
    await _fill(run)
    lin = await doors.device("lin", "lin", registered=False)
    await asyncio.to_thread(lin.register, "lin")
    lin.mutate("party.create_customer", name="先写的")
    await asyncio.to_thread(lin.pull)
    assert len(lin.pending()) == 1
    assert len(lin.rows("customers")) == 13
    await asyncio.to_thread(lin.sync)
    assert lin.pending() == []
    lin._store.begin_afresh()
    await asyncio.to_thread(lin.pull)
    assert len(lin.rows("customers")) == 13


async def test_a_damaged_file_is_fetched_again(doors: Doors, run) -> None:
    await _fill(run)
    lin = await doors.device("lin", "lin", registered=False)
    device_id = await asyncio.to_thread(lin.register, "lin")
    offer = await asyncio.to_thread(lin._first_load._asked, device_id, "alone", {})
    for file in offer["files"]:
        lin._first_load._beside(file).write_bytes(os.urandom(file["bytes"]))
    await asyncio.to_thread(lin.pull)
    assert len(lin.rows("customers")) == 12
    unknown = {"path": "/sync/v1/loads/x", "bytes": 1}
    with pytest.raises(SyncRefused):
        await asyncio.to_thread(lin._first_load._append, PlainShelf(), unknown, doors.folder / "x")


async def _ahead(doors: Doors, token: str | None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with httpx.AsyncClient(base_url=doors.url) as client:
        return await client.post("/sync/v1/load/ahead", json=body, headers=headers)


@pytest.mark.parametrize(
    ("signed_in", "body", "status"),
    [
        (False, {"encodings": ["gzip"]}, 401),
        (True, {"encodings": ["gzip"] * 11}, 422),
        (True, {"lists": "x" * 65}, 422),
        (True, {"schemaVersion": 0}, 422),
        (True, {"schemaVersion": 10_000}, 503),
    ],
    ids=["nobody", "too many encodings", "no hash", "no version", "an app ahead of the server"],
)
async def test_what_is_refused_ahead_makes_nothing(
    doors: Doors, run, signed_in: bool, body: dict[str, Any], status: int
) -> None:
    await _fill(run)
    token = doors.token(doors.world.yunfan, "li") if signed_in else None
    assert (await _ahead(doors, token, **body)).status_code == status
    assert await _made(doors) == []


async def _made(doors: Doors) -> list[str]:
    """The company's files that stand, once none is being made."""
    found = doors.loads
    await asyncio.gather(*found.building.values())
    return list(await found.blobs.keys(f"loads/{doors.world.yunfan.tenant_id}"))


async def test_a_file_is_made_ahead_of_the_device_that_asks_for_it(doors: Doors, run) -> None:
    await _fill(run)
    token = doors.token(doors.world.yunfan, "li")
    assert (await _ahead(doors, token, encodings=["br"])).status_code == 200
    assert await _made(doors) == []
    assert (await _ahead(doors, token, encodings=["gzip"])).status_code == 200
    first, key = await _made(doors)
    assert str(doors.world.yunfan.people["li"]) in first
    li = await doors.device("li", "li")
    [whole] = (await _offer(doors, li, "li"))["files"]  # no first one: the whole stands
    assert (whole["name"], whole["sha256"]) == ("whole", loads.Stored.from_key(key).sha256)
    before = await _made(doors)
    assert (await _ahead(doors, token, encodings=["gzip"])).status_code == 200
    assert await _made(doors) == before, "it stands"


async def test_a_file_that_is_being_made_is_not_made_again(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    build, built = loads.build_file, list[str]()

    async def slowly(*given: Any, **more: Any) -> Any:
        built.append("whole" if more["conditions"] is None else "first")
        await asyncio.sleep(0.2)
        return await build(*given, **more)

    monkeypatch.setattr(loads, "build_file", slowly)
    assert (await _ahead(doors, doors.token(doors.world.yunfan, "li"), encodings=["gzip"])).status_code == 200
    assert [file["name"] for file in (await _offer(doors, li, "li"))["files"]] == ["first", "whole"]
    assert sorted(built) == ["first", "whole"]


async def test_little_is_not_made_ahead(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 1_000)
    await _fill(run)
    assert (await _ahead(doors, doors.token(doors.world.yunfan, "li"), encodings=["gzip"])).status_code == 200
    assert await _made(doors) == []


async def test_the_part_to_begin_with_comes_before_the_whole_is_made(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(run, 20)
    li = await doors.device("li", "li")
    goes_on = _held(monkeypatch)
    begun = await _offer(doors, li, "li", first="alone")
    assert ([file["name"] for file in begun["files"]], begun["cursor"]) == (["first"], None)
    again = await _offer(doors, li, "li", first="alone")
    assert again["files"][0]["sha256"] == begun["files"][0]["sha256"]
    goes_on.set()
    rest = await _offer(doors, li, "li", first="none")
    assert [file["name"] for file in rest["files"]] == ["whole"]
    assert rest["cursor"] is not None
    assert [file["name"] for file in (await _offer(doors, li, "li", first="alone"))["files"]] == ["whole"]


async def test_a_device_shows_the_part_while_the_whole_is_made(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(run, 20)
    li = await doors.device("li", "li", registered=False)
    await asyncio.to_thread(li.register, "li")
    goes_on = _held(monkeypatch)
    syncing = asyncio.create_task(asyncio.to_thread(li.sync))
    await asyncio.wait_for(asyncio.to_thread(_until_there, li, "customers"), 30)
    assert li.priming
    goes_on.set()
    await syncing
    assert not li.priming
    assert await asyncio.to_thread(li.verify) == []


async def test_a_part_is_made_anew_for_who_sees_something_else(doors: Doors, run) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    [before, _] = (await _offer(doors, li, "li"))["files"]

    async def widen(ctx) -> None:
        member_id = doors.world.yunfan.people["li"]
        for found in await ctx.session.scalars(select(RoleAssignment).where(RoleAssignment.member_id == member_id)):
            found.scope = "all"

    await seed(doors.app, doors.world.yunfan.tenant_id, widen)
    [after, _] = (await _offer(doors, li, "li"))["files"]
    assert after["path"] != before["path"]
    token = doors.token(doors.world.yunfan, "li")
    assert (await _get(doors, before["path"], token)).json()["code"] == "LOAD_OUTDATED"
    assert (await _get(doors, after["path"], token)).status_code == 200


async def test_a_row_that_went_to_somebody_else_is_in_no_file_for_those_who_lost_it(doors: Doors, run) -> None:
    await _fill(run)
    before = await doors.device("li", "li", registered=False)
    await asyncio.to_thread(before.register, "li")
    await asyncio.to_thread(before.pull)
    lost = before.rows("customers")[0]
    assert _holds(await _files(doors, before, "li"), lost["id"])
    zhao = str(doors.world.yunfan.people["zhao"])
    await run("admin", "party.assign_customer", id=lost["id"], owner_id=zhao)
    anew = await doors.device("li", "li anew", registered=False)
    await asyncio.to_thread(anew.register, "li anew")
    files = await _files(doors, anew, "li")
    assert not _holds(files, lost["id"])
    assert _holds(files, before.rows("customers")[1]["id"])


async def test_a_person_who_was_erased_is_in_no_file(doors: Doors, run) -> None:
    await _fill(run)
    phone = "+8613912345678"
    erased = await run("lin", "party.create_customer", name="要忘记的人", phone=phone)
    lin = await doors.device("lin", "lin")
    assert _holds(await _files(doors, lin, "lin"), phone)
    await run("admin", "party.erase_customer", id=erased.row_id)
    assert not _holds(await _files(doors, lin, "lin"), phone)


async def test_whoever_sees_all_is_given_the_file_that_stands(doors: Doors, run) -> None:
    await _fill(run)
    lin = await doors.device("lin", "lin")
    await _offer(doors, lin, "lin")
    before = await _made(doors)
    await run(
        "admin",
        "party.assign_customer",
        id=lin.rows("customers")[0]["id"],
        owner_id=str(doors.world.yunfan.people["zhao"]),
    )
    assert [file["name"] for file in (await _offer(doors, lin, "lin"))["files"]] == ["whole"]
    assert await _made(doors) == before


async def _files(doors: Doors, replica: Replica, who: str) -> list[bytes]:
    """What is offered, unpacked."""
    token = doors.token(doors.world.yunfan, who)
    offered = (await _offer(doors, replica, who))["files"]
    return [gzip.decompress((await _get(doors, file["path"], token)).content) for file in offered]


def _holds(files: list[bytes], text: str) -> bool:
    return any(text.encode() in file for file in files)
