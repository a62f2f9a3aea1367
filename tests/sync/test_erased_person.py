"""A person who was erased on the server is erased on the devices too, at their next pull."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from tests.sync.conftest import Doors

CANARIES = ("金丝雀", "jinsique", "canary@example.com", "13800001111")


def traces(folder: Path) -> set[str]:
    """Canaries in any row of any table of any replica in the folder."""
    found: set[str] = set()
    for file in folder.rglob("*"):
        if not file.is_file() or not file.read_bytes().startswith(b"SQLite format 3"):
            continue
        opened = sqlite3.connect(file)
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert tables
        for name in tables:
            rows = str(opened.execute(f'SELECT * FROM "{name}"').fetchall())
            found |= {canary for canary in CANARIES if canary in rows}
        opened.close()
    return found


async def test_the_next_pull_takes_the_person_from_the_device(doors: Doors, run: Any) -> None:
    li = await doors.device("li", "li")
    made = await run("li", "party.create_customer", name="金丝雀", email="canary@example.com", notes="金丝雀爱唱歌")
    contact = await run("li", "party.create_contact", customer_id=made.row_id, name="金丝雀小姐", mobile="13800001111")
    await run(
        "li", "crm.log_activity", customer_id=made.row_id, channel="phone", topic="金丝雀来电", content="约金丝雀"
    )
    await asyncio.to_thread(li.pull)
    assert traces(doors.folder) >= {"金丝雀", "canary@example.com", "13800001111"}
    await run("admin", "party.erase_customer", id=made.row_id)
    await asyncio.to_thread(li.pull)
    assert traces(doors.folder) == set()
    for collection, row_id in (("customers", made.row_id), ("contacts", contact.row_id)):
        row = li.row(collection, str(row_id))
        assert row is not None
        assert row["name"] == "已删除"
        assert row["archivedAt"] is not None
    assert await asyncio.to_thread(li.verify) == []
