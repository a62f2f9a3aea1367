"""The edge of HTTP: what it refuses, what it hides, what it passes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from infra.settings import Settings
from server import web
from server.app import application_edge
from server.health import Health
from server.jobs import WORKER_METRICS_KEY
from server.parts import Application
from server.web import Edge, Traffic, client_of
from sync.errors import OverQuota
from tenants.identity.inputs import SignUp
from tests.world import World, found_company
from values.errors import Refusal, Words, all_refusals
from values.ids import new_id

TOKEN = "a-metrics-token-of-32-characters"
OUTSIDE, INSIDE = ("203.0.113.9", 4711), ("127.0.0.1", 4711)


@asynccontextmanager
async def caller(
    edge: web.Asgi, client: tuple[str, int] = OUTSIDE, language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(edge, client=client)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"accept-language": language}
    ) as http:
        yield http


def edge_of(app: Application, **settings: object) -> Edge:
    return application_edge(replace(app, settings=replace(app.settings, **settings)), Traffic(), checked=True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": TOKEN},
        {"x-forwarded-for": "127.0.0.1"},
        {"authorization": "Bearer "},
    ],
)
async def test_figures_are_refused_from_outside(app: Application, headers: dict[str, str]):
    async with caller(edge_of(app, metrics_token=TOKEN)) as http:
        answer = await http.get("/metrics", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "PERMISSION_DENIED"
    assert "yunfan_" not in answer.text


async def test_figures_behind_a_proxy_on_this_machine_are_refused(app: Application):
    async with caller(edge_of(app), INSIDE) as http:
        assert (await http.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 403
        assert (await http.get("/metrics", headers={"forwarded": "for=203.0.113.9"})).status_code == 403
        assert (await http.get("/metrics")).status_code == 200


async def test_figures_count_commands_by_outcome_and_carry_the_workers(app: Application, world: World):
    await app.redis.set(f"{WORKER_METRICS_KEY}here-1", b'# TYPE yunfan_jobs counter\nyunfan_jobs_total{job="x"} 3\n')
    founded = ("yunfan_commands_total", "APPLIED", "server", "tenants.found_company")
    before = (await _samples(app))[founded]
    await found_company(app, "第三家公司", "吴总")
    samples = await _samples(app)
    await app.redis.delete(f"{WORKER_METRICS_KEY}here-1")
    assert samples[founded] == before + 1
    assert samples["yunfan_jobs_total", "worker-here-1", "x"] == 3
    assert ("yunfan_pool_connections", "app", "checked_out", "server") in samples


async def _samples(app: Application) -> dict[tuple[str, ...], float]:
    async with caller(edge_of(app, metrics_token=TOKEN)) as http:
        page = (await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).text
    return {
        (s.name, *sorted(s.labels.values())): s.value for f in text_string_to_metric_families(page) for s in f.samples
    }


async def test_not_ready_names_the_part_and_nothing_else(app: Application, settings: Settings):
    health = Health(app.engine.database, app.redis, "9999_future", Traffic())
    assert (await health.parts())["migrations"] == "run yunfan migrate"
    traffic = Traffic()
    edge = application_edge(app, traffic, checked=True)
    async with caller(edge) as http:
        ready = await http.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["failing"] == []
        broken = replace(app, redis=type(app.redis).from_url("redis://:secret@127.0.0.1:1/0"))
        async with caller(application_edge(broken, Traffic(), checked=True)) as other:
            down = await other.get("/health/ready")
    assert down.status_code == 503
    assert down.json()["failing"] == ["redis"]
    assert "secret" not in down.text
    assert "127.0.0.1" not in down.text


async def test_while_stopping_nobody_is_served(app: Application):
    traffic = Traffic()
    traffic.stop.set()
    async with caller(application_edge(app, traffic, checked=True)) as http:
        answer = await http.get("/")
    assert answer.status_code == 503
    assert answer.json()["code"] == "STOPPING"
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "ADDRESS_UNKNOWN"),
        ("DELETE", "/", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/schema", 404, "ADDRESS_UNKNOWN"),
        ("GET", "/schema/openapi.json", 404, "ADDRESS_UNKNOWN"),
    ],
)
async def test_http_errors_are_in_the_closed_form(app: Application, method: str, path: str, status: int, code: str):
    async with caller(edge_of(app)) as http:
        answer = await http.request(method, path)
        chinese = await http.request(method, path, headers={"accept-language": "zh-CN,zh"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert answer.json()["message"].isascii()
    assert not chinese.json()["message"].isascii()


async def test_a_body_that_is_too_large_is_refused_announced_or_not(app: Application, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "MAX_BODY_BYTES", 1000)

    async def swallow(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    async with caller(Edge(swallow, Traffic(), app.metrics)) as http:
        assert (await http.post("/", content=b"x" * 1000)).status_code == 200
        announced = await http.post("/", content=b"x" * 1001)
        dripped = await http.post("/", content=pieces())
    for answer in (announced, dripped):
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_an_answer_waits_for_the_rest_of_the_body_or_ends_the_connection(
    app: Application, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(web, "DRAIN_SECONDS", 0.05)
    told: list[web.Message] = []

    async def refuses(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def asked(pieces: list[bytes], *, ends: bool, version: str = "1.1", **headers: str) -> tuple[bool, int]:
        """Whether the connection ends, and how many pieces were not read."""
        left, silence = list(pieces), asyncio.Event()

        async def receive() -> web.Message:
            if not left:
                await silence.wait()
            piece = left.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(left) or not ends}

        async def send(message: web.Message) -> None:
            told.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "http_version": version,
            "client": ("192.0.2.7", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        told.clear()
        await Edge(refuses, Traffic(), app.metrics)(scope, receive, send)
        return (b"connection", b"close") in told[0]["headers"], len(left)

    pieces = [b"x" * 100] * 3
    known = {"content-length": "300"}
    assert await asked(pieces, ends=True, **known) == (False, 0)
    assert await asked(pieces, ends=True, **{"transfer-encoding": "chunked"}) == (False, 0)
    assert await asked([], ends=True) == (False, 0)
    assert await asked(pieces, ends=False, **known) == (True, 0)  # the rest does not come in time
    assert await asked(pieces, ends=True, expect="100-continue", **known) == (True, 3)
    assert await asked(pieces, ends=True, version="2", **known) == (False, 3)  # a stream ends by itself
    monkeypatch.setattr(web, "MAX_BODY_BYTES", 400)
    assert await asked([b"x" * 100] * 9, ends=True, **known) == (True, 5)


async def test_a_defect_shows_no_traceback(app: Application):
    async def broken(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        raise RuntimeError("the-secret-inside")

    traffic = Traffic()
    async with caller(Edge(broken, traffic, app.metrics)) as http:
        answer = await http.get("/", headers={"x-request-id": "from-the-proxy-1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "from-the-proxy-1" in answer.json()["remedy"]
    assert "secret-inside" not in answer.text
    assert "Traceback" not in answer.text
    assert traffic.requests == 0


async def test_request_ids_are_taken_only_when_harmless(app: Application):
    async with caller(edge_of(app)) as http:
        for bad in ("short", "x" * 65, "with space in it", 'quote"quote"quote'):
            assert (await http.get("/", headers={"x-request-id": bad})).headers["x-request-id"] != bad
        good = "0192f3c4-aaaa-bbbb"
        assert (await http.get("/", headers={"x-request-id": good})).headers["x-request-id"] == good


async def test_what_one_request_binds_no_other_sees(app: Application):
    seen: dict[str, list[object]] = {}

    async def slow(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        mine = scope["path"]
        structlog.contextvars.bind_contextvars(tenant=mine)
        for _ in range(5):
            await asyncio.sleep(0.002)
            seen.setdefault(mine, []).append(structlog.contextvars.get_contextvars()["tenant"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with caller(Edge(slow, Traffic(), app.metrics)) as http:
        await asyncio.gather(*(http.get(f"/{n}") for n in range(8)))
    assert len(seen) == 8
    assert all(set(values) == {path} for path, values in seen.items())


async def test_the_last_line_of_a_request_says_whose_it_was(app: Application):
    word = "Tide-and-Sail-1937"
    signed_up = await app.identity.sign_up(
        SignUp(company_name="日志贸易", email=f"log-{new_id().hex}@example.com", password=word), address="192.0.2.7"
    )
    headers = {"authorization": f"Bearer {signed_up.token}"}
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        async with caller(edge_of(app)) as http:
            await http.post("/sync/v1/pull", json={}, headers=headers)
            await http.post("/graphql", json={"query": "{ me { member { id } } }"}, headers=headers)
            await http.get("/health/live")
    ended = [line for line in lines if line["event"] == "server.request_ended"]
    assert [line.get("tenant") for line in ended[:2]] == [str(signed_up.tenant.id)] * 2
    assert all(line.get("member") for line in ended[:2])


async def test_security_headers(app: Application):
    async with caller(edge_of(app, public_url="https://crm.example.com")) as http:
        page, api = await http.get("/"), await http.get("/health/live")
    for answer in (page, api):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["strict-transport-security"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert api.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready"])
async def test_a_load_balancer_may_ask_with_head(app: Application, path: str):
    async with caller(edge_of(app)) as http:
        answer = await http.head(path)
    assert answer.status_code == 200
    assert answer.content == b""


async def test_the_start_page_speaks_the_readers_language_first(app: Application):
    async with caller(edge_of(app)) as http:
        english, chinese = await http.get("/"), await http.get("/", headers={"accept-language": "zh"})
        assert english.text.index("multi-tenant") < english.text.index("多租户")
        assert chinese.text.index("多租户") < chinese.text.index("multi-tenant")
        assert "API explorer" in english.text
        assert "接口调试页" in english.text
    async with caller(edge_of(app, environment="production")) as http:
        assert "API explorer" not in (await http.get("/")).text


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),  # no proxy of ours: it may say what it likes
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),  # the left part is the caller's own claim
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
    ],
)
def test_the_callers_address(peer: str, forwarded: list[str], believed: str):
    scope = {"client": (peer, 1), "headers": [(b"X-Forwarded-For", line.encode()) for line in forwarded]}
    found = client_of(scope, [ip_network("10.0.0.0/8"), ip_network("::1")])
    assert found is not None
    assert found[0] == believed


def test_every_refusal_of_the_edge_speaks_both_languages():
    for refusal in all_refusals():
        if issubclass(refusal, Refusal):
            assert refusal.zh
            assert refusal.en.isascii()
            assert refusal.remedy_zh
            assert refusal.remedy_en


@pytest.mark.parametrize("pieces", [0, 40])
async def test_a_body_that_does_not_come_holds_nothing(
    app: Application, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    """Before the body is there nobody is asked to sign in: a byte now and then must not hold a connection."""
    monkeypatch.setattr(web, "BODY_SECONDS", 0.3)
    left, told = [pieces], []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.05 if left[0] else 60)
        left[0] -= 1
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sync/v1/push",
        "raw_path": b"/sync/v1/push",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"authorization", b"Bearer x"), (b"accept-language", b"en"), (b"host", b"test")],
    }
    async with asyncio.timeout(10):
        await edge_of(app)(scope, receive, send)
    assert told[0]["status"] == 408
    assert b"BODY_TOO_SLOW" in told[1]["body"]


async def test_a_sign_in_that_was_told_to_wait_reaches_nothing_behind_the_edge(app: Application) -> None:
    seen: list[str] = []

    async def inner(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    edge = edge_of(app)
    edge._inner = inner
    over = OverQuota(quota="requests", holder="tenant", whose=Words("贵公司", "your company"),
                     what=Words("请求次数", "requests"), seconds=7, least_seconds=7.0)  # fmt: skip
    app.gate.hold("held", "/sync/v1/pull", None, over)
    async with caller(edge) as http:
        post = lambda path, **headers: http.post(path, content=b"{}", headers=headers)  # noqa: E731
        held = await post("/sync/v1/pull", authorization="Bearer held")
        for other in (
            await post("/sync/v1/push", authorization="Bearer held"),
            await post("/sync/v1/pull", authorization="Bearer another"),
            await post("/sync/v1/pull", authorization="Basic held"),
            await post("/sync/v1/pull"),
            await post("/graphql", authorization="Bearer held"),
        ):
            assert other.status_code == 204
    assert (held.status_code, held.json()["code"]) == (429, "OVER_QUOTA")
    assert (held.headers["retry-after"], held.json()["requestId"]) == ("7", held.headers["x-request-id"])
    assert "your company must wait 7 seconds" in held.json()["message"]
    assert seen == ["/sync/v1/push", "/sync/v1/pull", "/sync/v1/pull", "/sync/v1/pull", "/graphql"]
