"""Several processes on one replica file: their answers are never mixed, and no mutation is lost or done twice."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from infra.quota_settings import QuotaSettings
from modules.party.entities import Customer
from sync.client import Offline, Replica
from sync.client.store import Store
from tenants.device_entities import Device
from tests.sync.conftest import Doors, Network, busy_devices

PAGE_ROWS = 3
MUTATE = "party.create_customer"


@pytest.fixture
def quota_settings() -> QuotaSettings:
    """Several processes on one file are one device, and a very busy one."""
    return busy_devices()


class Between(Network):
    """Runs `then` while the `nth` answer to `path` is on its way, as another process would act in that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.path, self.nth, self.then = "", 0, lambda: None

    def arm(self, path: str, nth: int, then: Callable[[], object]) -> None:
        self.path, self.nth, self.then = path, nth, then

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if request.url.path == self.path:
            self.nth -= 1
            if self.nth == 0:
                answer.read()
                self.then()
        return answer


class Few(Network):
    """Lets some pulls through, then the network is down: a load that stops in the middle."""

    left = 1_000_000

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left < 0:
            raise httpx.ConnectError("the network is down", request=request)
        return super().handle_request(request)


def reload_cut(other: Replica, few: Few) -> None:
    few.left = 2
    with pytest.raises(Offline):
        other.reload()
    few.left = 1_000_000


OTHERS: dict[str, Callable[[Replica, Few], object]] = {
    "pulls": lambda other, _few: other.pull(),
    "reloads": lambda other, _few: other.reload(),
    "begins to reload": reload_cut,
}
VICTIMS: dict[str, Callable[[Replica], object]] = {
    "pulls": lambda replica: replica.pull(),
    "reloads": lambda replica: replica.reload(),
    "verifies": lambda replica: replica.verify(),
}


async def two_on_one_file(doors: Doors, run, between: Between, few: Few) -> tuple[Replica, Replica]:
    for i in range(8):
        await run("li", MUTATE, name=f"客户{i}")
    a = await doors.device("li", "li", transport=between, page_rows=PAGE_ROWS)
    b = await doors.device("li", "li", registered=False, transport=few, page_rows=PAGE_ROWS)
    for i in range(8, 16):
        await run("li", MUTATE, name=f"客户{i}")
    return a, b


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("victim", VICTIMS)
async def test_an_answer_that_comes_too_late_is_not_kept(doors: Doors, run, victim: str, other: str, nth: int) -> None:
    between, few = Between(), Few()
    a, b = await two_on_one_file(doors, run, between, few)
    between.arm("/sync/v1/pull", nth, lambda: OTHERS[other](b, few))
    found = await asyncio.to_thread(VICTIMS[victim], a)
    assert victim != "verifies" or found == []
    assert between.nth <= 0  # the other did come between
    names = {f"客户{i}" for i in range(16)}
    for replica in (a, b, a):
        assert {row["name"] for row in replica.rows("customers")} == names
        assert await asyncio.to_thread(replica.verify) == []


async def test_two_first_loads_page_by_page(doors: Doors, run) -> None:
    """Each page of one load comes between two pages of the other, from the first on."""
    for i in range(9):
        await run("li", MUTATE, name=f"客户{i}")
    token = doors.token(doors.world.yunfan, "li")
    pair = [Replica(doors.folder / "p.sqlite", doors.url, token, page_rows=PAGE_ROWS) for _ in range(2)]
    doors.opened += pair
    await asyncio.to_thread(pair[0].register, "p")

    def interleave() -> int:
        dropped = 0
        for _ in range(30):
            asked = [replica._registration.standing() for replica in pair]
            pages = [replica._pulling.page(standing) for replica, standing in zip(pair, asked, strict=True)]
            kept = [r._store.keep(p, s) for r, p, s in zip(pair, pages, asked, strict=True)]
            assert kept[0]
            dropped += kept.count(False)
            pair.reverse()
            if not pages[0].more:
                break
        return dropped

    assert await asyncio.to_thread(interleave) > 3
    for replica in pair:
        assert len(replica.rows("customers")) == 9
        assert await asyncio.to_thread(replica.verify) == []


async def test_a_look_without_news_keeps_nobody_from_pulling(doors: Doors) -> None:
    """Else one process that polls could starve another on the same file."""
    between = Between()
    a = await doors.device("li", "li", transport=between)
    b = await doors.device("li", "li", registered=False)
    asked_before = len(between.sent)
    between.arm("/sync/v1/pull", 1, b.pull)
    await asyncio.to_thread(a.pull)
    assert len(between.sent) == asked_before + 1


@pytest.mark.parametrize("nth", [1, 2])
async def test_both_push_the_same_queue(doors: Doors, nth: int) -> None:
    between = Between()
    a = await doors.device("li", "li", transport=between)
    b = await doors.device("li", "li", registered=False)
    made = [a.mutate(MUTATE, name=f"甲{i}") for i in range(250)]  # more than one push takes

    def meanwhile() -> None:
        made.append(b.mutate(MUTATE, name="乙"))
        b.sync()
        b.mutate("party.edit_customer", id=made[0], notes="改")

    between.arm("/sync/v1/push", nth, meanwhile)
    await asyncio.to_thread(a.sync)
    await asyncio.to_thread(b.sync)
    assert (a.pending(), a.inbox()) == ([], [])
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        stored = {str(row.id): row.notes for row in await session.scalars(select(Customer))}
    assert stored.keys() == set(made)
    assert stored[made[0]] == "改"
    assert sorted(row["id"] for row in b.rows("customers")) == sorted(made)
    assert await asyncio.to_thread(a.verify) == []


async def test_both_register_and_are_one_device(doors: Doors) -> None:
    between = Between()
    a = await doors.device("li", "li", registered=False, transport=between)
    b = await doors.device("li", "li", registered=False)
    ids: list[str] = []
    between.arm("/sync/v1/devices", 1, lambda: (ids.append(b.register("乙")), b.mutate(MUTATE, name="早"), b.sync()))
    ids.append(await asyncio.to_thread(a.register, "甲"))
    a.mutate(MUTATE, name="晚")
    await asyncio.to_thread(a.sync)
    assert len(set(ids)) == 1
    assert a.inbox() == []
    assert {row["name"] for row in b.rows("customers")} == {"早", "晚"}
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        assert await session.scalar(select(func.count()).select_from(Device)) == 1


async def test_a_reader_never_sees_a_row_vanish(doors: Doors) -> None:
    """What leaves the queue's overlay is in the base rows of the same look."""
    a = await doors.device("li", "li", page_rows=PAGE_ROWS)
    b = await doors.device("li", "li", registered=False)
    done, seen = threading.Event(), [0]

    def look() -> None:
        while not done.is_set():
            seen.append(len(b.rows("customers")))

    looking = asyncio.create_task(asyncio.to_thread(look))
    try:
        for i in range(25):
            a.mutate(MUTATE, name=f"客户{i}")
            await asyncio.to_thread(a.sync if i % 5 else a.reload)
    finally:
        done.set()
        await looking
    assert seen == sorted(seen)
    assert len(seen) > 25


_OPENER = """
import sys
from sync.client.store import Store
sys.stdin.readline()
Store(sys.argv[1]).close()
"""


async def test_many_open_a_fresh_file_at_once(tmp_path: Path) -> None:
    for attempt in range(4):
        path = tmp_path / f"{attempt}.sqlite"
        openers = [await _python(_OPENER, str(path), stdin=subprocess.PIPE) for _ in range(5)]
        answers = await asyncio.gather(*(opener.communicate(b"go\n") for opener in openers))
        assert [(o.returncode, said[1]) for o, said in zip(openers, answers, strict=True)] == [(0, b"")] * 5
        store = Store(path)
        assert store.get("step") is None
        store.close()


_DEVICE = """
import random, sys
from sync.client import Replica
path, url, token, name, rounds = sys.argv[1:6]
chance = random.Random(name)
replica = Replica(path, url, token, page_rows=3)
replica.register(name)
for i in range(int(rounds)):
    made = replica.mutate("party.create_customer", name=f"{name}{i}")
    print(made, flush=True)
    replica.mutate("party.edit_customer", id=made, notes=f"{name}{i}")
    chance.choice([replica.pull, replica.push, replica.sync, replica.sync, replica.reload, replica.verify])()
replica.sync()
"""


async def _python(code: str, *arguments: str, stdin: int | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


async def test_real_processes_on_one_file(doors: Doors, run) -> None:
    """Two work to the end, a third is killed hard in the middle of whatever it does."""
    path, token = doors.folder / "shared.sqlite", doors.token(doors.world.yunfan, "li")
    theirs = [(await run("li", MUTATE, name=f"客户{i}")).row_id for i in range(12)]
    workers = [await _python(_DEVICE, str(path), doors.url, token, name, "14") for name in "甲乙"]
    killed = await _python(_DEVICE, str(path), doors.url, token, "丙", "100000")
    ended = [asyncio.create_task(worker.communicate()) for worker in workers]
    chance, given = random.Random(5), [(await killed.stdout.readline()).decode().strip()]
    for row_id in theirs:
        await run("li", "party.edit_customer", id=row_id, level="a")
    await asyncio.sleep(1 + chance.random())
    assert killed.returncode is None, (await killed.communicate())[1].decode()
    killed.send_signal(signal.SIGKILL)
    given += [line for line in (await killed.communicate())[0].decode().split("\n") if len(line) == 36]
    for said, wrong in await asyncio.wait_for(asyncio.gather(*ended), 60):
        assert wrong == b""
        given += said.decode().split()
    li = await doors.device("li", "shared", registered=False)
    assert await asyncio.to_thread(li.verify) == []  # before anything heals it
    await asyncio.to_thread(li.sync)
    assert (li.pending(), li.inbox()) == ([], [])
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        rows = await session.execute(select(Customer.id, Customer.name, Customer.notes))
        stored = {str(row.id): row for row in rows}
        assert await session.scalar(select(func.count()).select_from(Device)) == 1
    assert len(given) > 28
    assert set(given) | set(map(str, theirs)) <= stored.keys()
    # Of the killed one a creation may be kept whose id had not been printed; nobody's is there twice.
    assert len(stored) <= len(given) + 12 + 1
    assert len({row.name for row in stored.values()}) == len(stored)
    ours = [stored[row_id] for row_id in given if not stored[row_id].name.startswith("丙")]
    assert [row.notes for row in ours] == [row.name for row in ours]
    assert len(ours) == 28
    assert {row["id"] for row in li.rows("customers")} == stored.keys()
    assert await asyncio.to_thread(li.verify) == []
