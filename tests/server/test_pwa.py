"""The web client as it is served: what it does not answer, how long it may be kept, and what its pages may do."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from infra.errors import SettingsError
from infra.settings import Settings
from server.pwa import NONCE, PERMISSIONS, POLICY, ROOMS, routes

SCRIPT = b"export const words = '" + b"yunfan " * 400 + b"';"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(f'<!doctype html><title>云帆</title><meta name="style-nonce" nonce="{NONCE}">')
    (tmp_path / "sw.js").write_text("// worker")
    (tmp_path / "sw-off.js").write_text("// the way back")
    (tmp_path / "assets" / "app-1a2b3c.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "app-1a2b3c.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / ".sources").write_text("stamp")
    return tmp_path


@pytest.fixture
def http(folder: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Litestar(routes(folder), openapi_config=None))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize("room", ROOMS)
async def test_what_a_room_does_not_know_is_no_page_of_the_client(http: httpx.AsyncClient, room: str):
    answer = await http.get(f"/{room}/nothing-there", headers={"accept": "text/html"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/.sources",
        "/assets/app-1a2b3c.js.gz",
        "/assets/gone-000000.js",
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/assets/..%2f..%2fpyproject.toml",
        "/assets/%2e%2e%5c%2e%2e%5cpyproject.toml",
        "/%2fetc%2fpasswd",
        "/index.html%00.png",
        "/ASSETS/app-1a2b3c.js",
        "//assets/app-1a2b3c.js",
        "/assets//app-1a2b3c.js",
    ],
)
async def test_only_the_clients_own_files_are_there(http: httpx.AsyncClient, path: str):
    answer = await http.get(path)
    assert answer.status_code == 404
    assert b"stamp" not in answer.content


@pytest.mark.parametrize("path", ["//harm.example/x", "/" + "a" * 3_000, "/list/customers.json"])
async def test_what_no_router_could_know_gets_no_page(http: httpx.AsyncClient, path: str):
    answer = await http.get(httpx.URL("http://test", raw_path=path.encode()), headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "云帆" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "harm.example"},
        {"x-forwarded-host": "harm.example"},
        {"x-original-url": "/assets/app-1a2b3c.js"},
        {"x-rewrite-url": "/graphql"},
        {"origin": "https://harm.example"},
        {"accept-language": "<script>"},
        {"range": "bytes=0-3"},
    ],
)
async def test_no_header_of_a_caller_gets_into_the_page(http: httpx.AsyncClient, headers: dict[str, str]):
    answer = await http.get("/", headers={"accept": "text/html", **headers})
    assert (answer.status_code, "云帆" in answer.text) == (200, True)
    assert "harm.example" not in answer.text + str(answer.headers)
    assert "access-control-allow-origin" not in answer.headers


async def test_a_script_that_asks_for_data_does_not_get_a_page(http: httpx.AsyncClient):
    assert (await http.get("/customers", headers={"accept": "application/json"})).status_code == 404


async def test_nothing_is_posted_to_a_page(http: httpx.AsyncClient):
    assert (await http.post("/")).status_code == 405


def test_a_folder_without_a_built_client_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        routes(tmp_path)
    with pytest.raises(SettingsError, match="YUNFAN_WEB"):
        Settings.from_env({"YUNFAN_DATA": str(tmp_path), "YUNFAN_WEB": str(tmp_path)})


@pytest.mark.parametrize("path", ["/", "/customers/018f6a41-b524-7a6b-a0e2-56477deae60c", "/settings/members"])
async def test_every_page_of_the_client_is_the_same_and_asked_for_anew(http: httpx.AsyncClient, path: str):
    answer = await http.get(path, headers={"accept": "text/html,*/*"})
    assert answer.status_code == 200
    assert "云帆" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert (answer.headers["vary"], "etag" in answer.headers) == ("accept", False)


async def test_no_two_pages_have_one_nonce_and_none_shows_the_placeholder(http: httpx.AsyncClient):
    nonces = set()
    for path in ("/", "/index.html", "/customers", "/"):
        answer = await http.get(path, headers={"accept": "text/html,*/*"})
        policy = answer.headers["content-security-policy"]
        (nonce,) = re.findall(r"style-src 'self' 'nonce-([\w-]{20,})'", policy)
        assert f'nonce="{nonce}"' in answer.text
        assert NONCE not in policy + answer.text
        assert policy == POLICY.replace(NONCE, nonce)
        nonces.add(nonce)
    assert len(nonces) == 4


async def test_the_service_worker_gets_the_page_as_it_was_built(http: httpx.AsyncClient, folder: Path):
    answer = await http.get("/index.html", headers={"accept": "*/*"})
    assert answer.content == (folder / "index.html").read_bytes()
    assert answer.headers["content-security-policy"] == POLICY
    again = await http.get("/index.html", headers={"accept": "*/*", "if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/customers", "/sw.js", "/assets/app-1a2b3c.js"])
async def test_who_asks_for_the_head_gets_no_body(http: httpx.AsyncClient, path: str):
    answer = await http.head(path, headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["permissions-policy"] == PERMISSIONS
    assert "content-security-policy" in answer.headers


def test_pages_run_no_inline_script_and_load_from_nowhere_else():
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["connect-src"] == "'self'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert rules["trusted-types"] == "default"
    assert rules["style-src-attr"] == "'none'"
    assert "unsafe-inline" not in POLICY
    assert "unsafe-eval'" not in POLICY.replace("'wasm-unsafe-eval'", "")
    assert "data:" not in POLICY
    assert "*" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None)])
async def test_hashed_files_are_kept_for_ever_and_sent_compressed_to_whom_takes_it(
    http: httpx.AsyncClient, accepted: str, encoding: str | None
):
    answer = await http.get("/assets/app-1a2b3c.js", headers={"accept-encoding": accepted})
    assert answer.content == SCRIPT
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_the_service_worker_is_never_kept_and_rules_no_more_than_its_place(http: httpx.AsyncClient):
    answer = await http.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in answer.headers


@pytest.mark.parametrize(("unkeep", "worker"), [(False, "// worker"), (True, "// the way back")])
async def test_the_way_back_is_served_when_the_operator_says_so_and_never_else(folder: Path, unkeep: bool, worker: str):
    app = Litestar(routes(folder, unkeep=unkeep), openapi_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert (await http.get("/sw.js")).text == worker
        assert (await http.get("/sw-off.js")).status_code == 404
