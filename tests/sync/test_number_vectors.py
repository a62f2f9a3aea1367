"""sync/vectors/numbers.json: which numbers a device hands out of the leases that it knows, done by ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync.client import NoNumbersLeft, Replica
from sync.client.pages import Page, Section

CASES = json.loads((Path(__file__).parents[2] / "sync" / "vectors" / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_device_hands_out_what_the_vectors_say(case: dict[str, Any], tmp_path: Path) -> None:
    with Replica(tmp_path / "r.sqlite", "http://127.0.0.1:9", "token") as replica:
        store = replica._store
        store.set(device_id=case["deviceId"], schema={"hash": "", "collections": {}, "commands": {}}, next_n=1)
        leases = [json.dumps(lease, separators=(",", ":")) for lease in case["leases"]]
        rows = [Section("numberLeases", "replace", [], leases)]
        store.stage(Page({"rebase": True, "more": False, "cursor": "c"}, rows))
        store.show_staged(acked_to=0)
        with store.transaction() as db:
            for lease_id, taken_to in case["taken"].items():
                db.execute("INSERT INTO number_next (lease_id, value) VALUES (?, ?)", (lease_id, taken_to + 1))
        assert replica.numbers_left("s") == len(case["numbers"])
        assert [replica.next_number("s") for _ in case["numbers"]] == case["numbers"]
        with pytest.raises(NoNumbersLeft):
            replica.next_number("s")
        assert replica._numbers._spent("s") == case["spent"]
