"""What a member may see no more lies on nowhere in a plain replica, the WAL included, while the app runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sync.client import Replica
from tenants.entities import Role
from tests.sync.conftest import Doors
from tests.sync.test_views import _mask, _widen
from tests.world import seed

PHONE = "13800000000"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the extra `device` is installed: its files are plain without a key, but for the library."""
    monkeypatch.setattr("sync.client.vault.can_encrypt", lambda: False)


def lies_on(doors: Doors, name: str, value: str) -> list[str]:
    """The files beside the replica that have it."""
    return sorted(p.name for p in doors.folder.glob(f"{name}.sqlite*") if value.encode() in _bytes(p))


def _bytes(path: Path) -> bytes:
    """Read by another process: to close the file here would drop the locks that the replica holds on it."""
    return subprocess.run(["cat", str(path)], check=True, capture_output=True).stdout


def wal(doors: Doors, name: str = "li") -> int:
    return (doors.folder / f"{name}.sqlite-wal").stat().st_size


class Cleared:
    """Counts the checkpoints that a replica makes for what must go."""

    def __init__(self, replica: Replica) -> None:
        self.times, self._clear = 0, replica._store.set
        replica._store.set = self._set  # type: ignore[method-assign]

    def _set(self, **values: Any) -> None:
        self.times += "cleared" in values
        self._clear(**values)


async def test_loads_and_edits_pay_nothing_for_it(doors: Doors, run) -> None:
    made = [await run("li", "party.create_customer", name=f"客户{i}", phone=PHONE) for i in range(5)]
    li = await doors.device("li", "li", page_rows=2)
    cleared, before = Cleared(li), wal(doors)
    for each in made:
        await run("li", "party.edit_customer", id=each.row_id, version=1, phone="13900000000", notes="备注")
    await asyncio.to_thread(li.pull)
    li.mutate("party.edit_customer", id=str(made[0].row_id), notes="另写")
    await asyncio.to_thread(li.sync)
    assert (cleared.times, li._store.get("residue")) == (0, None)
    assert wal(doors) >= before > 0


@pytest.mark.parametrize("page_rows", [2, 5_000])
@pytest.mark.usefixtures("plain")
async def test_masked_values_lie_on_nowhere(doors: Doors, run, page_rows: int) -> None:
    for i in range(5):
        await run("li", "party.create_customer", name=f"客户{i}", phone=f"{PHONE[:-1]}{i}")
    li = await doors.device("li", "li", page_rows=page_rows)
    assert lies_on(doors, "li", PHONE)
    await _mask(doors, "salesperson", ["party.Customer.phone"])
    await asyncio.to_thread(li.pull)
    assert "phone" not in li.rows("customers")[0]
    assert [lies_on(doors, "li", f"{PHONE[:-1]}{i}") for i in range(5)] == [[]] * 5


async def _loses_customers(doors: Doors) -> None:
    async def less(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "salesperson"))
        role.permissions = [name for name in role.permissions if not name.startswith("party.customer.")]

    await seed(doors.app, doors.world.yunfan.tenant_id, less)


async def _narrows(doors: Doors) -> None:
    await _widen(doors, "li", "own")


@pytest.mark.parametrize("encrypts", [True, False], ids=["device-extra", "plain-library"])
@pytest.mark.parametrize("taken", [_loses_customers, _narrows])
async def test_rows_out_of_sight_lie_on_nowhere(
    doors: Doors, run, taken: Any, encrypts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not encrypts:
        monkeypatch.setattr("sync.client.vault.can_encrypt", lambda: False)
    await run("zhao", "party.create_customer", name="小赵的客户", phone=PHONE)
    await _widen(doors, "li", "all")
    li = await doors.device("li", "li")
    assert (len(li.rows("customers")), bool(lies_on(doors, "li", PHONE))) == (1, True)
    await taken(doors)
    await asyncio.to_thread(li.pull)
    assert (li.rows("customers"), lies_on(doors, "li", PHONE), wal(doors) < 20_000) == ([], [], True)
    assert await asyncio.to_thread(li.verify) == []


async def test_a_row_that_moved_away_alone_lies_on_nowhere(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="本人的客户", phone=PHONE)
    li = await doors.device("li", "li")
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["wang"])
    await asyncio.to_thread(li.pull)
    assert (li.rows("customers"), lies_on(doors, "li", PHONE)) == ([], [])


async def test_while_another_process_reads_it_stays_for_the_next_pull(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="本人的客户", phone=PHONE)
    li = await doors.device("li", "li")
    read = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('BEGIN')\n"
    read += "db.execute('SELECT count(*) FROM base').fetchall(); print('reads', flush=True); sys.stdin.read()"
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", read, str(doors.folder / "li.sqlite"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert (await reader.stdout.readline()).strip() == b"reads"
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["wang"])
    await asyncio.to_thread(li.pull)
    assert lies_on(doors, "li", PHONE)
    assert not li._store.clear_residue()
    await reader.communicate(b"")
    await asyncio.to_thread(li.pull)
    assert lies_on(doors, "li", PHONE) == []


async def test_what_a_kill_left_goes_at_the_next_start(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="本人的客户", phone=PHONE)
    li = await doors.device("li", "li")
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["wang"])
    li._store.clear_residue = lambda: False  # type: ignore[method-assign]
    await asyncio.to_thread(li.pull)
    assert lies_on(doors, "li", PHONE)
    for name in ("li.sqlite", "li.sqlite-wal"):  # as the disk has them at that moment
        (doors.folder / f"killed.{name[3:]}").write_bytes(_bytes(doors.folder / name))
    again = Replica(doors.folder / "killed.sqlite", doors.url, li.token)
    doors.opened.append(again)
    assert lies_on(doors, "killed", PHONE) == []


async def test_what_an_erased_persons_row_said_lies_on_nowhere(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="金丝雀", phone=PHONE)
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), notes="爱唱歌")
    await asyncio.to_thread(li.sync)
    assert all(lies_on(doors, "li", said) for said in ("金丝雀", PHONE, "爱唱歌"))
    li.mutate("party.edit_customer", id=str(made.row_id), notes="还爱跳舞")
    await run("admin", "party.erase_customer", id=made.row_id)
    await asyncio.to_thread(li.sync)
    assert [lies_on(doors, "li", said) for said in ("金丝雀", PHONE, "爱唱歌", "还爱跳舞")] == [[]] * 4
