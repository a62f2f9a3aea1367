"""Read your writes: a pull waits until it contains what it was asked for, and never answers from before its cursor."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from infra.questions import Question
from sync import barrier
from sync.barrier import State, read_token
from sync.client import SyncRefused
from sync.wire import PullRequest, PullResponse
from tests.sync.conftest import Doors, one_behind
from tests.sync.raw_device import Raw
from tests.sync.rows_told import rows_told
from tests.tenants.rows import rows_of
from values.errors import Busy, Refusal
from values.ids import new_id


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr(barrier, "WAIT_SECONDS", 0.3)


def _token(doors: Doors, tenant_id: UUID, epoch: UUID, clock: int) -> str:
    return doors.app.engine.keys.sign("sync.barrier", msgspec.msgpack.encode(State(tenant_id, epoch, clock)))


async def _epoch(doors: Doors) -> tuple[UUID, int]:
    [row] = await rows_of(doors.app, doors.world.yunfan.tenant_id, "SELECT epoch, value FROM app.tenant_clock")
    return row.epoch, row.value


async def _pull(device: Raw, **asked: object) -> PullResponse:
    actor = await device.doors.world.yunfan.actor(device.who)
    return await device.service.pull(actor, PullRequest(device_id=device.id, **asked))


async def test_a_token_that_we_did_not_make_for_this_company_is_refused(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    epoch, clock = await _epoch(doors)
    cursor = (await _pull(device)).header.cursor  # signed for another purpose
    for token in ("", "nonsense", cursor, _token(doors, doors.world.seagull.tenant_id, epoch, clock)):
        with pytest.raises(Refusal) as refused:
            await _pull(device, at_least=token)
        assert (refused.value.code, refused.value.field) == ("BARRIER_INVALID", "atLeast")


async def test_a_state_that_is_not_here_yet_is_waited_for_and_then_busy(doors: Doors, run) -> None:
    device, tenant = await Raw(doors, "li").register(), doors.world.yunfan.tenant_id
    epoch, clock = await _epoch(doors)
    with pytest.raises(Busy):
        await _pull(device, at_least=_token(doors, tenant, epoch, clock + 1))
    pulling = asyncio.create_task(_pull(device, at_least=_token(doors, tenant, epoch, clock + 1)))
    await asyncio.sleep(0.1)
    assert not pulling.done()
    await run("li", "party.create_customer", name="等到了")
    page = await pulling
    assert [row["name"] for row in rows_told(page, "customers")] == ["等到了"]


async def test_what_an_ended_epoch_promised_is_void_and_a_later_one_is_waited_for(doors: Doors) -> None:
    device, tenant = await Raw(doors, "li").register(), doors.world.yunfan.tenant_id
    epoch, clock = await _epoch(doors)
    earlier = UUID(int=epoch.int - (1 << 80))
    assert (await _pull(device, at_least=_token(doors, tenant, earlier, clock + 1_000))).header.rebase
    with pytest.raises(Busy):  # this database has not heard of the restore yet
        await _pull(device, at_least=_token(doors, tenant, new_id(), 0))


async def test_a_lagging_server_neither_rebases_nor_goes_back(doors: Doors, run, monkeypatch) -> None:
    """A read replica that stands still while the primary goes on."""
    device = await Raw(doors, "li").register()
    behind = await _epoch(doors)
    await run("li", "party.create_customer", name="新的")
    answer = await device.push(device.mutation(1, "party.create_customer", name="推送的"))
    loaded = (await _pull(device, at_least=answer.clock)).header
    page = (await _pull(device, cursor=loaded.cursor, at_least=answer.clock)).header
    real = barrier.asking_state

    def lagging(tenant_id: UUID) -> Question[State]:
        return replace(real(tenant_id), answer=lambda _rows: State(tenant_id, *behind))

    with monkeypatch.context() as patched:
        patched.setattr(barrier, "asking_state", lagging)
        for asked in ({"cursor": page.cursor}, {"at_least": answer.clock}, {"cursor": loaded.cursor}):
            with pytest.raises(Busy):
                await _pull(device, **asked)
    again = (await _pull(device, cursor=page.cursor, at_least=answer.clock)).header
    assert (again.rebase, again.sections) == (False, [])


async def test_the_token_contains_every_mutation_that_was_answered(doors: Doors, run) -> None:
    device = await Raw(doors, "li").register()
    actor = await doors.world.yunfan.actor("li")
    before = read_token(doors.app.engine.keys, (await device.push()).clock, actor)
    answer = await device.push(
        device.mutation(1, "party.create_customer", name="一"), device.mutation(2, "party.create_customer", name="")
    )
    state = read_token(doors.app.engine.keys, answer.clock, actor)
    assert state.clock >= before.clock + 2
    assert (state.epoch, state.clock) == await _epoch(doors)


async def test_an_edit_shows_until_a_pull_contains_it_whatever_comes_between(doors: Doors, run, monkeypatch) -> None:
    """The pull behind the push answers from before it: the edit must not flicker."""
    row = str((await run("li", "party.create_customer", name="共有", level="c")).row_id)
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=row, level="a")
    assert [o["status"] for o in await asyncio.to_thread(li.push)] == ["applied"]
    assert li.row("customers", row)["level"] == "a"
    with one_behind(monkeypatch):
        with pytest.raises(SyncRefused) as refused:
            await asyncio.to_thread(li.pull)
        assert (refused.value.status, refused.value.code) == (503, "BUSY")
        assert li.row("customers", row)["level"] == "a"
        assert len(li._store.overlay()) == 1
    await asyncio.to_thread(li.pull)
    assert li._store.overlay() == []
    assert li.row("customers", row)["level"] == "a"


async def test_a_barrier_that_the_server_no_longer_reads_does_not_stop_the_pull(doors: Doors) -> None:
    li = await doors.device("li", "li")
    made = li.mutate("party.create_customer", name="换钥匙")
    await asyncio.to_thread(li.push)
    li._store.set(barrier=("from another key ring", 1))
    await asyncio.to_thread(li.sync)
    assert li._store.overlay() == []
    assert li.row("customers", made)["name"] == "换钥匙"
    assert await asyncio.to_thread(li.verify) == []
