"""The one door to the database: a transaction for one tenant, as a role that cannot bypass row-level security.

`Database` holds one pool per role. A transaction begins with its context as SET LOCAL statements (Citus propagates only
those), in one round trip; `TenantSession` owns the only commit. Without a context no row is visible.

What a command asks first and writes last is in flight together (`infra.flights`): an `Opening` is one round trip with
all its questions, `commit` one for everything that was left for the end. A caller with many commands has each opening
travel behind the commit before it. The ORM stands beside that, made for those who ask for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from psycopg import Error as PsycopgError
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import CursorResult, Executable, Result, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import PoolResetState

from infra.flights import FORGET, Driver, Flights, Statement, flights_of
from infra.questions import AnswerT, Asking, Question, Selection, together
from kernel.policy import EVERYTHING, normalise_prefixes, prefix_range

SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class TenantContext:
    """What row-level security knows about a transaction."""

    tenant_id: UUID
    member_id: UUID | None = None
    prefixes: tuple[str, ...] = ()  # none: scoped tables are empty

    def statements(self) -> str:
        """The SET LOCAL statements. SET takes no parameters, so every value is validated or built here.

        The settings `scope_from`/`scope_to` are the hull of all prefixes (an index range); with more than one prefix
        `arms` cuts the gaps out of the hull.
        """
        prefixes = normalise_prefixes(self.prefixes)
        ranges = [prefix_range(_safe_path(prefix)) for prefix in prefixes]
        low = min((r[0] for r in ranges), default="")
        high = max((r[1] for r in ranges), default="")
        listed = ",".join(prefixes) if len(prefixes) > 1 else ""
        member = str(UUID(str(self.member_id))) if self.member_id else ""
        return (
            f"SET LOCAL app.tenant_id = '{UUID(str(self.tenant_id))}'; SET LOCAL app.member_id = '{member}'; "
            f"SET LOCAL app.scope_from = '{low}'; SET LOCAL app.scope_to = '{high}'; "
            f"SET LOCAL app.arms = '{listed}'"
        )

    def wide(self) -> TenantContext:
        """The same tenant without narrowing: for command handlers, which load named rows through the actor's rights."""
        return TenantContext(self.tenant_id, self.member_id, EVERYTHING)


def _safe_path(path: str) -> str:
    if not path.startswith("/") or not all(c.isascii() and (c.isalnum() or c in "/~") for c in path):
        raise ValueError(f"not a scope path: {path!r}")
    return path


@lru_cache(maxsize=4096)
def _context(context: TenantContext) -> tuple[Statement, ...]:
    return tuple((statement, None) for statement in context.statements().split("; "))


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """How a transaction begins: its context, and what is asked together with that.

    It may travel behind the commit of the transaction before it on a held connection; `meanwhile` is run then, while
    both are under way.
    """

    context: TenantContext
    asking: Asking = field(default_factory=Asking)
    meanwhile: Callable[[], None] = lambda: None
    begin: str = "BEGIN"

    def statements(self) -> list[Statement]:
        return [(self.begin, ()), *_context(self.context), *self.asking.statements()]

    def told(self, results: Sequence[PGresult], flights: Flights) -> list[Any]:
        return self.asking.told(results[-len(self.asking.statements()) :], flights) if self.asking.questions else []


class TenantSession:
    """One transaction for one tenant. Reading is free; writing goes through the command's context."""

    def __init__(self, context: TenantContext, connection: AsyncConnection, driver: Driver, *, held: bool) -> None:
        self.context, self._held = context, held
        self.on_orm: Callable[[AsyncSession], None] = lambda _orm: None  # told once, when somebody asks for the ORM
        self.opened: list[Any] = []  # the answers to what the opening asked
        self._connection, self._driver, self._flights = connection, driver, flights_of(driver)
        self._orm: AsyncSession | None = None
        self._last: list[Statement] = []

    @property
    def tenant_id(self) -> UUID:
        return self.context.tenant_id

    @property
    def has_orm(self) -> bool:
        return self._orm is not None

    @property
    def orm(self) -> AsyncSession:
        """The unit of work of this transaction, made when first asked for."""
        if self._orm is None:
            self._orm = AsyncSession(
                self._connection, expire_on_commit=False, autoflush=False, join_transaction_mode="control_fully"
            )
            self.on_orm(self._orm)
        return self._orm

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        return await self.orm.execute(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Any = None) -> Sequence[Any]:
        return (await self.orm.execute(statement, parameters)).scalars().all()

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return (await self.orm.execute(statement, parameters)).scalar_one_or_none()

    async def core(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Runs on the same transaction beside the ORM: for the kernel's own tables."""
        return await self._connection.execute(statement, parameters)

    async def raw(self) -> Driver:
        """The driver's connection in this transaction: COPY and pipelines."""
        return self._flights.bare()

    async def begin(self, opening: Opening, *, whole: bool = False) -> None:
        """One round trip; none when the opening was sent behind the commit before. `whole`: it asks all there is to
        ask, and the transaction is over with it. Raises SQLAlchemy's DBAPIError, and what the answers raise."""
        flights, behind = self._flights, list[Statement]()
        with _as_sqlalchemy("opening"):
            if flights.ahead is not opening:
                behind = [("ROLLBACK", ()), *self._forget()] if whole else []
                await flights.settle()
                flights.send([*opening.statements(), *behind])
            flights.ahead = None
            results = await flights.land()
        self.opened = opening.told(results[: len(results) - len(behind)], flights)

    async def ask(self, *questions: Question[Any] | None, rows: Sequence[Selection[Any]] = ()) -> list[Any]:
        """The answers, in order, in one round trip. None where nothing was asked. Raises SQLAlchemy's DBAPIError."""
        asking = Asking(questions, rows)
        with _as_sqlalchemy("asking"):
            results = await self._flights.fly(*asking.statements())
        return asking.told(results, self._flights)

    async def select(self, selection: Selection[AnswerT]) -> AnswerT:
        """One selection by itself."""
        with _as_sqlalchemy(selection.statement):
            (found,) = await self._flights.fly((selection.statement, selection.parameters))
            return selection.answer(self._flights.rows(found))

    async def write_now(self, statement: str, parameters: Any) -> int:
        """Runs a prepared statement of the kernel now; the number of rows that it wrote."""
        with _as_sqlalchemy(statement):
            (written,) = await self._flights.fly((statement, parameters))
        return written.command_tuples or 0

    def at_end(self, statement: str, parameters: Sequence[Any]) -> None:
        """Leaves an INSERT, UPDATE or DELETE for the commit. Nothing in this transaction sees its effect."""
        self._last.append((statement, parameters))

    async def commit(self, *behind: Statement, then: Opening | None = None) -> None:
        """Sends what was left for the end as one statement, `behind` in its order, and COMMIT: one round trip.

        When a statement fails, those behind it and the COMMIT are skipped: nothing is kept. Raises SQLAlchemy's
        DBAPIError, as every other statement does, so that a lost race here is retried like any other. `then` goes
        along on a held connection, and begins when this is committed; not beside the ORM, which talks to the driver
        itself.
        """
        group = [*behind, ("COMMIT", ()), *self._forget()]
        if self._last:
            last = together(tuple(statement for statement, _ in self._last))
            group.insert(0, (last, [p for _, given in self._last for p in given or ()]))
        if not self._held or self._connection.in_transaction():
            then = None
        with _as_sqlalchemy("closing"):
            self._flights.send(group, *([then.statements()] if then is not None else []))
            if then is not None:
                then.meanwhile()
            await self._flights.land()
        self._last.clear()
        self._flights.ahead = then
        if self._orm is not None:
            await self._orm.commit()

    def _forget(self) -> list[Statement]:
        """What the pool would ask for on the way back goes along, where nothing but this stands between."""
        return [] if self._held or self._connection.in_transaction() else [FORGET]

    async def end(self) -> None:
        """Undoes what was not committed, whatever becomes of whoever waits for that."""
        try:
            if self._flights.ahead is None:
                await self._flights.settle(forget=not self._held, beside=self._connection.in_transaction())
        finally:
            if self._driver.closed:  # first: what tried to roll back there would raise, and keep the place in the pool
                await self._connection.invalidate()
            if self._orm is not None:
                await self._orm.close()
            if self._connection.in_transaction():
                await self._connection.rollback()


@contextmanager
def _as_sqlalchemy(statement: str) -> Iterator[None]:
    try:
        yield
    except PsycopgError as wrong:
        raise DBAPIError.instance(statement, None, wrong, PsycopgError, hide_parameters=True) from wrong


class Database:
    """The pools. `app` serves tenants; `platform` users and the directory; `provision` sign-up and joining, which
    write both sides in one transaction."""

    def __init__(self, app_url: str, platform_url: str, provision_url: str, *, pool_size: int = 10) -> None:
        self.app = _engine(app_url, pool_size, autocommit=True)
        self.platform = _engine(platform_url, pool_size)
        self.provision = _engine(provision_url, max(2, pool_size // 4), autocommit=True)
        self._held: AsyncConnection | None = None

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[Database]:
        """The same database through one connection of `app`: for many transactions of one caller, one at a time."""
        async with self.app.connect() as connection:
            held = copy(self)
            held._held = connection
            try:
                yield held
            finally:
                if not connection.invalidated:
                    await flights_of(await _driver_of(connection)).settle(forget=True)

    def tenant(
        self, context: TenantContext, *, pool: str = "app", snapshot: bool = False
    ) -> AbstractAsyncContextManager[TenantSession]:
        """A transaction for one tenant. `snapshot`: REPEATABLE READ, read only: one consistent instant."""
        return self.opened(Opening(context, begin=SNAPSHOT if snapshot else "BEGIN"), pool=pool)

    async def asked(self, opening: Opening, *, pool: str = "app") -> list[Any]:
        """The answers to what a transaction asks that begins so and asks no more: one round trip."""
        async with self.opened(opening, pool=pool, whole=True) as session:
            return session.opened

    async def platform_asked(self, selection: Selection[AnswerT]) -> AnswerT:
        """One selection from the platform's tables: one statement is one instant by itself."""
        async with self.platform.connect() as connection:
            driver = await _driver_of(connection)
            flights = flights_of(driver)
            try:
                with _as_sqlalchemy(selection.statement):
                    found, _ = await flights.fly((selection.statement, selection.parameters), FORGET)
                    return selection.answer(flights.rows(found))
            finally:
                await flights.settle()
                if driver.closed:
                    await connection.invalidate()

    @asynccontextmanager
    async def opened(self, opening: Opening, *, pool: str = "app", whole: bool = False) -> AsyncIterator[TenantSession]:
        """A transaction that begins so; `whole`: and is over when it has begun."""
        async with self._connection(pool) as connection:
            driver = await _driver_of(connection)
            session = TenantSession(opening.context, connection, driver, held=connection is self._held)
            if driver.info.transaction_status is TransactionStatus.INTRANS:
                raise RuntimeError("a held connection carries one transaction at a time")
            try:
                await session.begin(opening, whole=whole)
                yield session
            finally:
                await session.end()

    @asynccontextmanager
    async def _connection(self, pool: str) -> AsyncIterator[AsyncConnection]:
        if self._held is not None and pool == "app":
            yield self._held
            return
        async with {"app": self.app, "provision": self.provision}[pool].connect() as connection:
            yield connection

    @asynccontextmanager
    async def platform_session(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on the platform's tables, committed on success."""
        async with self.platform.begin() as connection:
            yield connection

    async def close(self) -> None:
        for engine in (self.app, self.platform, self.provision):
            await engine.dispose()


async def _driver_of(connection: AsyncConnection) -> Driver:
    return cast("Driver", (await connection.get_raw_connection()).driver_connection)


def _engine(url: str, pool_size: int, *, autocommit: bool = False) -> AsyncEngine:
    """`autocommit`: the driver begins nothing by itself, as `Database.tenant` does it together with the context."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=2 * pool_size,  # what a busy moment opened stays open: a crowd would open and close one a transaction
        max_overflow=0,
        pool_timeout=10,
        pool_reset_on_return=None,
        pool_pre_ping=False,
        hide_parameters=True,  # a failing statement's values are personal data and must not reach a log
        connect_args={"prepare_threshold": 3, "application_name": "yunfan", "autocommit": autocommit},
    )

    @event.listens_for(engine.sync_engine, "reset")
    def forget_everything(connection: Any, _record: Any, state: PoolResetState) -> None:
        # A session-level SET that slipped through would survive COMMIT and show the next borrower another tenant.
        if not (state.terminate_only or flights_of(connection.driver_connection).forgot()):
            flights_of(connection.driver_connection).doubt_if_open()
            connection.rollback()
            connection.autocommit = True  # RESET is transactional: a rollback would bring the setting back
            connection.cursor().execute("RESET ALL")
            connection.autocommit = autocommit

    @event.listens_for(engine.sync_engine, "rollback")
    @event.listens_for(engine.sync_engine, "rollback_savepoint")
    def doubt_the_prepared(connection: Any, *_savepoint: Any) -> None:
        # At every ROLLBACK that the driver sees it has PostgreSQL forget all prepared statements.
        if not connection.invalidated:
            flights_of(connection.connection.driver_connection).doubt_if_open()

    return engine


async def server_version(database: Database) -> int:
    """PostgreSQL's version number, e.g. 160004."""
    async with database.app.connect() as connection:
        return int((await connection.execute(text("SHOW server_version_num"))).scalar_one())
