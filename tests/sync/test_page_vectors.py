"""sync/vectors/rows.json, staging.json, live.json, loads.json and backoff.json, done by both clients."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.client import Replica
from sync.client.live import pause_after
from sync.client.loading import FirstLoad
from sync.client.outbox import Queued
from sync.client.pages import follows, parse_page
from sync.client.store import Store
from sync.client.tokens import TokenChain
from sync.client.transport import Transport, pause_seconds
from tests.sync import stranger
from tests.sync.stranger import Stranger

VECTORS = Path(__file__).parents[2] / "sync" / "vectors"
REBASED = "018f0000-0000-7000-8000-00000000000c"


def _load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def _named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", _load("rows"), ids=_named)
def test_an_answer_of_lines(case: dict[str, Any]) -> None:
    body = case["body"].encode()
    if case.get("cut"):
        with pytest.raises(ValueError):
            parse_page(body)
        with pytest.raises(ValueError):
            stranger.parse(body)
        return
    expected = [(part["name"], part["mode"], part["removes"], part["puts"]) for part in case["sections"]]
    assert [(p.collection, p.mode, p.removes, p.puts) for p in parse_page(body).sections] == expected
    assert stranger.parse(body)[1] == expected


@pytest.mark.parametrize("case", _load("staging"), ids=_named)
def test_pages_that_are_shown_together(case: dict[str, Any], tmp_path: Path) -> None:
    store, other = Store(tmp_path / "replica.sqlite"), Stranger("http://127.0.0.1:9", "-")
    store.set(device_id="d", schema={})
    for step in case["steps"]:
        page = parse_page(step["page"].encode())
        assert store.keep(page, store.standing())
        assert store.standing().cursor == page.cursor
        other.keep(*stranger.parse(step["page"].encode()), 0)
        for collection, rows in step["shows"].items():
            assert [text for _, text in store.base_texts(collection)] == rows
            assert sorted(other.base.get(collection, {}).values()) == rows
    store.close()
    other.http.close()


def test_what_a_page_leads_on_from() -> None:
    for case in _load("live")["follows"]:
        assert follows(case["cursor"]) == case["follows"]
        assert stranger.follows(case["cursor"]) == case["follows"]


@pytest.mark.parametrize("case", _load("live")["pauses"], ids=lambda case: f"{case['code']} {case['failures']}")
def test_a_closed_socket_is_opened_again_after_the_pause_of_its_code(case: dict[str, Any]) -> None:
    ends = [pause_after(case["code"], case["failures"], lambda *within, end=end: within[end]) for end in (0, 1)]
    assert ends == case["within"]


@pytest.mark.parametrize("case", _load("live")["pages"], ids=_named)
def test_a_page_on_the_air(case: dict[str, Any], tmp_path: Path) -> None:
    with Replica(tmp_path / "replica.sqlite", "http://127.0.0.1:9", "-") as replica:
        store = replica._store
        store.set(device_id="d", schema={"hash": "s"}, next_n=1, cursor=case["cursor"], barrier=("t1", 1))
        store.outbox.enqueue(_creation())
        store.outbox.acknowledge({"outcomes": [_applied()], "lastMutation": 1, "clock": "t1"}, "d")
        assert replica.keep_live(parse_page(case["page"].encode())) is case["kept"]
        assert replica.cursor == case["stands"]
        assert [queued.n for queued in store.overlay()] == case["overlay"]
    other, pulled = Stranger("http://127.0.0.1:9", "-"), list[bool]()
    other.cursor, other.barrier = case["cursor"], ("t1", 1)
    other.queue = [{"n": 1, "outcome": {"status": "applied"}, "contained": False}]
    other.pull = lambda **_: pulled.append(True) or {}  # type: ignore[method-assign,func-returns-value]
    other.hear(case["page"].encode())
    assert (not pulled, other.cursor) == (case["kept"], case["stands"])
    assert [m["n"] for m in other.queue if not m["contained"]] == case["overlay"]
    other.http.close()


def _creation() -> Queued:
    return Queued(
        n=0,
        uuid="u1",
        command="party.create_customer",
        arguments={"id": REBASED},
        base={},
        server_base={},
        made_at="2026-03-02T01:30:00.000000Z",
        schema=None,
        collection="customers",
        effect="create",
        row_id=REBASED,
        outcome=None,
        settled=False,
    )


def _applied() -> dict[str, Any]:
    return {"n": 1, "uuid": "u1", "status": "applied"}


@pytest.mark.parametrize("case", _load("backoff"), ids=_named)
def test_when_to_come_again(case: dict[str, Any]) -> None:
    for pause_of in (pause_seconds, stranger.pause_of):
        found = pause_of(case["status"], case["attempt"], case["retryAfter"], case["jitter"])
        assert found == (None if case["seconds"] is None else pytest.approx(case["seconds"]))


class Script:
    """A server that answers as the case says, in that order, and nothing else."""

    def __init__(self, answers: list[dict[str, Any]], packed: bytes) -> None:
        self.answers, self.packed = list(answers), packed

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers.pop(0)
        if answer["to"] == "offer":
            assert (request.method, request.url.path) == ("POST", "/sync/v1/load")
            assert json.loads(request.content)["first"] == answer["asked"]
            sha256 = hashlib.sha256(self.packed).hexdigest()
            told = {"encoding": "gzip", "rows": 1, "bytes": len(self.packed), "rawBytes": 1, "sha256": sha256}
            files = [{"name": name, "path": f"/sync/v1/loads/{name}", **told} for name in answer["files"]]
            return httpx.Response(200, json={"cursor": "c1" if "whole" in answer["files"] else None, "files": files})
        assert (request.method, request.url.path) == ("GET", f"/sync/v1/loads/{answer['to']}")
        assert request.headers.get("range") == answer.get("range")
        if answer["status"] >= 400:
            return httpx.Response(answer["status"], json={"code": answer["code"], "message": ""})
        start = int(answer["range"][6:-1]) if "range" in answer else 0
        body = self.packed[start : answer.get("cut")]
        body = bytes(len(body)) if answer.get("spoilt") else body
        return httpx.Response(answer["status"], content=iter([body]))


@pytest.mark.parametrize("case", _load("loads"), ids=_named)
def test_what_is_made_of_an_offer(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "made.sqlite"
    with sqlite3.connect(raw) as made:
        made.execute(
            "CREATE TABLE base (collection TEXT, id TEXT, data TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID"
        )
        made.execute("INSERT INTO base VALUES ('customers', ?, ?)", (REBASED, json.dumps({"id": REBASED})))
    made.close()
    script = Script(case["answers"], gzip.compress(raw.read_bytes()))
    store = Store(tmp_path / "replica.sqlite")
    with store.transaction() as db:
        db.executemany("INSERT INTO base VALUES ('customers', ?, ?)", [(text[7:43], text) for text in case["shown"]])
    imported: list[str] = []
    for method, name in (("show_part", "first"), ("import_whole", "whole")):
        real = getattr(store, method)
        monkeypatch.setattr(
            store, method, lambda *given, real=real, name=name: imported.append(name) or real(*given), raising=True
        )
    transport = Transport("http://server", TokenChain("-", None, lambda: None), transport=httpx.MockTransport(script))  # type: ignore[arg-type,return-value]
    assert (FirstLoad(store, transport, tmp_path / "replica.sqlite").run("d", {}) is not None) is (
        case["then"] == "cursor"
    )
    assert (imported, script.answers) == (case["imports"], [])
    assert store.standing().cursor == ("c1" if case["then"] == "cursor" else None)
    shown = [text for _, text in store.base_texts("customers")]
    assert shown == (case["shown"] or ([json.dumps({"id": REBASED})] if "first" in imported else []))
    transport.close()
    store.close()
