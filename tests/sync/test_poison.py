"""One edit that cannot be digested stops neither the device's queue nor what the company's subscription sets free."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import select

from kernel.command import command_named
from kernel.context import Context
from kernel.policy import Actor, Authority
from sync.errors import Defect
from sync.merge import merge_fields
from sync.waiting import apply_waiting
from tenants.device_entities import InboxEntry
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
from tests.world import seed

MISSHAPEN = [
    ({"custom": 5}, {}, {"custom": {"k": "1"}}, "base.custom"),
    ({"custom": [1]}, {}, {"custom": {"k": "1"}}, "base.custom"),
    ({"custom": "x"}, {}, {"custom": {"k": "1"}}, "base.custom"),
    ({"tagIds": 5}, {}, {"tagIds": []}, "base.tagIds"),
    ({"tagIds": "abc"}, {}, {"tagIds": []}, "base.tagIds"),
    ({"tagIds": {"a": 1}}, {}, {"tagIds": []}, "base.tagIds"),
    ({"tagIds": [[1]]}, {}, {"tagIds": []}, "base.tagIds"),
    ({"custom": {}}, {"custom": 7}, {"custom": {"k": "1"}}, "serverBase.custom"),
    ({"custom": {}}, {"custom": "x"}, {"custom": {"k": "1"}}, "serverBase.custom"),
    ({"tagIds": []}, {"tagIds": 5}, {"tagIds": []}, "serverBase.tagIds"),
]


@pytest.mark.parametrize("trial", ["running", "ended"])
async def test_a_misshapen_base_is_filed_with_its_field_and_the_queue_goes_on(
    doors: Doors, clock, run, trial: str
) -> None:
    shared = (await run("li", "party.create_customer", name="共有")).row_id
    device = await Raw(doors, "li").register()
    clock.move(days=20 if trial == "ended" else 0)
    made = [
        structs.replace(
            device.mutation(n, "party.edit_customer", base, id=shared, **arguments), server_base=server_base
        )
        for n, (base, server_base, arguments, _) in enumerate(MISSHAPEN, start=1)
    ]
    last = device.mutation(len(made) + 1, "party.edit_customer", {"name": "共有"}, id=shared, name="之后")
    answer = await device.push(*made, last)
    assert answer.stopped is None
    found = [(outcome.error.code, outcome.error.field) for outcome in answer.outcomes[:-1]]
    assert found == [("INVALID_INPUT", place) for *_, place in MISSHAPEN]
    assert answer.outcomes[-1].status == ("waiting" if trial == "ended" else "applied")


def test_a_set_of_numbers_and_words_merges() -> None:
    merged = merge_fields({"tags": "add_remove"}, {"tags": [1, "a"]}, {"tags": [1, "a", "b"]}, {"tags": ["a", 1]})
    assert merged.apply == {"tags": ["a", 1, "b"]}
    assert not merged.combined


async def _late(doors: Doors, clock, run) -> tuple[UUID, UUID]:
    """Two late edits that wait, in order."""
    rows = [(await run("li", "party.create_customer", name=name)).row_id for name in ("甲", "乙")]
    device = await Raw(doors, "li").register()
    clock.move(days=20)
    edits = [
        device.mutation(n, "party.edit_customer", {"level": None}, id=row, level="a") for n, row in enumerate(rows, 1)
    ]
    assert {outcome.status for outcome in (await device.push(*edits)).outcomes} == {"waiting"}
    subscribe = command_named("billing.activate_subscription")
    actor = Actor(doors.world.yunfan.tenant_id, None, Authority())
    data = subscribe.input_type(modules=["crm"], until=None)
    await doors.app.engine.executor.run_internal(actor, subscribe, data)
    return rows[0], rows[1]


async def _entries(doors: Doors) -> list[tuple[str, str]]:
    asked = "SELECT state, code FROM app.inbox_entry ORDER BY created_at, id"
    return [(row.state, row.code) for row in await rows_of(doors.app, doors.world.yunfan.tenant_id, asked)]


async def _spoil(doors: Doors, row: UUID, differences: Any) -> None:
    """What an earlier version, or a hand in the database, may have left."""

    async def work(ctx: Context) -> None:
        entry = await ctx.session.scalar(select(InboxEntry).where(InboxEntry.row_id == row))
        entry.differences = differences

    await seed(doors.app, doors.world.yunfan.tenant_id, work)


@pytest.mark.parametrize(
    ("differences", "code"),
    [
        ([{"field": "level"}], Defect.code),
        ({"level": 1}, Defect.code),
        (["level"], Defect.code),
        ([], "BASE_MISSING"),
    ],
)
async def test_an_entry_that_fails_is_marked_and_the_next_is_applied(
    doors: Doors, clock, run, differences: Any, code: str
) -> None:
    first, _ = await _late(doors, clock, run)
    await _spoil(doors, first, differences)
    settled = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (settled.applied, settled.reopened, settled.waiting) == (1, 1, 0)
    assert sorted(await _entries(doors)) == sorted([("open", code), ("applied", "SUBSCRIPTION_LAPSED")])
    again = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (again.applied, again.reopened) == (0, 0)


async def test_a_passing_failure_brings_the_job_back_and_files_nothing(doors: Doors, clock, run, monkeypatch) -> None:
    await _late(doors, clock, run)

    async def down(*_args: object) -> None:
        raise OSError("the database is out of reach")

    with monkeypatch.context() as patched:
        patched.setattr("sync.offline.rebase_edit", down)
        with pytest.raises(OSError, match="out of reach"):
            await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert [state for state, _ in await _entries(doors)] == ["waiting", "waiting"]
    assert (await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)).applied == 2
