"""A first load whose files cannot be had: the rows come in pages, and nobody stays empty."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from server.parts import Application
from sync import loads
from sync.client import Offline, Replica, SyncRefused
from tests.sync.conftest import Doors, Network
from values.errors import Busy

FILES = "/sync/v1/loads/"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of some dozen rows loads by files, with a first one."""
    monkeypatch.setattr(loads, "_PAGED_ROWS", 5)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 10)


async def _lin(doors: Doors, run: Any) -> tuple[Replica, Network]:
    for i in range(12):
        await run("zhao", "party.create_customer", name=f"客户{i}")
    network = Network()
    lin = await doors.device("lin", "lin", registered=False, transport=network)
    await asyncio.to_thread(lin.register, "lin")
    return lin, network


async def _is_whole(lin: Replica, folder: Path) -> None:
    assert len(lin.rows("customers")) == 12
    assert not lin.priming
    assert await asyncio.to_thread(lin.verify) == []
    assert await asyncio.to_thread(lambda: list(folder.glob("*.load-*"))) == []


def _raises(wrong: Exception) -> Any:
    async def fails(*_: Any, **__: Any) -> None:
        raise wrong

    return fails


@pytest.mark.parametrize("wrong", [OSError("the disk is full"), Busy()], ids=["500", "503"])
async def test_a_load_door_that_fails(doors: Doors, run, monkeypatch: pytest.MonkeyPatch, wrong: Exception) -> None:
    lin, network = await _lin(doors, run)
    monkeypatch.setattr(loads.Loads, "offer", _raises(wrong))
    await asyncio.to_thread(lin.pull)
    assert network.sent.count("/sync/v1/load") == (4 if isinstance(wrong, Busy) else 1)
    assert not any(path.startswith(FILES) for path in network.sent)
    await _is_whole(lin, doors.folder)


async def test_what_was_begun_by_a_file_is_ended_by_pages(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first file is shown already, the second one fails."""
    lin, _ = await _lin(doors, run)
    read, begun = loads.Loads.open, []

    async def opened(self: loads.Loads, actor: Any, token: str, start: int) -> Any:
        begun.append(token)
        if len(begun) > 1:
            raise OSError("the disk is gone")
        return await read(self, actor, token, start)

    monkeypatch.setattr(loads.Loads, "open", opened)
    primed: list[bool] = []
    ask = lin._pulling.ask

    def asking(**wanted: Any) -> Any:
        primed.append(lin.priming)
        return ask(**wanted)

    monkeypatch.setattr(lin._pulling, "ask", asking)
    await asyncio.to_thread(lin.pull)
    assert (len(begun), primed[0]) == (2, True)
    await _is_whole(lin, doors.folder)


async def test_a_file_that_vanishes_each_time(doors: Doors, run, app: Application) -> None:
    class Deleting(Network):
        def handle_request(self, request: Any) -> Any:
            answer = super().handle_request(request)
            if request.url.path == "/sync/v1/load":
                answer.read()
                asyncio.run_coroutine_threadsafe(_delete(app), loop).result()
            return answer

    loop = asyncio.get_running_loop()
    lin, _ = await _lin(doors, run)
    lin.close()
    network = Deleting()
    lin = await doors.device("lin", "lin", registered=False, transport=network)
    await asyncio.to_thread(lin.pull)
    assert network.sent.count("/sync/v1/load") == 3
    await _is_whole(lin, doors.folder)


async def _delete(app: Application) -> None:
    assert app.sync.loads is not None
    blobs = app.sync.loads.blobs
    for key in await blobs.keys("loads"):
        await blobs.delete(key)


async def test_a_file_that_is_never_what_was_announced(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    lin, network = await _lin(doors, run)
    told = loads.Loads._told

    def lying(self: loads.Loads, *given: Any) -> Any:
        file = told(self, *given)
        return structs.replace(file, sha256="0" * 64)

    monkeypatch.setattr(loads.Loads, "_told", lying)
    await asyncio.to_thread(lin.pull)
    assert sum(path.startswith(FILES) for path in network.sent) == 3
    await _is_whole(lin, doors.folder)


async def test_refusals_and_a_lost_network_are_no_reason_for_pages(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, network = await _lin(doors, run)
    network.lose_answers = {"/sync/v1/load"}
    with pytest.raises(Offline):
        await asyncio.to_thread(lin.pull)
    network.lose_answers = set()
    lin.token = "yfs_nobody"
    with pytest.raises(SyncRefused, match="NOT_SIGNED_IN"):
        await asyncio.to_thread(lin.pull)
    assert "/sync/v1/pull" not in network.sent
    assert lin.rows("customers") == []
