"""One GraphQL operation's surroundings: who asks, in which language, and the one read transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Protocol

import msgspec
from sqlalchemy import Executable, text
from strawberry.dataloader import DataLoader

from graphql_api.errors import STATEMENT_SECONDS
from graphql_api.shapes import Shapes
from kernel.db import TenantSession
from kernel.engine import Engine
from kernel.pokes import Pokes
from kernel.policy import Actor
from values.errors import DEFAULT_LANGUAGE, LANGUAGES, NotSignedIn, Refusal


class SignedIn(Protocol):
    """What a token stands for. `require` refuses all but a few operations until an initial password is changed."""

    @property
    def actor(self) -> Actor: ...
    @property
    def session_id(self) -> Any: ...
    @property
    def user_id(self) -> Any: ...
    def require(self, operation: str) -> None: ...


@dataclass
class Request:
    """Handed to every resolver as `info.context`. Reads share one transaction, opened at the first and always ended."""

    engine: Engine
    identity: Any
    shapes: Shapes
    signed_in: SignedIn | None = None
    token: str | None = None
    language: str = DEFAULT_LANGUAGE
    address: str | None = None
    device_name: str | None = None
    request_id: str = ""
    idempotency_key: str | None = None
    pokes: Pokes | None = None
    refused: Refusal | None = None  # why the token at hand does not sign in, when there is more to say than that
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _session: TenantSession | None = None
    # Resolvers of one level run side by side; a connection does one thing at a time.
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def actor(self) -> Actor:
        """The member who asks. Raises NotSignedIn, PasswordChangeRequired."""
        who = self.session()
        who.require("read_or_change")
        return who.actor

    def session(self) -> SignedIn:
        """What the token stands for, an initial password included. Raises NotSignedIn."""
        if self.signed_in is None:
            raise self.refused or NotSignedIn()
        return self.signed_in

    async def still_signed_in(self) -> None:
        """For what takes long: raises NotSignedIn once the session that began it is over."""
        await self.identity.authenticate(self.token or "", address=self.address, request_id=self.request_id)

    def again(self) -> Request:
        """The same surroundings for another operation of the same socket."""
        return replace(self, _loaders={}, _stack=AsyncExitStack(), _session=None, _turn=asyncio.Lock())

    def with_device(self, data: Any) -> Any:
        """Sign-in inputs name the device by its browser when the caller does not."""
        if getattr(data, "device_name", "") is None and self.device_name:
            return msgspec.structs.replace(data, device_name=self.device_name)
        return data

    def with_language(self, data: Any) -> Any:
        """Inputs of people who are not members yet: the language of the request where they name none."""
        if getattr(data, "language", "") is None:
            return msgspec.structs.replace(data, language=self.language)
        return data

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """Rows as mappings, under the member's rights, in this request's transaction."""
        async with self._turn:
            session = await self._opened()
            return (await session.core(statement)).mappings().all()

    async def reading(self, work: Callable[[TenantSession], Awaitable[Any]]) -> Any:
        """Runs `work` on this request's read transaction."""
        async with self._turn:
            return await work(await self._opened())

    async def close_reading(self) -> None:
        """Ends the read transaction, so that what follows sees what was written meanwhile."""
        async with self._turn:
            self._session = None
            self._loaders.clear()
            await self._stack.aclose()

    def loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        """The batching loader of this request under `key`."""
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = DataLoader(load_fn=load)
        return found

    async def _opened(self) -> TenantSession:
        if self._session is None:
            self._session = await self._stack.enter_async_context(self.engine.reading(self.actor))
            await self._session.core(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
        return self._session

    async def __aenter__(self) -> Request:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close_reading()


def preferred_language(header: str | None) -> str:
    """The first of our languages that `Accept-Language` names; Chinese without one."""
    weighted: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        known = next((language for language in LANGUAGES if tag.lower()[:2] == language[:2]), None)
        if known:
            weighted.append((-_weight(weight), position, known))
    return min(weighted)[2] if weighted else DEFAULT_LANGUAGE


def _weight(text_: str) -> float:
    try:
        return float(text_ or 1)
    except ValueError:
        return 0.0
