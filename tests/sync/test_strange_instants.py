"""Instants that no clock shows: refused by name and in words, and nothing behind them is stopped."""

from __future__ import annotations

import pytest

from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw


@pytest.mark.parametrize(
    "instant",
    [
        "2026-03-02T01:30:00",
        "2026-03-02",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
        "2026-03-02T01:30:00+24:00",
        1_772_415_000,
    ],
)
async def test_an_instant_that_cannot_be_is_filed_with_its_field(doors: Doors, run, instant: object) -> None:
    customer = await run("li", "party.create_customer", name="甲")
    device = await Raw(doors, "li").register()
    given = {"customerId": customer.row_id, "channel": "phone", "topic": "询价"}
    answer = await device.push(
        device.mutation(1, "crm.log_activity", **given, happenedAt=instant),
        device.mutation(2, "crm.log_activity", **given),
    )
    refused, behind = answer.outcomes
    assert (refused.status, refused.error.code, refused.error.field) == ("inbox", "INVALID_INPUT", "happenedAt")
    assert refused.error.message and refused.error.remedy  # noqa: PT018
    assert behind.status == "applied"
