"""Prepared statements in flight: many sent at once through libpq's pipeline, and answered in groups.

A cursor of the driver costs more per statement than PostgreSQL does for a row by its key; here a statement is one call
into libpq. The driver's cursors go on working while nothing is in flight.

A group ends with a sync: when one of its statements fails, those behind it in the group are skipped, and PostgreSQL
goes on with the next group. Inside a failed transaction that fails too, so a group may follow a COMMIT unseen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias, cast

from psycopg import AsyncConnection, Error, OperationalError, generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Driver: TypeAlias = AsyncConnection[Any]

# The statement in the driver's style (%s), which is prepared; without parameters (None) it is not.
Statement: TypeAlias = tuple[str, Sequence[Any] | None]

FORGET: Statement = ("RESET ALL", None)  # every setting of the session
MOST_PREPARED = 200  # of one connection: PostgreSQL keeps a plan for each, and roles bring statements of their own
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE, ExecStatus.PIPELINE_ABORTED)
_IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


class Flights:
    """The flights of one connection. PostgreSQL infers parameters' types from the statements: cast where it cannot."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._adapted = Transformer(driver)
        self._names: dict[str, bytes] = {}  # prepared, by statement
        self._doubted: dict[str, bytes] = {}  # the same, but perhaps no more
        self._numbers = count(1)
        # Of each group in flight, for each of its commands the statement that it prepares; None: it runs one.
        self._up: deque[list[str | None]] = deque()
        self.ahead: object | None = None  # whose group was sent before anybody asked for its answers
        self._forgets = False  # the last group in flight ends with FORGET
        self._forgot = False  # that has landed, and nothing was sent since
        self._bare = False  # others may have sent what is not seen here

    @property
    def up(self) -> int:
        """How many groups have not landed."""
        return len(self._up)

    def bare(self) -> Driver:
        """The driver's connection, for statements that are not seen here: until it settles, what these set is forgotten
        by nobody but the pool."""
        self._bare, self._forgot = True, False
        return self._driver

    def doubt(self) -> None:
        """The driver may have let go of all prepared statements: each is prepared anew when it is next sent."""
        self._doubted |= self._names
        self._names.clear()

    def doubt_if_open(self) -> None:
        """The driver is about to roll back; outside a transaction it sends nothing then, and all stay prepared."""
        if not self._driver.closed and self._driver.info.transaction_status is not TransactionStatus.IDLE:
            self.doubt()

    def send(self, *groups: Iterable[Statement]) -> None:
        """Sends the groups. Their answers are read by `land`, a group at a time."""
        ready = [[(statement, self._dumped(given)) for statement, given in group] for group in groups]
        self._forgot, self._forgets = False, ready[-1][-1][0] == FORGET[0]
        connection = self._driver.pgconn
        if not self._up:
            connection.enter_pipeline_mode()
        for group in ready:
            commands: list[str | None] = []
            self._up.append(commands)
            self._make_room(commands)
            for statement, given in group:
                if given is None:
                    connection.send_query_params(statement.encode(), None)
                else:
                    connection.send_query_prepared(self._prepared(statement, commands), given)
                commands.append(None)
            connection.pipeline_sync()
        connection.flush()

    async def land(self) -> list[PGresult]:
        """The results of the next group, one a statement. Raises what its first failing statement did."""
        commands = self._up[0]
        results = await self._driver.wait(self._landing())
        if (failed := _first_failed(results)) is not None:
            raise error_from_result(failed, encoding=self._driver.info.encoding)
        self._forgot = self._forgets and not self._up and not self._bare
        return [result for result, prepares in zip(results, commands, strict=True) if prepares is None]

    async def fly(self, *group: Statement) -> list[PGresult]:
        """One group, there and back."""
        self.send(group)
        return await self.land()

    async def settle(self, *, forget: bool = False, beside: bool = False) -> None:
        """Lets everything land unread and rolls back what is open; `forget`: and every setting of the session, behind
        that, since a rollback would bring it back. `beside`: the driver was used besides, so what was forgotten before
        does not count. A connection that cannot do that is closed."""
        self.ahead, self._forgot = None, self._forgot and not beside
        try:
            while self._up:
                with suppress(Error):
                    await self.land()
                if self._driver.closed:
                    return
            status = self._driver.info.transaction_status
            groups: list[list[Statement]] = [[("ROLLBACK", None)]] if status in _IN_TRANSACTION else []
            # Not while the driver's own statement runs, which was called off: the driver closes the connection then.
            if forget and not self._forgot and not self._bare and status in (TransactionStatus.IDLE, *_IN_TRANSACTION):
                groups.append([FORGET])
            if groups:
                self.send(*groups)
            for _ in groups:
                await self.land()
        except BaseException:
            await self._driver.close()
            raise
        finally:
            self._bare = False

    def forgot(self) -> bool:
        """Whether the session's settings are forgotten already; told once."""
        told, self._forgot = self._forgot, False
        return told

    def rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        """A result's rows in the types of its columns."""
        self._adapted.set_pgresult(result)
        return self._adapted.load_rows(0, result.ntuples, tuple)

    def _prepared(self, statement: str, commands: list[str | None]) -> bytes:
        """The name under which the statement is prepared; before that is so, its preparation is sent ahead of it."""
        name = self._names.pop(statement, None)
        if name is not None:
            self._names[statement] = name  # the last to go
        else:
            connection = self._driver.pgconn
            name = self._doubted.pop(statement, None)
            if name is not None:
                connection.send_close_prepared(name)
                commands.append(statement)
            name = self._names[statement] = name or f"flight_{next(self._numbers)}".encode()
            connection.send_prepare(name, numbered(statement))
            commands.append(statement)
        return name

    def _make_room(self, commands: list[str | None]) -> None:
        """Lets go of what was not asked for longest: first in its group, where nothing can take it along."""
        while len(self._names) + len(self._doubted) > MOST_PREPARED:
            kept = self._doubted or self._names
            statement = next(iter(kept))
            self._driver.pgconn.send_close_prepared(kept.pop(statement))  # what is gone already is no error
            commands.append(statement)

    def _dumped(self, parameters: Sequence[Any] | None) -> Sequence[Any] | None:
        """As text, whose types PostgreSQL infers. Raises psycopg's DataError, with nothing sent."""
        if not parameters:
            return parameters
        return self._adapted.dump_sequence(parameters, _text_formats(len(parameters)))

    def _landing(self) -> Generator[Any, Any, list[PGresult]]:
        """What came up to the sync, a result for each command."""
        connection, results = self._driver.pgconn, list[Any]()
        yield from generators.send(connection)
        while True:
            found = yield from generators.fetch_many(connection)
            if not found:
                raise OperationalError("the connection has nothing in flight")
            if found[-1].status == ExecStatus.PIPELINE_SYNC:
                break
            results.append(found[-1])
        # Here and not behind the wait: the driver lets a flight land that was called off meanwhile.
        commands = self._up.popleft()
        if not self._up:
            connection.exit_pipeline_mode()
        if (failed := _first_failed(results)) is not None:
            for statement in {statement for statement in commands if statement in self._names}:
                self._doubted[statement] = self._names.pop(statement)
            wrong = error_from_result(failed, encoding=self._driver.info.encoding)
            if isinstance(wrong, InvalidSqlStatementName):  # the driver had all of them forgotten
                self.doubt()
        return results


def _first_failed(results: list[PGresult]) -> PGresult | None:
    return next((result for result in results if result.status in _FAILED), None)


def flights_of(driver: Driver) -> Flights:
    """The flights of a connection: kept on it, for as long as it is there."""
    kept = vars(driver)
    if "flights" not in kept:
        kept["flights"] = Flights(driver)
    return cast("Flights", kept["flights"])


@lru_cache(maxsize=1024)
def numbered(statement: str) -> bytes:
    """`%s` as PostgreSQL writes parameters: `$1`, `$2` …"""
    first, *others = statement.split("%s")
    return (first + "".join(f"${place}{part}" for place, part in enumerate(others, start=1))).encode()


@lru_cache(maxsize=256)
def _text_formats(of: int) -> list[PyFormat]:
    return [PyFormat.TEXT] * of
