"""Over every collection: PostgreSQL writes a row's text, every other door writes in Python, and both spell alike."""

from __future__ import annotations

import json
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
    Date,
    DateTime,
    Numeric,
    Text,
    Uuid,
    cast,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from kernel.command import command_named
from kernel.db import TenantContext
from kernel.query import visible
from modules.inventory.commands.post_stock_count import CountedLine
from modules.sales.commands.create_order import SERIES
from server.catalogue import load_rooms
from server.parts import Application
from sync.collections import Collection, all_collections
from sync.rows import _as_wire, by_reader, texts
from tests.party.makers import make_activity, make_contact, make_customer
from tests.sales.makers import confirm, line, make_order, make_product, make_warehouse, move
from tests.sync.attaching import attach, pdf
from tests.tenants.numbered import add_device, lease
from tests.world import Company, World
from values.wire import to_wire, wire_name

load_rooms()
EVERY = pytest.mark.parametrize("found", list(all_collections().values()), ids=lambda found: found.name)
TEXTS = ['引号"反\\斜/', "😀\n行\t\u2028\x7f", "", "é \u00e9 ﷽", "</script>"]
# By the column's type: what is easily spelt in two ways.
NASTY: dict[type[Any], list[Any]] = {
    Text: TEXTS,
    Uuid: [UUID("018F0000-0000-7000-8000-00000000000A"), UUID(int=2**128 - 1)],
    BigInteger: [0, -1, 2**53 - 1, 2**53, -(2**53) - 1, 2**63 - 1, -(2**63)],
    Numeric: [Decimal(n) for n in ("0", "-0.000001", "1E+3", "123456789012.000001", "2.500000", "100")],
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


@EVERY
async def test_every_column_is_spelt_alike(app: Application, world: World, found: Collection) -> None:
    """Of each type all that is easily spelt in two ways, in rows that no rule of the table stands against."""
    columns = list(found.columns)
    values = {column.name: cycle([*_nasty(column), None]) for column in columns}
    rows = [{name: next(several) for name, several in values.items()} for _ in range(10)]
    context = TenantContext(world.yunfan.tenant_id).wide()
    async with app.engine.database.tenant(context) as session:
        for row in rows:
            made = select(*(cast(literal(row[c.name], c.type), c.type).label(c.name) for c in columns)).subquery("s")
            inner = select(*(_as_wire(made.c[c.name]).label(wire_name(c.name)) for c in columns)).subquery("r")
            statement = select(literal_column("row_to_json(r)::text")).select_from(inner)
            text = (await session.core(statement)).scalar_one()
            assert "\n" not in text
            assert json.loads(text) == {wire_name(name): to_wire(value) for name, value in _told(row).items()}


def _nasty(column: Column[Any]) -> list[Any]:
    """A version counts the edits of one row: it never comes near what JavaScript cannot count."""
    if column.name == "version":
        return [1, 2**31]
    return next(values for known, values in NASTY.items() if isinstance(column.type, known))


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
