"""One GraphQL operation's surroundings: who asks, in which language, and the one read transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from types import TracebackType
from typing import Any, Protocol

import msgspec
from sqlalchemy import Executable, text
from strawberry.dataloader import DataLoader

from graphql_api.errors import STATEMENT_SECONDS, QueryTooLarge, TooSlow
from graphql_api.shapes import Shapes
from graphql_api.turns import WAIT_SECONDS, Turn, Turns
from kernel.db import TenantSession
from kernel.engine import Engine
from kernel.pokes import Pokes
from kernel.policy import Actor
from tenants.inbox_reach import shown_rows
from values.errors import DEFAULT_LANGUAGE, LANGUAGES, Busy, NotSignedIn, Refusal

OPERATION_SECONDS = 15  # a statement has less: see STATEMENT_SECONDS


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
    asked_language: str | None = None  # what the caller reads now, where the call says so
    address: str | None = None
    device_name: str | None = None
    request_id: str = ""
    idempotency_key: str | None = None
    pokes: Pokes | None = None
    refused: Refusal | None = None  # why the token at hand does not sign in, when there is more to say than that
    turns: Turns | None = None  # None: whoever reads here is alone
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _session: TenantSession | None = None
    # Resolvers of one level run side by side; a connection does one thing at a time.
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _turn: Turn | None = None
    _limit: asyncio.Timeout | None = None  # while an operation runs
    _until: float = 0.0  # in the loop's time: no change begins later
    _working: asyncio.Task[Any] | None = None  # who is at the connection
    _over: bool = False  # the operation has ended: what it left behind begins nothing more
    _gone: bool = False  # nobody waits for the answer any more
    _changing: bool = False
    _conditions: int = 0

    @property
    def actor(self) -> Actor:
        """The member who asks. Raises NotSignedIn, PasswordChangeRequired."""
        who = self.session()
        who.require("read_or_change")
        return who.actor if who.actor.language == self.language else replace(who.actor, language=self.language)

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
        own = {name: getattr(self, name) for name in _SURROUNDINGS}
        return Request(**own)

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

    def count_conditions(self, found: int, limit: int) -> None:
        """Adds a filter's conditions to those of the whole request, batch included. Raises QueryTooLarge."""
        self._conditions += found
        if self._conditions > limit:
            raise QueryTooLarge(field="filter", measure="filter", found=self._conditions, limit=limit)

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """Rows as mappings, under the member's rights, in this request's transaction."""

        async def read(session: TenantSession) -> Sequence[Any]:
            rows = (await session.core(statement)).mappings().all()
            return await shown_rows(session, self.actor, rows)

        found: Sequence[Any] = await self.reading(read)
        return found

    async def reading(self, work: Callable[[TenantSession], Awaitable[Any]]) -> Any:
        """Runs `work` on this request's read transaction. Raises Busy, TooSlow when the operation is over."""
        async with self._line:
            if self._over:
                raise TooSlow(seconds=OPERATION_SECONDS)
            self._working = asyncio.current_task()
            try:
                return await work(await self._opened())
            finally:
                self._working = None

    async def close_reading(self) -> None:
        """Ends the read transaction, so that what follows sees what was written meanwhile."""
        async with self._line:
            self._session = None
            self._loaders.clear()
            try:
                await self._stack.aclose()
            finally:
                if self._limit is None:
                    self._give_back()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Around a change, which is done as a whole: neither the deadline nor a caller who left cuts it in its middle.

        Nothing of this request is read meanwhile, so an operation holds one connection at most. Raises Busy when the
        deadline has passed or the caller has left: such a change is not begun.
        """
        limit, now = self._limit, asyncio.get_running_loop().time
        if limit is None:
            yield
            return
        if self._gone or now() >= self._until:
            raise Busy
        await self.close_reading()
        self._changing = True
        limit.reschedule(None)
        try:
            yield
        finally:
            self._changing = False
            limit.reschedule(now() if self._gone else now() + OPERATION_SECONDS)

    def abandon(self) -> None:
        """The caller has left: reading stops at once, a change under way is ended in order."""
        self._gone = True
        if self._limit is not None and not (self._changing or self._over or self._limit.expired()):
            self._limit.reschedule(asyncio.get_running_loop().time())

    def loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        """The batching loader of this request under `key`."""
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = DataLoader(load_fn=load)
        return found

    async def _opened(self) -> TenantSession:
        if self._session is None:
            if self._turn is None:  # a subscription: it takes a turn for each time it reads
                await self._take_turn(OPERATION_SECONDS)
            self._session = await self._stack.enter_async_context(self.engine.reading(self.actor))
            await self._session.core(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
        return self._session

    async def _take_turn(self, seconds: float) -> None:
        if self.turns is not None and self.signed_in is not None:
            self._turn = await self.turns.take(self.signed_in.actor, seconds)

    def _give_back(self) -> None:
        if self.turns is not None and self._turn is not None:
            self.turns.give_back(self._turn)
        self._turn = None

    async def __aenter__(self) -> Request:
        """Begins an operation: it waits for its turn, and has so many seconds. Raises Busy."""
        await self._take_turn(WAIT_SECONDS)
        if self._gone:  # the caller left while it waited
            self._give_back()
            raise Busy
        self._over = False
        self._until = asyncio.get_running_loop().time() + OPERATION_SECONDS
        self._limit = asyncio.timeout_at(self._until)
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the operation with all it began; the connection goes back clean. Raises TooSlow after the deadline."""
        limit, self._over = self._limit, True
        try:
            if limit is not None:
                await limit.__aexit__(kind, wrong, trace)
        except TimeoutError:
            raise TooSlow(seconds=OPERATION_SECONDS) from None
        finally:
            # Batches of rows are loaded by tasks of their own, which the end of the operation does not reach.
            if self._working is not None:
                self._working.cancel()
            try:
                await self.close_reading()
            finally:
                self._limit = None
                self._give_back()


_SURROUNDINGS = tuple(name.name for name in fields(Request) if not name.name.startswith("_"))


def preferred_language(header: str | None) -> str:
    """The first of our languages that `Accept-Language` names; Chinese without one."""
    return named_language(header) or DEFAULT_LANGUAGE


def named_language(header: str | None) -> str | None:
    """The first of our languages that `Accept-Language` names: what the caller reads now, whatever they once chose."""
    weighted: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        known = next((language for language in LANGUAGES if tag.lower()[:2] == language[:2]), None)
        if known:
            weighted.append((-_weight(weight), position, known))
    return min(weighted)[2] if weighted else None


def _weight(text_: str) -> float:
    try:
        return float(text_ or 1)
    except ValueError:
        return 0.0
