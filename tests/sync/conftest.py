"""A real server on loopback with the sync doors, a network that can be told to fail, and devices of the world's people.

Tokens are the world's own here: signing in has its tests elsewhere. Clients run in threads, as on a device.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from infra.questions import Question
from infra.quota_settings import USUAL, Limit, QuotaSettings
from kernel.command import command_named
from kernel.policy import Actor
from server.metrics import Metrics
from server.parts import Application
from server.web import Edge, Traffic
from sync import barrier
from sync.barrier import State
from sync.client import Replica
from sync.files_http import file_routes
from sync.gate import Gate
from sync.http import routes
from sync.live import Air
from sync.loads import Loads
from sync.poke import Stopping
from sync.quotas import Quotas
from sync.service import SyncService
from tests.world import Company, World
from values.errors import NotSignedIn


@dataclass
class SignedIn:
    actor: Actor

    def require(self, operation: str) -> None:
        """Nothing is restricted here."""


class Network(httpx.BaseTransport):
    """The way to the server. `lose_answers`: the server did its work, the answer is lost. `down`: nothing passes."""

    def __init__(self) -> None:
        self._real = httpx.HTTPTransport()
        self.down = False
        self.lose_answers: set[str] = set()
        self.sent: list[str] = []
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("the network is down", request=request)
        self.sent.append(request.url.path)
        answer = self._real.handle_request(request)
        if request.url.path in self.lose_answers:
            answer.read()
            answer.close()
            self.lost += 1
            raise httpx.ReadError("the connection was cut", request=request)
        return answer

    def close(self) -> None:
        self._real.close()


def copied(replica: Replica, path: Path) -> Path:
    """A copy of a replica's file as it is at this moment."""
    with replica._store._lock:
        replica._store._db.execute("VACUUM INTO ?", (str(path),))
    return path


@dataclass
class Doors:
    """The running server."""

    url: str
    app: Application
    world: World
    folder: Path
    stopping: Stopping
    loads: Loads
    tokens: dict[str, tuple[Company, str]]
    opened: list[Replica] = field(default_factory=list)

    def token(self, company: Company, who: str) -> str:
        token = f"token-{company.tenant_id}-{who}"
        self.tokens[token] = (company, who)
        return token

    async def device(
        self, who: str, name: str, *, company: Company | None = None, registered: bool = True, **options: Any
    ) -> Replica:
        """A replica of a person on a fresh file, registered and loaded."""
        token = self.token(company or self.world.yunfan, who)
        options.setdefault("now", self.app.engine.clock.now)
        replica = Replica(self.folder / f"{name}.sqlite", self.url, token, sleep=lambda _s: None, **options)
        self.opened.append(replica)
        if registered:
            await asyncio.to_thread(replica.register, name)
            await asyncio.to_thread(replica.pull)
        return replica


@contextmanager
def one_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database that answers has not heard of the last commit yet."""
    real = barrier.asking_state

    def lagging(tenant_id: UUID) -> Question[State]:
        asked = real(tenant_id)

        def earlier(rows: str | None) -> State:
            here = asked.answer(rows)
            return State(here.tenant_id, here.epoch, here.clock - 1)

        return replace(asked, answer=earlier)

    with monkeypatch.context() as patched:
        patched.setattr(barrier, "asking_state", lagging)
        yield


def busy_devices() -> QuotaSettings:
    """A device may ask without end."""
    own = {(kind, holder): Limit(10_000, 1_000_000_000) for kind, holder in USUAL if holder == "device"}
    return QuotaSettings(limits={**USUAL, **own})


@pytest.fixture
def quota_settings() -> QuotaSettings:
    """A test file of busier devices than the usual quotas foresee has its own."""
    return QuotaSettings()


@pytest.fixture
async def doors(app: Application, world: World, tmp_path: Path, quota_settings: QuotaSettings) -> AsyncIterator[Doors]:
    """The sync doors on a free port of loopback."""
    stopping, tokens = Stopping(), {}

    async def authenticate(token: str, *, address: str | None, request_id: str | None) -> SignedIn:
        if token not in tokens:
            raise NotSignedIn
        company, who = tokens[token]
        return SignedIn(await company.actor(who))

    air = Air(app.engine, app.pokes, _in_force)
    loads = Loads(app.engine, app.blobs)
    service = SyncService(app.engine, loads)
    gate = Gate(Quotas(settings=quota_settings))
    handlers = [
        *routes(service, authenticate, authenticate, air, stopping, gate=gate),
        *file_routes(app.files, authenticate),
    ]
    async with served(handlers) as url:
        found = Doors(url, app, world, tmp_path, stopping, loads, tokens)
        yield found
        for replica in found.opened:
            replica.close()
        await air.close()


@asynccontextmanager
async def served(handlers: list[Any]) -> AsyncIterator[str]:
    """A server on a free port of loopback: its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        Edge(Litestar(handlers, openapi_config=None), Traffic(), Metrics()),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        backpressure=2_048,
    )
    serving = asyncio.create_task(server.serve())
    await _answers(port)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await serving


async def _in_force(session_ids: Sequence[UUID]) -> frozenset[UUID]:
    """The world's tokens have no sessions."""
    return frozenset(session_ids)


async def _answers(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise TimeoutError


@pytest.fixture
def run(world: World) -> Callable[..., Any]:
    """Runs a command of the catalogue as a person of 云帆贸易: `await run("li", "party.create_customer", name="…")`."""

    async def work(who: str, command: str, **values: Any) -> Any:
        data = command_named(command).input_type(**values)
        return await world.yunfan.run(who, command, data)

    return work
