"""A large export beside everyday work: the event loop goes on, exports take turns and links are used up."""

from __future__ import annotations

import asyncio
import gc
import io
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest

from exchange.export_turns import ExportTurns
from exchange.exporting import TakenAlready, export_entity
from exchange.tenant_export import write_tenant_zip
from infra.settings import Settings
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import Customer
from server.parts import Application
from tests.world import World
from values.errors import Busy
from values.ids import new_id

ROWS = 8_000
LONGEST_PIECE_SECONDS = 0.1

_COPIES = """
INSERT INTO app.customer SELECT (jsonb_populate_record(c, jsonb_build_object(
    'id', lpad(to_hex(n), 12, '0')::text || substr(replace(c.id::text, '-', ''), 13), 'name', '客户' || n,
    'code', 'KH-' || n, 'phone', '13800138000', 'address', '浙江省杭州市西湖区文三路 ' || n || ' 号'))).*
FROM app.customer c CROSS JOIN generate_series(1, %s) n WHERE c.id = %s
"""


async def fill(world: World, settings: Settings, rows: int) -> None:
    """Copies of one customer, as a restore writes them: past the commands, which would take minutes."""
    made = await world.yunfan.run("admin", "party.create_customer", CreateCustomer(name="样本"))
    async with await psycopg.AsyncConnection.connect(str(settings.database_admin_url), autocommit=True) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(_COPIES, (rows, made.row_id))


@asynccontextmanager
async def pieces() -> AsyncIterator[list[float]]:
    """What the event loop's thread worked between two looks of another task, in seconds of processor time: busy
    neighbours of the machine do not count, nor does the garbage collector's way through the test run's own heap."""
    found: list[float] = []

    async def look() -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            found.append(now - before)
            before = now
            await asyncio.sleep(0.002)

    gc.collect()
    gc.freeze()
    looking = asyncio.create_task(look())
    try:
        yield found
    finally:
        looking.cancel()
        gc.unfreeze()


async def test_the_event_loop_goes_on(world: World, app: Application, settings: Settings) -> None:
    await fill(world, settings, ROWS)
    admin = await world.yunfan.actor()
    for fmt in ("csv", "xlsx"):
        await export_entity(app.engine, admin, Customer, fmt, conditions=[Customer.name == "样本"])  # loads the parts
        async with pieces() as found:
            content = await export_entity(app.engine, admin, Customer, fmt)
        assert len(content) > 100_000
        assert len(found) > 50
        assert max(found) < LONGEST_PIECE_SECONDS, fmt
    target = io.BytesIO()
    async with pieces() as found:
        await write_tenant_zip(app.engine, world.yunfan.tenant_id, target, reader=admin)
    assert max(found) < LONGEST_PIECE_SECONDS
    with zipfile.ZipFile(target) as archive:
        assert archive.read("data/customer.jsonl").count(b"\n") == ROWS + 1


async def test_an_export_is_taken_once(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    assert await export_entity(app.engine, admin, Customer, "csv", once="download:1")
    with pytest.raises(TakenAlready):
        await export_entity(app.engine, admin, Customer, "csv", once="download:1")
    await world.yunfan.run("admin", "party.create_customer", CreateCustomer(name="新客户"))
    with pytest.raises(TakenAlready):  # also when it would be another file now
        await export_entity(app.engine, admin, Customer, "csv", once="download:1")
    assert await export_entity(app.engine, admin, Customer, "csv", once="download:2")


async def _held(turns: ExportTurns, member: UUID, log: list[UUID], until: asyncio.Event) -> None:
    async with turns.turn(member):
        log.append(member)
        await until.wait()


async def test_a_member_has_one_export_at_a_time() -> None:
    turns, end, log, li = ExportTurns(at_once=2), asyncio.Event(), list[UUID](), new_id()
    running = asyncio.create_task(_held(turns, li, log, end))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        async with turns.turn(li):
            log.append(new_id())
    end.set()
    await running
    async with turns.turn(li):
        assert log == [li]


async def test_others_wait_for_a_turn_and_are_refused_in_time() -> None:
    turns, end, log = ExportTurns(at_once=2, wait_seconds=0.3), asyncio.Event(), list[UUID]()
    members = [new_id() for _ in range(3)]
    running = [asyncio.create_task(_held(turns, member, log, end)) for member in members[:2]]
    await asyncio.sleep(0)
    started = time.monotonic()
    with pytest.raises(Busy):
        async with turns.turn(members[2]):
            log.append(new_id())
    assert 0.2 < time.monotonic() - started < 2
    waiting = asyncio.create_task(_held(turns, members[2], log, end))
    await asyncio.sleep(0.01)
    assert log == members[:2]
    end.set()
    await asyncio.gather(*running, waiting)
    assert log == members


async def test_a_turn_is_given_back_by_whoever_fails_or_leaves() -> None:
    turns = ExportTurns(at_once=1, wait_seconds=30.0)
    li, zhao = new_id(), new_id()
    with pytest.raises(ZeroDivisionError):
        async with turns.turn(li):
            raise ZeroDivisionError
    end, log = asyncio.Event(), list[UUID]()
    running = asyncio.create_task(_held(turns, li, log, end))
    waiting = asyncio.create_task(_held(turns, zhao, log, end))
    await asyncio.sleep(0.01)
    assert log == [li]
    waiting.cancel()  # closed the page while waiting
    running.cancel()  # and while exporting
    await asyncio.gather(running, waiting, return_exceptions=True)
    for member in (li, zhao):
        async with turns.turn(member):
            log.append(member)
    assert log == [li, li, zhao]
