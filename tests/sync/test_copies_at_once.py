"""Two copies of one replica bring one mutation at the same instant: it is applied or filed, never both."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from modules.party.entities import Customer
from sync.filing import Filing
from sync.wire import Mutation, RegisterRequest
from tenants.device_entities import InboxEntry
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw


async def _two_copies(doors: Doors, run) -> tuple[Raw, Raw, Mutation, Any]:
    """An original and its copy, and an edit that both hold, of a row that lies in the recycle bin."""
    first = await Raw(doors, "wang").register()
    row = (await first.push(first.mutation(1, "party.create_customer", name="甲"))).outcomes[0].result.id
    copy = Raw(doors, "wang")
    actor = await doors.world.yunfan.actor("wang")
    asked = RegisterRequest(device_id=copy.id, name="copy", platform="test", origin_id=first.id)
    await copy.service.register(actor, asked)
    await copy.push(copy.mutation(1, "party.create_customer", name="只在副本"))
    await run("lin", "party.archive_customer", id=row)
    return first, copy, first.mutation(2, "party.edit_customer", {"region": None}, id=str(row), region="华东"), row


async def _came_to(doors: Doors, row: Any) -> tuple[str | None, int]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        region = await session.scalar(select(Customer.region).where(Customer.id == row))
        return region, len(await session.scalars(select(InboxEntry.id)))


async def test_what_a_copy_applied_while_the_other_was_refused_is_not_filed(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, copy, edit, row = await _two_copies(doors, run)
    file, applied = Filing.file, []

    async def quicker(self: Filing, mutation: Mutation, refusal: Any) -> Any:
        monkeypatch.setattr(Filing, "file", file)
        await run("lin", "party.restore_customer", id=row)
        applied.append(await first.push(edit))
        return await file(self, mutation, refusal)

    monkeypatch.setattr(Filing, "file", quicker)
    told = await copy.push(edit)
    assert [[o.status for o in answer.outcomes] for answer in (*applied, told)] == [["applied"], ["applied"]]
    assert (told.last_mutation, told.stopped) == (2, None)
    assert await _came_to(doors, row) == ("华东", 0)


async def test_what_a_copy_files_while_the_other_waits_is_not_applied(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other began before the filing was committed: its first look at the outcomes does not show it."""
    first, copy, edit, row = await _two_copies(doors, run)
    refuse, other = Filing._refuse_applied, []

    async def slower(self: Filing, ctx: Any, mutation: Mutation) -> None:
        await refuse(self, ctx, mutation)
        if not other:
            await run("lin", "party.restore_customer", id=row)
            other.append(asyncio.create_task(first.push(edit)))
            await asyncio.sleep(0.3)
            assert not other[0].done(), "it has to wait for the filing"

    monkeypatch.setattr(Filing, "_refuse_applied", slower)
    told = await copy.push(edit)
    [also] = [await task for task in other]
    assert [[o.status for o in answer.outcomes] for answer in (told, also)] == [["inbox"], ["inbox"]]
    assert told.outcomes[0].inbox_id == also.outcomes[0].inbox_id
    assert await _came_to(doors, row) == (None, 1)


async def test_copies_that_file_at_once_file_once(doors: Doors, run) -> None:
    first, copy, edit, row = await _two_copies(doors, run)
    answers = await asyncio.gather(*(device.push(edit) for device in (first, copy, first, copy)))
    assert {o.inbox_id for answer in answers for o in answer.outcomes if o.status == "inbox"} != set()
    assert await _came_to(doors, row) == (None, 1)
