"""Over every collection: PostgreSQL writes a row's text, every other door writes in Python, and both spell alike."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from kernel.command import command_named
from kernel.db import TenantContext, TenantSession
from kernel.query import visible
from modules.inventory.commands.post_stock_count import CountedLine
from modules.sales.commands.create_order import SERIES
from server.catalogue import load_rooms
from server.parts import Application
from sync.collections import Collection, all_collections
from sync.rows import by_reader, texts
from sync.spelling import spelled
from tests.party.makers import make_activity, make_contact, make_customer
from tests.sales.makers import confirm, line, make_order, make_product, make_warehouse, move
from tests.sync.attaching import attach, pdf
from tests.tenants.numbered import add_device, lease
from tests.world import Company, World
from values.wire import to_wire, wire_name

load_rooms()
EVERY = pytest.mark.parametrize("found", list(all_collections().values()), ids=lambda found: found.name)
TEXTS = ['引号"反\\斜/', "😀\n行\t\u2028\x7f", "", "é \u00e9 ﷽", "</script>", "纯文字", "plain"]
# By the column's type: what is easily spelt in two ways.
NASTY: dict[type[Any], list[Any]] = {
    Text: TEXTS,
    Uuid: [UUID("018F0000-0000-7000-8000-00000000000A"), UUID(int=2**128 - 1)],
    BigInteger: [0, -1, 2**53 - 1, 2**53, -(2**53) - 1, 2**63 - 1, -(2**63)],
    Numeric: [Decimal(n) for n in ("0", "-0.000001", "1E+3", "123456789012.000001", "2.500000", "100")],
    Integer: [0, -1, 2**31 - 1],
    Boolean: [True, False],
    Date: [date(1, 1, 1), date(999, 12, 31), date(2024, 2, 29), date(9999, 12, 31)],
    DateTime: [
        datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 30, 0, 123000, tzinfo=timezone(timedelta(hours=8))),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
    ARRAY: [[], [UUID(int=1), UUID(int=2**127)]],
    JSONB: [
        {},
        {"中文": "值", "b": [1, 2.5, True, None, {"é": "😀\n"}], "a": TEXTS},
        {"most": 2**53 - 1, "least": -(2**53) + 1, "z": "9007199254740993"},  # beyond these JSON holds text
        ["一", "b"],
    ],
}


# What SQL can hold and Python's types cannot.
BEYOND: dict[type[Any], list[str]] = {
    Date: ["infinity", "-infinity", "0044-03-15 BC", "12026-01-01"],
    DateTime: ["infinity", "-infinity", "0044-03-15 12:00:00.5+00 BC", "12026-01-01 00:00:00+00"],
    Numeric: ["NaN", "0.10"],
    Text: ["\x01\x1f\x7f", "\\", "'", '"', "%s :a {}"],
}


@EVERY
async def test_every_column_is_spelt_alike(app: Application, world: World, found: Collection) -> None:
    """Of each type all that is easily spelt in two ways, in rows that no rule of the table stands against: the bytes of
    `row_to_json`, and to a reader what Python says."""
    columns = list(found.columns)
    values = {c.name: [*_nasty(c), *([None] if c.nullable else [])] for c in columns}
    turns, chosen = {name: cycle(several) for name, several in values.items()}, random.Random(found.name)
    rows = [{name: next(several) for name, several in turns.items()} for _ in range(10)]
    rows += [{name: chosen.choice(several) for name, several in values.items()} for _ in range(10)]
    async with _wide(app, world) as session:
        for row in rows:
            given = {c.name: cast(literal(row[c.name], c.type), c.type) for c in columns}
            text, right = await _spelt(session, columns, given)
            assert text == right
            assert "\n" not in text
            assert json.loads(text) == {wire_name(name): to_wire(value) for name, value in _told(row).items()}


@EVERY
async def test_what_python_cannot_hold_is_spelt_alike(app: Application, world: World, found: Collection) -> None:
    columns = list(found.columns)
    beyond = {
        c.name: [cast(literal(value, Text()), c.type) for value in _beyond(c)]
        or [cast(literal(_nasty(c)[0], c.type), c.type)]
        for c in columns
    }
    turns = {name: cycle(values) for name, values in beyond.items()}
    async with _wide(app, world) as session:
        for _ in range(5):
            text, right = await _spelt(session, columns, {name: next(values) for name, values in turns.items()})
            assert text == right
            json.loads(text)


async def test_more_columns_than_a_function_takes(app: Application, world: World) -> None:
    columns = [Column(f"field_{n}", Text(), nullable=bool(n % 3)) for n in range(120)]
    given = {
        c.name: cast(literal("值" if n % 2 or not c.nullable else None, Text()), Text()) for n, c in enumerate(columns)
    }
    async with _wide(app, world) as session:
        text, right = await _spelt(session, columns, given)
    assert text == right
    assert len(json.loads(text)) == 120


def _wide(app: Application, world: World) -> AbstractAsyncContextManager[TenantSession]:
    return app.engine.database.tenant(TenantContext(world.yunfan.tenant_id).wide())


async def _spelt(
    session: TenantSession, columns: Sequence[Column[Any]], given: Mapping[str, ColumnElement[Any]]
) -> tuple[str, str]:
    """One row of these values: the text that devices get, and what `row_to_json` makes of the same."""
    made = select(*(value.label(name) for name, value in given.items())).subquery("s")
    like = Table("s", MetaData(), *(Column(c.name, c.type, nullable=c.nullable) for c in columns))
    inner = select(*(_as_wire(made.c[c.name]).label(wire_name(c.name)) for c in columns)).subquery("r")
    text = (await session.core(select(spelled(tuple(like.c))).select_from(made))).scalar_one()
    right = (await session.core(select(literal_column("row_to_json(r)::text")).select_from(inner))).scalar_one()
    return text, right


def _as_wire(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column so that `row_to_json` writes what `to_wire` would."""
    kind = column.type
    if isinstance(kind, DateTime):
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    if isinstance(kind, Numeric):
        return cast(column, Text)
    if isinstance(kind, BigInteger) and column.key != "version":
        safe = column.between(-(2**53) + 1, 2**53 - 1)
        return case((safe, func.to_json(column)), else_=func.to_json(cast(column, Text)))
    return column


def _nasty(column: Column[Any]) -> list[Any]:
    """A version counts the edits of one row: it never comes near what JavaScript cannot count."""
    if column.name == "version":
        return [1, 2**31]
    return next(values for known, values in NASTY.items() if isinstance(column.type, known))


def _beyond(column: Column[Any]) -> list[str]:
    return next((values for kind, values in BEYOND.items() if isinstance(column.type, kind)), [])


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a driver reads it back: a price has six digits."""
    scaled = {"list_price", "unit_price"}
    return {
        name: value.quantize(Decimal("1.000000")) if name in scaled and value is not None else value
        for name, value in row.items()
    }


async def test_a_row_of_every_collection_is_spelt_alike(app: Application, world: World) -> None:
    company = world.yunfan
    await _fill(company)
    admin = await company.actor("admin")
    empty: list[str] = []
    async with app.engine.reading(admin, snapshot=True) as session:
        for found in all_collections().values():
            if by_reader(found):  # encoded in Python to begin with
                continue
            columns = found.shown_to(admin)
            rows = await session.core(select(*columns).where(*visible(found.entity, admin, archived=True)))
            right = sorted(
                ({wire_name(n): to_wire(v) for n, v in row._mapping.items()} for row in rows), key=lambda r: r["id"]
            )
            told = await texts(session, admin, found, limit=5_000)
            assert [json.loads(text) for text in told] == right
            assert all(text.startswith('{"id":"') and "\n" not in text for text in told)
            if not told:
                empty.append(found.name)
    assert empty == []


async def _fill(company: Company) -> None:
    """At least one row in each collection, awkward where a command lets it be."""
    money = {"entity": "party.Customer", "key": "worth", "label_zh": "估值", "kind": "money", "currency": "CNY"}
    await _run(company, "tenants.define_custom_field", **money)
    tag = await _run(company, "tenants.create_tag", name="重点“客户”")
    customer = await make_customer(
        company,
        "admin",
        '引号"反\\斜',
        credit_limit_minor=2**53 + 1,
        credit_currency="CNY",
        notes="😀\n行\t",
        tag_ids=[tag.row_id],
        custom={"worth": {"amountMinor": 2**53 + 1, "currency": "CNY"}},
    )
    await _run(company, "tenants.create_saved_view", collection="customers", name="“重点”", config={"text": '"\\'})
    await make_contact(company, "admin", customer, birthday=date(1970, 1, 1))
    await make_activity(company, "admin", customer, content="二行\n文字")
    tea = await make_product(company, "龙井", list_price=Decimal("0.000001"))
    warehouse = await make_warehouse(company)
    await move(company, tea, warehouse, "0.125", "receipt")
    counted = {"product_id": tea, "counted": Decimal("3.50"), "expected": Decimal("0.125")}
    await _run(company, "inventory.post_stock_count", warehouse_id=warehouse, lines=[CountedLine(**counted)])
    order = await make_order(company, "admin", customer, [line(tea, "2.50", "12.5")])
    await confirm(company, "admin", order)
    await attach(company, "admin", customer, pdf(100), file_name="合同“终”.pdf")
    await lease(company, "admin", await add_device(company, "admin"), series=SERIES)


async def _run(company: Company, command: str, **values: Any) -> Any:
    return await company.run("admin", command, command_named(command).input_type(**values))
