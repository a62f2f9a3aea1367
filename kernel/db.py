"""The one door to the database: a transaction for one tenant, as a role that cannot bypass row-level security.

`Database` holds one pool per role. `TenantSession` issues the context as SET LOCAL statements (Citus propagates only
those) and owns the only commit. Without a context no row is visible.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from psycopg import AsyncConnection as PsycopgConnection
from psycopg import Error as PsycopgError
from sqlalchemy import CursorResult, Executable, LargeBinary, Result, Table, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import PoolResetState
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from kernel.policy import EVERYTHING, normalise_prefixes, prefix_range

Row = TypeVar("Row")

_INSERT_TERMS = text("""
INSERT INTO app.search_term (tenant_id, term, entity, row_id, scope_path)
SELECT CAST(:tenant_id AS uuid), term, c.entity, c.row_id, c.scope_path
FROM unnest(CAST(:entities AS text[]), CAST(:ids AS uuid[]), CAST(:paths AS text[]), CAST(:terms AS text[]))
    AS c (entity, row_id, scope_path, terms), unnest(string_to_array(c.terms, E'\\n')) AS term
ON CONFLICT DO NOTHING
""")


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


class TenantSession:
    """One transaction for one tenant. Reading is free; writing goes through the command's context."""

    def __init__(self, context: TenantContext, orm: AsyncSession, connection: AsyncConnection) -> None:
        self.context = context
        self.orm = orm
        self._connection = connection

    @property
    def tenant_id(self) -> UUID:
        return self.context.tenant_id

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        return await self.orm.execute(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Any = None) -> Sequence[Any]:
        return (await self.orm.execute(statement, parameters)).scalars().all()

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return (await self.orm.execute(statement, parameters)).scalar_one_or_none()

    async def core(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Runs on the same transaction beside the ORM: for the kernel's own tables."""
        return await self._connection.execute(statement, parameters)

    async def raw(self) -> PsycopgConnection[Any]:
        """The driver's connection in this transaction: COPY and pipelines."""
        fairy = await self._connection.get_raw_connection()
        return cast("PsycopgConnection[Any]", fairy.driver_connection)

    async def insert_rows(self, target: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Inserts rows in one statement; every column that any row names is written, others take their default.

        The rows travel as one JSON text, which PostgreSQL reads as rows of the table: a thousand executions of one
        INSERT cost several times as much on both sides. Raises TypeError for tables with binary columns.
        """
        if any(isinstance(column.type, LargeBinary) for column in target.columns):
            raise TypeError(f"{target.name} has binary columns, which JSON cannot carry")
        rows = _with_defaults(target, rows)
        names = ", ".join(f'"{target.c[name].name}"' for name in dict.fromkeys(chain.from_iterable(rows)))
        statement = text(
            f"INSERT INTO {target.fullname} ({names}) SELECT {names} "  # noqa: S608 — the table's own names
            f"FROM json_populate_recordset(CAST(NULL AS {target.fullname}), CAST(:rows AS json))"
        )
        await self.core(statement, {"rows": msgspec.json.encode(rows).decode()})

    async def insert_terms(self, rows: Sequence[tuple[str, UUID, str, Sequence[str]]]) -> None:
        """Inserts search terms, given per row as (entity, row id, scope path, distinct terms), in one statement.

        A row's terms travel as one text: 25 terms a row would drown an executemany, and arrays of terms are slow to
        write in Python. Terms are letters and digits, so a line end separates them.
        """
        entities, ids, paths, terms = zip(*rows, strict=True)
        found = {
            "tenant_id": self.tenant_id,
            "entities": list(entities),
            "ids": list(ids),
            "paths": list(paths),
            "terms": ["\n".join(of_row) for of_row in terms],
        }
        await self.core(_INSERT_TERMS, found)

    async def commit_with(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """Sends the last statement and COMMIT as one pipeline: the tenant clock is locked for one round trip only.

        When the statement fails, the COMMIT behind it is skipped: nothing is kept. Raises SQLAlchemy's DBAPIError, as
        every other statement does, so that a lost race here is retried like any other.
        """
        connection = await self.raw()
        try:
            async with connection.pipeline():
                await connection.execute(statement.encode(), parameters)
                await connection.commit()
        except PsycopgError as wrong:
            raise DBAPIError.instance(statement, None, wrong, PsycopgError, hide_parameters=True) from wrong
        await self.orm.commit()

    async def commit(self) -> None:
        """For transactions that tracked nothing."""
        await self.orm.commit()
        if self._connection.in_transaction():  # a session that sent nothing itself has nothing to commit
            await self._connection.commit()


def _with_defaults(target: Table, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The rows with the declared defaults of the columns that they leave out."""
    named = set(chain.from_iterable(rows))
    defaults = [(column.name, column.default) for column in target.columns if column.name not in named]
    made: dict[str, Callable[[], Any]] = {}
    for name, default in defaults:
        if isinstance(default, CallableColumnDefault):
            made[name] = partial(cast("Callable[[Any], Any]", default.arg), None)
        elif isinstance(default, ScalarElementColumnDefault):
            made[name] = partial(copy, default.arg)
    return [{**row, **{name: make() for name, make in made.items()}} for row in rows] if made else rows


class Database:
    """The pools. `app` serves tenants; `platform` users and the directory; `provision` sign-up and joining, which
    write both sides in one transaction."""

    def __init__(self, app_url: str, platform_url: str, provision_url: str, *, pool_size: int = 10) -> None:
        self.app = _engine(app_url, pool_size)
        self.platform = _engine(platform_url, pool_size)
        self.provision = _engine(provision_url, max(2, pool_size // 4))

    @asynccontextmanager
    async def tenant(
        self, context: TenantContext, *, pool: str = "app", snapshot: bool = False
    ) -> AsyncIterator[TenantSession]:
        """A transaction for one tenant. `snapshot`: REPEATABLE READ, read only: one consistent instant."""
        engine: AsyncEngine = {"app": self.app, "provision": self.provision}[pool]
        async with engine.connect() as connection:
            if snapshot:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with AsyncSession(
                connection, expire_on_commit=False, autoflush=False, join_transaction_mode="control_fully"
            ) as orm:
                session = TenantSession(context, orm, connection)
                await connection.begin()
                await (await session.raw()).execute(context.statements().encode())
                try:
                    yield session
                finally:
                    await orm.rollback()

    @asynccontextmanager
    async def platform_session(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on the platform's tables, committed on success."""
        async with self.platform.begin() as connection:
            yield connection

    async def close(self) -> None:
        for engine in (self.app, self.platform, self.provision):
            await engine.dispose()


def _engine(url: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_reset_on_return=None,
        pool_pre_ping=False,
        hide_parameters=True,  # a failing statement's values are personal data and must not reach a log
        connect_args={"prepare_threshold": 3, "application_name": "yunfan"},
    )

    @event.listens_for(engine.sync_engine, "reset")
    def forget_everything(connection: Any, _record: Any, state: PoolResetState) -> None:
        # A session-level SET that slipped through would survive COMMIT and show the next borrower another tenant.
        if not state.terminate_only:
            connection.rollback()
            cursor = connection.cursor()
            cursor.execute("RESET ALL")
            cursor.close()
            connection.commit()  # RESET is transactional: a rollback would bring the setting back

    return engine


async def server_version(database: Database) -> int:
    """PostgreSQL's version number, e.g. 160004."""
    async with database.app.connect() as connection:
        return int((await connection.execute(text("SHOW server_version_num"))).scalar_one())
