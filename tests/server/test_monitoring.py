"""The canary: a real listener receives the reports, and not one byte of them names a person or a secret."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import sentry_sdk
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from infra.settings import Settings
from server import monitoring, web
from server.parts import Application
from server.web import Edge, Traffic
from tenants.identity.tokens import SESSION, new_token
from values.errors import NotFound

CANARIES = {
    "name": "金丝雀小姐",
    "phone": "13912345678",
    "email": "canary@secret.example.com",
    "password": "Canary-Password-77",
    "token": new_token(SESSION)[0],
}


class Listener:
    """What a Sentry server would have received, decompressed."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                packed = self.headers.get("content-encoding") == "gzip"
                received.append(str(self.headers).encode() + (gzip.decompress(body) if packed else body))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
        self.dsn = f"http://public@127.0.0.1:{self.server.server_port}/1"


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    monitoring.configure(replace(settings, sentry_dsn=found.dsn), release="1.2.3")
    yield found
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.init(default_integrations=False, auto_enabling_integrations=False)  # else they patch other libraries
    found.server.shutdown()
    found.server.server_close()
    thread.join()


async def test_a_refusal_is_never_reported(listener: Listener):
    monitoring.capture(NotFound(entity="客户"))
    sentry_sdk.capture_exception(NotFound(entity="客户"))
    sentry_sdk.capture_message(f"说话 {CANARIES['name']}")
    monitoring.flush()
    assert listener.received == []


async def test_no_canary_in_any_byte(app: Application, listener: Listener):
    async def breaks(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        body = (await receive())["body"].decode()
        name, phone = CANARIES["name"], CANARIES["phone"]
        sentry_sdk.set_user({"email": CANARIES["email"], "username": name})
        sentry_sdk.set_context("person", {"phone": phone})
        sentry_sdk.set_extra("password", CANARIES["password"])
        sentry_sdk.add_breadcrumb(message=f"signed in {name} {CANARIES['token']}")
        raise ValueError(f"cannot handle {body} for {name} {phone}")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(breaks, Traffic(), app.metrics)), base_url="http://test"
    ) as http:
        answer = await http.post(
            f"/downloads/{CANARIES['token']}?email={CANARIES['email']}",
            json=CANARIES,
            headers={"authorization": f"Bearer {CANARIES['token']}", "x-request-id": "canary-request"},
        )
    assert answer.status_code == 500
    await _break_a_statement(app)
    monitoring.flush()
    everything = b"".join(listener.received)
    assert b'"ValueError"' in everything
    assert b"canary-request" in everything
    assert b"test_monitoring.py" in everything
    assert everything.count(b'"exception"') >= 2
    for what, canary in CANARIES.items():
        for spelling in (canary, canary.encode("unicode_escape").decode(), canary.encode().hex()):
            assert spelling.encode() not in everything, what


async def _break_a_statement(app: Application) -> None:
    password_in_a_local = CANARIES["password"]
    with pytest.raises(DBAPIError) as refused:
        async with app.engine.database.app.connect() as connection:
            await connection.execute(
                text("SELECT CAST(:name AS integer), :password"),
                {"name": CANARIES["name"], "password": password_in_a_local},
            )
    assert CANARIES["password"] not in str(refused.value)
    monitoring.capture(refused.value)
