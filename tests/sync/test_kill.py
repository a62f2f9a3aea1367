"""A device's process killed hard, again and again: what `mutate` returned is kept, and reaches the server once."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from modules.party.entities import Customer
from tests.sync.conftest import Doors

_DEVICE = """
import sys
from sync.client import Replica
replica = Replica(sys.argv[1], sys.argv[2], sys.argv[3], page_rows=5)
for i in range(100_000):
    print(replica.mutate("party.create_customer", name=f"客户{i}"), flush=True)
    if i % 3 == 2:
        replica.sync()
"""


async def _run_and_kill(doors: Doors, path: Path, token: str, seconds: float) -> list[str]:
    """Runs the device for a moment, kills it, returns the ids that it had been given."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _DEVICE,
        str(path),
        doors.url,
        token,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    first = await process.stdout.readline()
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    # The last line may be cut by the kill; an id is 36 characters.
    return [line for line in (first + rest).decode().split("\n") if len(line) == 36]


async def test_a_killed_device_loses_nothing_and_doubles_nothing(doors: Doors) -> None:
    li = await doors.device("li", "li")
    path, chance, given = doors.folder / "li.sqlite", random.Random(7), []
    for _ in range(5):
        given += await _run_and_kill(doors, path, li.token, chance.random() * 0.8)
    waiting = [m["arguments"]["id"] for m in li.pending()]
    await asyncio.to_thread(li.sync)
    assert (li.pending(), li.inbox()) == ([], [])
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        stored = [str(found) for found in await session.scalars(select(Customer.id))]
    assert len(given) > 10
    assert len(stored) == len(set(stored))
    # A mutation whose id had not been printed yet when the kill came is kept as well: at most one a run.
    assert set(given) <= set(stored)
    assert len(stored) <= len(given) + 5
    assert set(waiting) <= set(stored)
    assert sorted(row["id"] for row in li.rows("customers")) == sorted(stored)
    assert await asyncio.to_thread(li.verify) == []
