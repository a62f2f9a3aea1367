"""Statements in flight: what fails, what stands behind it, and a connection that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from infra.flights import Flights, flights_of
from infra.services import Services


@pytest.fixture
async def driver(services: Services) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(services.urls.app, autocommit=True) as connection:
        yield connection


@pytest.fixture
def flights(driver: psycopg.AsyncConnection[Any]) -> Flights:
    return flights_of(driver)


def _value(flights: Flights, result: Any) -> Any:
    return flights.rows(result)[0][0]


async def test_a_text_that_postgresql_cannot_store_is_refused_before_anything_is_sent(flights: Flights) -> None:
    with pytest.raises(psycopg.DataError):
        flights.send([("SELECT 1", ()), ("SELECT %s::text", ["\x00"])])
    assert flights.up == 0
    (one,) = await flights.fly(("SELECT %s::int", [1]))
    assert _value(flights, one) == 1


async def test_a_failing_statement_takes_those_behind_it_along_and_no_other_group(flights: Flights) -> None:
    flights.send([("SELECT 1 / %s::int", [0]), ("SELECT %s::text", ["behind"])], [("SELECT upper(%s)", ["next"])])
    with pytest.raises(psycopg.errors.DivisionByZero):
        await flights.land()
    (following,) = await flights.land()
    assert _value(flights, following) == "NEXT"
    (again,) = await flights.fly(("SELECT %s::text", ["behind"]))  # its preparation was skipped with it
    assert _value(flights, again) == "behind"


async def test_behind_a_commit_that_was_not_reached_nothing_begins(
    driver: psycopg.AsyncConnection[Any], flights: Flights
) -> None:
    await flights.fly(("BEGIN", ()))
    flights.send([("SELECT 1 / %s::int", [0]), ("COMMIT", ())], [("BEGIN", ()), ("SELECT %s::int", [1])])
    with pytest.raises(psycopg.errors.DivisionByZero):
        await flights.land()
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await flights.land()
    await flights.settle()
    assert driver.info.transaction_status is TransactionStatus.IDLE


async def test_what_is_begun_ahead_is_rolled_back_unread(
    driver: psycopg.AsyncConnection[Any], flights: Flights
) -> None:
    await flights.fly(("BEGIN", ()))
    flights.send([("COMMIT", ())], [("BEGIN", ()), ("SELECT %s::int", [1])])
    await flights.land()
    flights.ahead = object()
    await flights.settle()
    assert (flights.up, flights.ahead) == (0, None)
    assert driver.info.transaction_status is TransactionStatus.IDLE


async def test_statements_survive_that_the_driver_had_all_of_them_forgotten(
    driver: psycopg.AsyncConnection[Any], flights: Flights
) -> None:
    await flights.fly(("SELECT %s::int", [1]))
    flights.doubt()
    await flights.fly(("SELECT %s::int", [2]))  # it was there still: closed, and prepared again under its name
    await driver.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        await flights.fly(("SELECT %s::int", [3]))
    (found,) = await flights.fly(("SELECT %s::int", [3]))
    assert _value(flights, found) == 3
    count = await (
        await driver.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'flight%'")
    ).fetchone()
    assert count == (1,)


async def test_what_was_not_asked_for_long_is_let_go(
    driver: psycopg.AsyncConnection[Any], flights: Flights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.flights.MOST_PREPARED", 5)
    for turn in range(3):
        for n in range(12):
            (often,) = await flights.fly(("SELECT %s::int", [n]))
            (one,) = await flights.fly((f"SELECT %s::int + {n}", [turn]))
            assert (_value(flights, often), _value(flights, one)) == (n, turn + n)
            if n % 5 == 0:
                with pytest.raises(psycopg.errors.DivisionByZero):
                    await flights.fly((f"SELECT {n} / %s::int", [0]))
            if n % 7 == 0:
                flights.doubt()
    counted = "SELECT count(*), count(*) FILTER (WHERE statement = 'SELECT $1::int') FROM pg_prepared_statements"
    found = await (await driver.execute(f"{counted} WHERE name LIKE 'flight%'")).fetchone()
    assert found is not None
    assert found[0] <= 8  # one group may bring some more
    assert found[1] == 1


async def test_cursors_work_between_flights(driver: psycopg.AsyncConnection[Any], flights: Flights) -> None:
    for turn in range(5):
        (one,) = await flights.fly(("SELECT %s::int", [turn]))
        two = await (await driver.execute("SELECT %s::int", [turn], prepare=True)).fetchone()
        assert (_value(flights, one), two) == (turn, (turn,))


async def test_a_flight_that_is_called_off_leaves_a_connection_that_settles(
    driver: psycopg.AsyncConnection[Any], flights: Flights
) -> None:
    await flights.fly(("BEGIN", ()))
    waiting = asyncio.ensure_future(flights.fly(("SELECT pg_sleep(%s)", [30])))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await flights.settle()
    assert driver.closed or driver.info.transaction_status is TransactionStatus.IDLE


async def test_a_connection_that_is_cut_says_so(driver: psycopg.AsyncConnection[Any], services: Services) -> None:
    flights = flights_of(driver)
    async with await psycopg.AsyncConnection.connect(services.urls.admin, autocommit=True) as admin:
        await admin.execute("SELECT pg_terminate_backend(%s)", [driver.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        await flights.fly(("SELECT %s::int", [1]))
    await flights.settle()
    assert driver.closed


async def test_settings_of_the_session_are_forgotten_behind_the_rollback(flights: Flights) -> None:
    """In front of it the rollback would bring them back, and the next borrower would go on under another's tenant."""
    await flights.fly(("SELECT set_config('app.tenant_id', 'somebody', false)", ()))
    await flights.fly(("BEGIN", ()))
    assert not flights.forgot()
    await flights.settle(forget=True)
    assert flights.forgot()
    assert not flights.forgot()  # told once
    (left,) = await flights.fly(("SELECT current_setting('app.tenant_id', true)", ()))
    assert not _value(flights, left)
    await flights.settle(forget=True)
    await flights.fly(("SELECT 1", ()))
    assert not flights.forgot()  # something was sent since
