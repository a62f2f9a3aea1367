"""The operators' status: who gets none, what it tells, and that a part that is down does not take it along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from server.app import application_edge
from server.jobs import WORKER_METRICS_KEY
from server.parts import Application
from server.recent import RecentErrors, RecentRequests
from server.web import Traffic
from tests.server.test_edge import INSIDE, OUTSIDE, TOKEN, caller, edge_of

HEADERS = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("client", [OUTSIDE, INSIDE])
@pytest.mark.parametrize("headers", [{}, HEADERS, {"authorization": "Bearer "}, {"authorization": "Bearer None"}])
async def test_without_a_token_in_the_settings_there_is_no_page(app: Application, client, headers) -> None:
    async with caller(edge_of(app, metrics_token=None), client) as http:
        answer = await http.get("/ops/status", headers=headers)
    assert answer.status_code == 404
    assert "parts" not in answer.text


@pytest.mark.parametrize("client", [OUTSIDE, INSIDE])
@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"authorization": f"bearer {TOKEN}x"}]
)
async def test_it_is_refused_without_the_token_also_on_this_machine(app: Application, client, headers) -> None:
    async with caller(edge_of(app, metrics_token=TOKEN), client) as http:
        answer = await http.get("/ops/status", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
    assert "parts" not in answer.text


async def _told(app: Application, **settings: Any) -> dict[str, Any]:
    async with caller(edge_of(app, metrics_token=TOKEN, **settings)) as http:
        await http.get("/health/live")
        await http.get("/nowhere")
        answer = await http.get("/ops/status", headers=HEADERS)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_it_tells_of_every_part(app: Application) -> None:
    page = b"# TYPE yunfan_outbox_waiting gauge\nyunfan_outbox_waiting 7\n# TYPE yunfan_outbox_given_up gauge\n"
    await app.redis.set(f"{WORKER_METRICS_KEY}here-1", page + b"yunfan_outbox_given_up 2\n")
    told = await _told(app)
    await app.redis.delete(f"{WORKER_METRICS_KEY}here-1")
    assert told["parts"]["database"] == told["parts"]["redis"] == "ok"
    assert told["queues"]["outbox"] == {"waiting": 7, "givenUp": 2}
    assert isinstance(told["queues"]["jobs"], int)
    assert told["load"]["requests"] >= 2
    assert told["load"]["refused"] >= 1
    assert told["load"]["p95Ms"] >= told["load"]["p50Ms"] > 0
    assert told["load"]["openSockets"] == 0
    assert told["storage"]["databaseBytes"] > 1_000_000
    assert 0 < told["storage"]["diskFreeBytes"] <= told["storage"]["diskBytes"]
    assert told["versions"]["postgresql"][:2] >= "16"
    assert told["versions"]["yunfan"]
    assert told["process"]["uptimeSeconds"] >= 0


async def test_files_are_counted(app: Application) -> None:
    async def pieces():
        yield b"x" * 1_000

    before = (await _told(app))["storage"]
    await app.blobs.put("files/status-test", pieces())
    after = (await _told(app))["storage"]
    await app.blobs.delete("files/status-test")
    assert (after["fileCount"], after["fileBytes"]) == (before["fileCount"] + 1, before["fileBytes"] + 1_000)
    assert after["files"] == "disk"


async def test_a_part_that_is_down_is_told_and_the_rest_stands(app: Application) -> None:
    broken = replace(
        app,
        redis=Redis.from_url("redis://:secret@127.0.0.1:1/0"),
        settings=replace(app.settings, metrics_token=TOKEN),
    )
    async with caller(application_edge(broken, Traffic(), checked=True)) as http:
        answer = await http.get("/ops/status", headers=HEADERS)
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "failing"
    assert told["parts"]["redis"] == "down"
    assert (told["queues"], told["versions"]["redis"]) == ({"jobs": None, "outbox": None}, None)
    assert told["storage"]["databaseBytes"] > 1_000_000
    assert "secret" not in answer.text


def test_requests_of_the_last_minute() -> None:
    now = [1_000.0]
    recent = RecentRequests(lambda: now[0])
    assert recent.told()["p50Ms"] is None
    for _ in range(98):
        recent.add(200, 0.004)
    recent.add(404, 0.4)
    recent.add(503, 99.0)
    told = recent.told()
    assert (told["requests"], told["refused"], told["failed"]) == (100, 1, 1)
    assert (told["p50Ms"], told["p95Ms"], told["p99Ms"]) == (5, 5, 500)
    assert told["requestsPerSecond"] == 1.67
    now[0] += 59
    recent.add(200, 0.1)
    assert recent.told()["requests"] == 101
    now[0] += 1
    assert recent.told()["requests"] == 1
    now[0] += 60
    assert recent.told()["requests"] == 0


def test_errors_are_counted_by_name_alone() -> None:
    errors = RecentErrors()
    for level, event in (("error", "a.failed"), ("warning", "b.slow"), ("critical", "c.gone"), ("error", "a.failed")):
        given = {"level": level, "event": event, "exc_info": "张三", "detail": "13800000000"}
        assert errors(None, level, given) is given
    told = errors.told()
    assert [(found["event"], found["count"]) for found in told] == [("a.failed", 2), ("c.gone", 1)]
    assert set(told[0]) == {"event", "count", "lastAt"}
    for i in range(500):
        errors(None, "error", {"level": "error", "event": f"x{i}"})
    assert len(errors.told()) == 200
