"""sync/vectors/states.json and barrier.json, done by ours; and what a member sees of what is not done yet."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sync.client.outbox import Queued
from sync.client.pages import Page
from sync.client.states import kept_of, with_states
from sync.client.store import Store
from tests.sync.conftest import Doors

VECTORS = Path(__file__).parents[2] / "sync" / "vectors"
COMMANDS: dict[str, dict[str, Any]] = {
    "party.create_customer": {"collection": "customers", "effect": "create"},
    "party.edit_customer": {"collection": "customers", "effect": "edit"},
    "sales.create_order": {
        "collection": "salesOrders",
        "effect": "create",
        "sets": {"state": "draft"},
        "children": {"lines": {"collection": "salesOrderLines", "parent": "orderId"}},
    },
    "sales.confirm_order": {"collection": "salesOrders", "effect": "transition", "sets": {"state": "confirmed"}},
}


def _load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def _queued(n: int, command: str, arguments: dict[str, Any]) -> Queued:
    return Queued(
        n=n,
        uuid=f"u{n}",
        command=command,
        arguments=arguments,
        base={},
        server_base={},
        made_at="2026-03-02T01:30:00.000000Z",
        schema=None,
        row_id=arguments["id"],
        outcome=None,
        settled=False,
        collection=str(COMMANDS[command]["collection"]),
        effect=str(COMMANDS[command]["effect"]),
        shows={name: what for name, what in COMMANDS[command].items() if name in ("sets", "children")},
    )


@pytest.mark.parametrize("case", _load("states"), ids=lambda case: case["name"])
def test_states(case: dict[str, Any]) -> None:
    made = {"mutationId": "m", "madeAt": "2026-03-02T01:30:00.000000Z"}
    kept = [kept_of({**made, **entry}, COMMANDS) for entry in case["entries"]]
    overlay = [_queued(n, q["command"], q["arguments"]) for n, q in enumerate(case["queue"], 1)]
    found = with_states(
        case["rows"], case.get("collection", "customers"), [k for k in kept if k is not None], overlay, "m"
    )
    assert sorted(found) == [row["id"] for row in case["shows"]]
    for row in case["shows"]:
        assert {name: found[row["id"]].get(name) for name in row} == row


def _page(cursor: str) -> Page:
    return Page({"rebase": False, "more": False, "cursor": cursor}, [])


@pytest.mark.parametrize("case", _load("barrier"), ids=lambda case: case["name"])
def test_barrier(case: dict[str, Any], tmp_path: Path) -> None:
    store = Store(tmp_path / "replica.sqlite")
    store.set(device_id="d", schema={}, next_n=1)
    with store.transaction():
        for n in (1, 2):
            store.outbox.enqueue(_queued(n, "party.create_customer", {"id": f"r{n}"}))
    asked = store.standing()
    sent = max(step["answer"]["lastMutation"] for step in case["steps"] if "answer" in step)
    for place, step in enumerate(case["steps"]):
        if "answer" in step:
            answer, before = step["answer"], store.outbox.answered_to()
            taken = range(1, answer["lastMutation"] + 1) if "offers" not in step else ()
            outcomes = [{"n": n, "uuid": f"u{n}", "status": "applied"} for n in taken]
            store.outbox.acknowledge({**answer, "outcomes": outcomes}, "d")
            if "offers" in step:
                assert answer["lastMutation"] < before
                store.outbox.unanswer_after(answer["lastMutation"])
                assert [q.n for q in store.outbox.to_offer(10)] == step["offers"]
        elif "pullBegins" in step:
            asked = store.standing()
            assert asked.barrier == step["pullBegins"]["sends"]
        elif "pullEnds" in step:
            assert store.keep(_page(f"c{place}"), asked)
        else:
            asked = store.standing()
            assert asked.barrier == step["pull"]["sends"]
            assert store.keep(_page(f"c{place}"), asked)
        if "overlay" in step:
            assert [q.n for q in store.overlay() if q.n <= sent] == step["overlay"]
    store.close()


async def test_what_was_written_offline_never_vanishes_from_the_list(doors: Doors, run) -> None:
    await run("lin", "party.create_customer", name="占用", code="K1")
    li = await doors.device("li", "li")
    refused = li.mutate("party.create_customer", name="青山", code="K1")
    fine = li.mutate("party.create_customer", name="好的")
    person = li.mutate("party.create_contact", customer_id=refused, name="老王")

    def seen(collection: str = "customers", replica: Any = li) -> dict[str, str | None]:
        return {row["id"]: row["_state"] for row in replica.rows(collection, states=True)}

    assert seen() == {refused: "pending", fine: "pending"}
    await asyncio.to_thread(li.push)
    assert seen() == {refused: "inbox", fine: "pending"}
    assert seen("contacts") == {person: "parked"}
    await asyncio.to_thread(li.pull)
    assert seen() == {refused: "inbox", fine: None}
    assert seen("contacts") == {person: "parked"}
    assert [row["id"] for row in li.rows("customers")] == [fine]  # the plain list is the server's, as ever
    li.mutate("party.edit_customer", id=refused, name="青山实业")
    assert {r["id"]: r["name"] for r in li.rows("customers", states=True)}[refused] == "青山实业"
    phone = await doors.device("li", "phone")
    assert seen(replica=phone) == {refused: "inbox", fine: None}
    assert seen("contacts", phone) == {person: "parked"}
    manager = await doors.device("wang", "wang")
    assert seen(replica=manager) == {fine: None}  # other people's drafts are theirs
    entry = next(e for e in li.inbox() if e["state"] == "open")
    li.resolve(entry["id"], "mine", arguments={"name": "青山", "code": "K9"})
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(li.sync)
    assert seen() == {refused: None, fine: None}
    assert seen("contacts") == {person: None}
    assert li.row("customers", refused)["name"] == "青山实业"
    assert li.inbox() == []


async def test_an_orders_lines_never_vanish_from_the_list(doors: Doors, run) -> None:
    await run("lin", "catalog.create_product", name="龙井", unit="斤", list_price="100", currency="CNY")
    await run("li", "party.create_customer", name="青山")
    li = await doors.device("li", "li")
    buyer = li.rows("customers")[0]["id"]
    lines = [{"product_id": li.rows("products")[0]["id"], "quantity": "2"}]
    order = li.mutate("sales.create_order", customer_id=buyer, number="SO-999999", lines=lines)

    def seen(collection: str) -> list[tuple[Any, ...]]:
        return [(row.get("state"), row["_state"]) for row in li.rows(collection, states=True)]

    assert (seen("salesOrders"), seen("salesOrderLines")) == ([("draft", "pending")], [(None, "pending")])
    li.mutate("sales.confirm_order", id=order)
    await asyncio.to_thread(li.sync)
    assert li.rows("salesOrderLines") == []
    assert (seen("salesOrders"), seen("salesOrderLines")) == ([("confirmed", "inbox")], [(None, "inbox")])
    refused = next(entry for entry in li.inbox() if entry["state"] == "open")
    assert refused["code"] == "NUMBER_NOT_LEASED"
    kept = {name: value for name, value in refused["arguments"].items() if name != "number"}
    li.resolve(refused["id"], "mine", arguments=kept)
    await asyncio.to_thread(li.sync)
    assert (seen("salesOrders"), seen("salesOrderLines")) == ([("confirmed", None)], [(None, None)])


@pytest.mark.parametrize("lines", ["abc", 7, {"a": 1}, [7, None], [{"id": 7}], [{"id": ["x"]}]], ids=repr)
async def test_rows_that_are_none_stop_no_list_and_no_queue(doors: Doors, run, lines: Any) -> None:
    await run("li", "party.create_customer", name="青山")
    li = await doors.device("li", "li")
    buyer = li.rows("customers")[0]["id"]
    li.mutate("sales.create_order", customer_id=buyer, lines=lines)
    li.mutate("party.edit_customer", id=["x"], name="无")
    li.mutate("party.edit_customer", id=buyer, custom=7)
    li.mutate("party.edit_customer", id=buyer, custom={"k": "v"})
    for states in (False, True):
        assert li.rows("salesOrderLines", states=states) == []
        assert [row["id"] for row in li.rows("customers", states=states)] == [buyer]
    assert (await asyncio.to_thread(li.sync))["queued"] == 0
    assert [entry["code"] for entry in li.inbox()] == ["INVALID_INPUT"] * 3 + ["CUSTOM_FIELD_UNKNOWN"]
    assert li.rows("salesOrderLines", states=True) == []
