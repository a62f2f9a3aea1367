"""What an inbox entry's reason quotes is hidden from whoever may not see it: on devices, in answers, in the API."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kernel.policy import Authority
from modules.inventory.errors import CountedMeanwhile
from sync.errors import EditClashed
from sync.wire import PullRequest
from tenants.commands.file_inbox_entry import reason_of
from tenants.entities import Role
from tenants.masking import without_masked
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.sync.rows_told import rows_told
from tests.world import seed
from values.errors import AlreadyTaken, AmountInvalid, FieldMasked, NotFound, Refusal, VersionConflict, Words

SECRET = "95588001"
HIDDEN = frozenset({"party.Customer.phone", "party.Customer.credit_limit_minor"})
MASKED = Authority({}, HIDDEN)


def entry(refusal: Refusal, entity: str | None = "party.Customer", *, wire: bool = False) -> dict[str, object]:
    told = reason_of(refusal)
    if wire:
        names = {"message_zh": "messageZh", "message_en": "messageEn", "remedy_zh": "remedyZh", "remedy_en": "remedyEn"}
        told = {names.get(name, name): value for name, value in told.items()}
    return {"entity": entity, "arguments": {}, "differences": [], **told}


@pytest.mark.parametrize("wire", [False, True])
@pytest.mark.parametrize(
    "refusal",
    [
        AmountInvalid(field="creditLimitMinor", value=SECRET),
        AlreadyTaken(field="phone", value=SECRET),
        AlreadyTaken(value=SECRET),
        AlreadyTaken(field="name", value=SECRET),  # a reason may quote another field than it names
    ],
)
def test_a_quoted_value_is_cut_from_the_reason(refusal: Refusal, wire: bool) -> None:
    shown = without_masked(entry(refusal, wire=wire), MASKED)
    assert SECRET in str(entry(refusal, wire=wire))
    assert SECRET not in str(shown)
    assert shown["code"] == refusal.code
    assert "…" in str(shown["messageZh" if wire else "message_zh"])
    assert shown.keys() == entry(refusal, wire=wire).keys()


def test_what_quotes_no_value_stays_whole() -> None:
    told = [
        EditClashed(),
        FieldMasked(field="phone", label=Words("电话", "Phone")),
        NotFound(entity=Words("客户", "customer")),
        VersionConflict(field="version", version=7),
    ]
    for refusal in told:
        assert without_masked(entry(refusal), MASKED) == entry(refusal)


def test_masks_of_another_entity_hide_nothing_and_an_unknown_entity_falls_under_all() -> None:
    taken = AlreadyTaken(field="phone", value=SECRET)
    assert without_masked(entry(taken, "crm.Activity"), MASKED) == entry(taken, "crm.Activity")
    assert SECRET not in str(without_masked(entry(taken, None), MASKED))
    assert without_masked(entry(taken), Authority()) == entry(taken)


def test_a_reason_that_its_code_does_not_explain_is_cut_whole() -> None:
    """Written by an earlier version, or blanked since: no sentence to keep."""
    changed = {**entry(AlreadyTaken(value="x")), "message_zh": f"电话 {SECRET} 已登记", "code": "GONE"}
    shown = without_masked(changed, MASKED)
    assert SECRET not in str(shown)
    part = {"message_zh": f"电话 {SECRET} 已登记"}  # an audit entry holds only what changed
    assert SECRET not in str(without_masked(part, MASKED))


async def test_a_device_whose_member_is_masked_reads_no_masked_value(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    first = device.mutation(1, "party.create_customer", name="甲", code=f"C{SECRET}")
    again = device.mutation(2, "party.create_customer", name="乙", code=f"C{SECRET}")
    open_answer = await device.push(first, again)
    assert SECRET in open_answer.outcomes[1].error.message

    async def mask(ctx) -> None:
        for role in await ctx.session.scalars(select(Role)):
            role.masks = ["party.Customer.code"]

    await seed(doors.app, doors.world.yunfan.tenant_id, mask)
    replayed = (await device.push(again)).outcomes[0]
    assert (replayed.error.code, SECRET in replayed.error.message) == ("ALREADY_TAKEN", False)
    fresh = await device.push(device.mutation(3, "party.create_customer", name="乙", code=f"C{SECRET}"))
    assert SECRET not in str(fresh)
    actor = await doors.world.yunfan.actor("li")
    page = await device.service.pull(actor, PullRequest(device_id=device.id))
    assert len(rows_told(page, "inbox")) == 2
    assert SECRET not in page.encoded().decode()


def test_a_hidden_field_of_a_line_is_cut_from_its_documents_arguments() -> None:
    """An order's lines came with it: their price is hidden as a field of the line, not of the order."""
    from kernel.policy import Authority as Held

    sent = {"id": "x", "lines": [{"quantity": "2", "unitPrice": SECRET}], "custom": {"unitPrice": "own"}}
    kept = {**entry(AlreadyTaken(value=SECRET), "sales.SalesOrder"), "arguments": sent}
    keeper = Held({}, frozenset({"sales.SalesOrderLine.unit_price"}))
    shown = without_masked(kept, keeper)
    assert shown["arguments"] == {"id": "x", "lines": [{"quantity": "2"}], "custom": {"unitPrice": "own"}}
    assert SECRET not in str(shown)
    assert kept["arguments"] == sent


def test_a_masked_field_of_an_item_is_hidden_with_the_sentence_that_quotes_it() -> None:
    counted = CountedMeanwhile(field="lines.0.counted", found="茶 7777")
    told = {**entry(counted, "inventory.StockCount")}
    told["differences"] = [{"field": "lines.0.counted", "base": "1", "mine": "2", "theirs": "7777"}]
    shown = without_masked(told, Authority({}, frozenset({"inventory.StockCountLine.counted"})))
    assert shown["differences"] == []
    assert "7777" not in str(shown)
    assert without_masked(told, Authority({})) == told
