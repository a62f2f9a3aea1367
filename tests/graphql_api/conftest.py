"""A real API over real PostgreSQL. `Doorman` stands where the token is looked up: rights come from the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event

from graphql_api.http import routes
from kernel.policy import Actor
from server.parts import Application
from server.pokes import RedisPokes
from tenants.errors import PasswordChangeRequired
from tests.world import Company, World
from values.errors import NotSignedIn
from values.ids import new_id


@dataclass(frozen=True)
class Badge:
    """What a token stands for."""

    actor: Actor
    session_id: UUID
    user_id: UUID
    restricted: bool = False

    def require(self, operation: str) -> None:
        if self.restricted and operation not in ("me", "change_password", "sign_out"):
            raise PasswordChangeRequired


@dataclass
class Doorman:
    """Tokens of the world's people. Rights are read at every request, so a changed role counts at once."""

    badges: dict[str, tuple[Company, str, dict[str, Any]]] = field(default_factory=dict)

    def token(self, company: Company, who: str, **changes: Any) -> str:
        made = f"{who}-{new_id()}"
        self.badges[made] = (company, who, changes)
        return made

    async def authenticate(self, token: str, *, address: str | None, request_id: str | None) -> Badge:
        del address
        if token not in self.badges:
            raise NotSignedIn
        company, who, changes = self.badges[token]
        restricted = changes.get("restricted", False)
        actor = await company.actor(who, request_id=request_id, language=changes.get("language", "zh-CN"))
        return Badge(actor, new_id(), new_id(), restricted)

    watch = authenticate


class Api:
    """Asks as somebody."""

    def __init__(self, client: httpx.AsyncClient, doorman: Doorman) -> None:
        self.client, self.doorman = client, doorman
        self._tokens: dict[tuple[int, str], str] = {}

    def token(self, company: Company, who: str) -> str:
        key = (id(company), who)
        if key not in self._tokens:
            self._tokens[key] = self.doorman.token(company, who)
        return self._tokens[key]

    async def __call__(
        self, company: Company | None, who: str, query: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any]:
        """The answer's body."""
        sent = dict(headers or {})
        if company is not None:
            sent["Authorization"] = f"Bearer {self.token(company, who)}"
        answer = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)
        return answer.json()

    async def data(self, company: Company, who: str, query: str, **variables: Any) -> Any:
        """The answer's data; any error fails the test."""
        body = await self(company, who, query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def code(self, company: Company | None, who: str, query: str, **variables: Any) -> str:
        """The code of the answer's first error."""
        body = await self(company, who, query, **variables)
        assert body.get("errors"), body
        return body["errors"][0]["extensions"]["code"]


@pytest.fixture
def doorman() -> Doorman:
    return Doorman()


@pytest.fixture
def pokes(app: Application) -> RedisPokes:
    return app.pokes


def calling(built: Litestar) -> httpx.AsyncClient:
    """A client in this same event loop: the parts' connections belong to it."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=built), base_url="http://test")  # type: ignore[arg-type]


def production(settings: Any) -> Any:
    from dataclasses import replace

    return replace(settings, environment="production")


@pytest.fixture
async def api(app: Any, doorman: Doorman, pokes: RedisPokes, world: World) -> AsyncIterator[Api]:
    """The API as it runs in production."""
    built = Litestar(routes(app.engine, doorman, production(app.settings), pokes), openapi_config=None)
    async with calling(built) as client:
        yield Api(client, doorman)


@pytest.fixture
async def open_api(app: Any, doorman: Doorman, pokes: RedisPokes, world: World) -> AsyncIterator[Api]:
    """The API as it runs in development."""
    built = Litestar(routes(app.engine, doorman, app.settings, pokes), openapi_config=None)
    async with calling(built) as client:
        yield Api(client, doorman)


@pytest.fixture
def statements(app: Any) -> Any:
    """Counts the SQL statements that run while it is entered; what the world's doorman reads does not count."""
    from contextlib import contextmanager

    @contextmanager
    def counting() -> Any:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "role_assignment" not in statement and not statement.startswith("SET LOCAL"):
                seen.append(statement)

        engine = app.engine.database.app.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting


Counting = Callable[[], Any]
