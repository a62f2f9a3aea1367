"""What `yunfan explain` says of every entity, held against the catalogue of the database, the SDL, real files."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import psycopg
import pytest
import xlwt
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
)
from psycopg.rows import namedtuple_row

from exchange.columns import assign, columns_of
from exchange.errors import NotExportable
from exchange.exporting import export_entity
from exchange.readers import read_table
from exchange.tenant_export import write_tenant_zip
from exchange.writers import write_csv, write_xlsx
from graphql_api.schema import sdl
from infra.settings import Settings
from kernel.command import command_named
from kernel.entity import TenantRow, described, entities
from kernel.policy import Authority
from modules.sales.entities import SalesOrder
from server.catalogue import load_rooms
from server.explaining import EXPLAINERS, explained, lines
from server.parts import Application, build
from sync.collections import schema_for
from sync.effects import transition_of
from sync.wire import CommandSchema
from tenants.authority import OWN_ROWS
from tests.conftest import NOW
from tests.world import World, add_member, found_world
from values.clock import FrozenClock

load_rooms()
ENTITIES = list(entities())
EVERY = pytest.mark.parametrize("entity", ENTITIES, ids=lambda found: described(found).name)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def page(name: str, language: str) -> dict[str, Any]:
    return explained(name, language)


def told(entity: type[TenantRow], room: str) -> dict[str, Any]:
    found: dict[str, Any] = page(described(entity).name, "zh-CN")["rooms"][room]
    return found


@pytest.fixture(scope="module")
async def world(settings: Settings) -> AsyncIterator[World]:
    """One world for all entities: nothing here changes it."""
    built = build(settings, clock=FrozenClock(NOW), pool_size=2)
    found = await found_world(built)
    await add_member(found.yunfan, "wu", "吴仓管", "warehouse_keeper", "all", None)
    yield found
    await built.close()


@pytest.fixture(scope="module")
def app(world: World) -> Application:
    return world.yunfan.app


@pytest.fixture(scope="module")
def admin(services) -> Iterator[psycopg.Connection]:
    with psycopg.connect(services.urls.admin, row_factory=namedtuple_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(sdl())


@EVERY
def test_every_room_answers_in_both_languages_with_the_same_facts(entity) -> None:
    name = described(entity).name
    chinese, english = page(name, "zh-CN"), page(name, "en")
    assert list(chinese["rooms"]) == list(english["rooms"]) == ["kernel", "tenants", "exchange", "graphql_api", "sync"]
    for room in chinese["rooms"]:
        assert list(chinese["rooms"][room]) == list(english["rooms"][room])
        assert chinese["rooms"][room]
    assert json.loads(json.dumps(chinese)) == chinese
    # What other systems call a column is Chinese in every language; nothing else is.
    text = "\n".join(line for line in lines(name, "en") if "aliases(" not in line)
    assert not CHINESE.search(text), CHINESE.findall(text)


@EVERY
def test_a_person_reads_every_fact_that_a_program_does(entity) -> None:
    name = described(entity).name
    shown = " ".join("\n".join(lines(name, "en")).split())
    for explainer in EXPLAINERS:
        data = page(name, "en")["rooms"][explainer.room]
        facts = list(explainer.facts(entity))
        assert [fact.key for fact in facts] == list(data)
        for fact in facts:
            assert f"{fact.label.en}:" in shown
            assert CHINESE.search(fact.label.zh), fact.key
            for row in data[fact.key] if isinstance(data[fact.key], list) else []:
                assert str(next(iter(row.values())) if isinstance(row, dict) else row) in shown


@EVERY
def test_the_kernels_lines_are_what_the_database_has(entity, admin) -> None:
    facts, table = told(entity, "kernel"), f"app.{entity.__tablename__}"
    assert facts["table"] == table
    columns = admin.execute(
        "SELECT attname AS name, attnotnull AS required, format_type(atttypid, atttypmod) AS kind FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    ).fetchall()
    said = {row["name"]: row["type"] for row in facts["columns"]}
    assert {column.name for column in columns} == set(said)
    for column in columns:
        kind = said[column.name].replace(' COLLATE "C"', "").replace(", ", ",")  # numeric(18, 6)
        assert kind.endswith(" NOT NULL") == column.required, column.name
        assert kind.removesuffix(" NOT NULL").lower() == column.kind, column.name
    indexes = admin.execute(
        "SELECT c.relname AS name, i.indisunique AS only_one, pg_get_expr(i.indpred, i.indrelid) AS condition, "
        "(SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place) "
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) AS columns "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass",
        [table],
    ).fetchall()
    assert {(i.name, i.only_one, tuple(i.columns), i.condition is not None) for i in indexes} == {
        (i["name"], i["unique"], tuple(i["columns"]), bool(i["where"])) for i in facts["indexes"]
    }
    checks = admin.execute(
        "SELECT conname AS name FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
    )
    assert sorted(check.name for check in checks) == facts["checks"]
    policies = admin.execute(
        "SELECT policyname AS name, permissive AS kind, qual FROM pg_policies "
        "WHERE schemaname = 'app' AND tablename = %s",
        [entity.__tablename__],
    ).fetchall()
    for policy in policies:
        line = next(line for line in facts["policies"] if line.startswith(policy.name))
        assert policy.kind in line
        assert ("scope_path" in policy.qual) == ("scope_path" in line)
        assert (policy.qual == "true") == line.endswith(": true")
    assert len(policies) == len(facts["policies"])


def test_every_command_that_answers_with_an_entity_stands_under_it() -> None:
    for entity in ENTITIES:
        for row in told(entity, "kernel")["commands"]:
            command = command_named(row["name"])
            assert row["permission"] == (command.permission or "")
            assert row["source"].startswith(command.handler.__module__.replace(".", "/"))
    assert "tenants.unassign_role" in _names("tenants.RoleAssignment")
    assert "tenants.delete_role" in _names("tenants.Role") - _names("tenants.RoleAssignment")
    assert {"party.import_customers", "party.archive_customers"} <= _names("party.Customer")
    assert not {"tenants.clear_trial_data", "bridges.clear_demo_data"} & _names("tenants.Setting")


def _names(entity: str) -> set[str]:
    return {row["name"] for row in page(entity, "en")["rooms"]["kernel"]["commands"]}


@EVERY
def test_the_apis_lines_are_what_the_sdl_has(entity, schema) -> None:
    facts, name = told(entity, "graphql_api"), described(entity).graphql
    node = schema.type_map[name]
    assert isinstance(node, GraphQLObjectType)
    assert {row["field"]: row["type"] for row in facts["fields"]} == {k: str(f.type) for k, f in node.fields.items()}
    asked = schema.type_map.get(f"{name}Filter")
    fields = asked.fields if isinstance(asked, GraphQLInputObjectType) else {}
    expected = {k: operators(get_named_type(f.type)) for k, f in fields.items() if k not in ("and", "or", "not")}
    assert {row["field"]: set(row["operators"]) for row in facts["filters"]} == expected
    keys = schema.type_map.get(f"{name}OrderField")
    assert set(facts["sortKeys"]) == (set(keys.values) if isinstance(keys, GraphQLEnumType) else set())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    answering = {
        k for k, f in schema.query_type.fields.items() if get_named_type(f.type).name in (name, f"{name}Connection")
    }
    assert answering == {_called(row) for row in facts["queries"]} - {"search"}
    assert described(entity).searchable == ("search" in {_called(row) for row in facts["queries"]})
    mutations = {_called(row): row["type"] for row in facts["mutations"]}
    for key, kind in mutations.items():
        assert str(schema.mutation_type.fields[key].type) == kind
    assert {k for k, f in schema.mutation_type.fields.items() if get_named_type(f.type).name == name} <= set(mutations)
    for place in facts["reachedFrom"]:
        owner, field = place.split(".")
        assert get_named_type(schema.type_map[owner].fields[field].type).name.startswith(name)


def operators(asked: Any) -> set[str]:
    """The values of `archived`, else the comparisons; a custom field's key is none."""
    found = asked.values if isinstance(asked, GraphQLEnumType) else asked.fields
    return set(found) - {"key"}


def _called(row: dict[str, Any]) -> str:
    return str(row["field"]).split("(")[0]


def test_a_page_costs_what_the_guide_says(schema) -> None:
    """A leaf 0.1, an object 1; the page size multiplies."""
    facts = page("party.Customer", "en")["rooms"]["graphql_api"]
    leaves = [f for f in schema.type_map["Customer"].fields.values() if is_leaf_type(get_named_type(f.type))]
    for row in facts["pageCost"]:
        first = int(re.findall(r"\d+", row["query"])[0])
        assert row["cost"] == round(1 + first * (1 + 0.1 * len(leaves)), 1)
        assert row["cost"] <= row["most"]
    assert len(facts["pageCost"]) == 2


@EVERY
async def test_the_exports_lines_are_the_files_header(entity, world: World, app: Application) -> None:
    facts, admin = told(entity, "exchange"), await world.yunfan.actor()
    if not facts["exportFormats"]:
        with pytest.raises(NotExportable):
            await export_entity(app.engine, admin, entity, "csv")
        assert facts["exportColumns"] == []
        return
    for fmt in facts["exportFormats"]:
        table = read_table(await export_entity(app.engine, admin, entity, fmt), f"a.{fmt}")
        assert table.headers == [row["label"] for row in facts["exportColumns"]]


async def test_the_companys_export_has_the_files_that_are_named(world: World, app: Application) -> None:
    target = io.BytesIO()
    await write_tenant_zip(app.engine, world.yunfan.tenant_id, target)
    with zipfile.ZipFile(target) as archive:
        members = set(archive.namelist())
        for entity in ENTITIES:
            facts = told(entity, "exchange")
            assert facts["companyZip"], described(entity).name
            assert set(facts["companyZip"]) <= members
            header = archive.read(facts["companyZip"][1]).decode("utf-8-sig").split("\n")[0]
            labels = {row["name"]: row["label"] for row in told(entity, "kernel")["columns"]}
            assert not {labels[name] for name in facts["withheld"]} & set(header.strip().split(","))


@EVERY
async def test_every_alias_finds_the_column_that_it_stands_at(entity, world: World) -> None:
    facts, admin = told(entity, "exchange"), await world.yunfan.actor()
    assert bool(facts["import"]) == bool(facts["importColumns"]) == bool(facts["importFormats"])
    columns = columns_of(entity, ())
    for row in facts["importColumns"]:
        for header in (row["wire"], row["label"], *row["aliases"]):
            found, unknown = assign(entity, [header], None, columns, admin)
            assert ([column.wire for column in found.values()], unknown) == ([row["wire"]], []), header
    if facts["import"]:
        assert [row["wire"] for row in facts["importColumns"] if row["required"]]
        assert command_named(facts["import"]).permission in told(entity, "kernel")["permissions"]


def test_the_formats_of_an_import_are_those_that_the_reader_tells_apart() -> None:
    book, stream = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("a")
    for row, text in enumerate(("姓名", "张三")):
        sheet.write(row, 0, text)
    book.save(stream)
    written = b"".join(write_csv(["姓名"], [["张三"]])), write_xlsx(["姓名"], [["张三"]], "a"), stream.getvalue()
    kinds = [read_table(data, "a").kind for data in written]
    assert page("party.Customer", "en")["rooms"]["exchange"]["importFormats"] == kinds


def _brought_along(command: CommandSchema) -> list[str]:
    rows = [f"{argument}→{child.collection}.{child.parent}" for argument, child in command.children.items()]
    if (takes := command.takes) is not None:
        return [*rows, f"{takes.collection}.{takes.number}−{takes.rows}.{takes.minus}"]
    adds = command.adds
    if adds is None:
        return rows
    of = f"{adds.of}." if adds.of else ""
    return [*rows, f"{adds.collection}.{adds.number}+{of}{adds.plus}" + (f"−{of}{adds.minus}" if adds.minus else "")]


@EVERY
async def test_the_syncs_lines_are_what_a_device_is_told(entity, world: World) -> None:
    facts = told(entity, "sync")
    wire = schema_for(await world.yunfan.actor(), None)
    found = wire.collections.get(facts["collection"])
    assert (found is None) == (not facts["collection"])
    assert bool(described(entity).collection) == bool(facts["collection"])
    assert {row["wire"] for row in facts["fields"]} == (set(found.fields) if found else set())
    queued = {name: told for name, told in wire.commands.items() if told.collection == facts["collection"] and found}
    assert {row["command"]: row["effect"] for row in facts["offlineCommands"]} == {
        n: " ".join([c.effect, *(f"{name}={value}" for name, value in c.sets.items()), *_brought_along(c)])
        for n, c in queued.items()
    }
    for row in facts["offlineCommands"]:
        move = transition_of(command_named(row["command"]))
        assert row["from"] == list((move[1].after if move else None) or ()), row["command"]
    if facts["permission"]:
        blind = (await world.yunfan.actor()).authority.grants
        held = {name: reach for name, reach in blind.items() if name != facts["permission"]}
        actor = replace(await world.yunfan.actor(), authority=Authority(held))
        assert facts["collection"] not in schema_for(actor, None).collections


@EVERY
async def test_the_default_roles_hold_what_is_said(entity, world: World) -> None:
    facts, prefix = told(entity, "tenants"), described(entity).permission
    people = {"salesperson": "li", "department_manager": "wang", "general_manager": "lin", "admin": "admin"}
    people |= {"auditor": "zhou", "warehouse_keeper": "wu"}
    assert {row["role"] for row in facts["roles"]} == set(people)
    for row in facts["roles"]:
        held = (await world.yunfan.actor(people[row["role"]])).authority
        for action in described(entity).actions:
            permission = f"{prefix}.{action}"
            if permission in OWN_ROWS and action not in row["actions"]:  # nobody's role gives it: it ends at themselves
                assert all("/~" in reach for reach in held.prefixes(permission)), (row["role"], action)
                continue
            assert held.holds(permission) == (action in row["actions"]), (row["role"], action)


def test_what_is_customisable_searchable_or_maskable_is_said_so() -> None:
    customer = page("party.Customer", "en")["rooms"]
    assert "reference" in customer["tenants"]["customFields"]
    assert customer["tenants"]["erasing"] == ["party.erase_customer"]
    assert "party.Customer.phone" in customer["tenants"]["masks"]
    assert {"name", "phone", "custom"} <= set(customer["tenants"]["erased"])
    assert "custom" in [row["wire"] for row in customer["sync"]["fields"] if row["merge"] == "per_key"]
    activity = page("crm.Activity", "en")["rooms"]
    assert activity["tenants"]["clearedWithTrial"]
    assert not activity["kernel"]["archived"]
    assert page("tenants.Device", "en")["rooms"]["graphql_api"]["subscriptions"] == []


def test_it_is_told_from_which_states_a_transition_starts() -> None:
    starts = {row["command"]: row["from"] for row in told(SalesOrder, "sync")["offlineCommands"]}
    assert starts["sales.confirm_order"] == ["draft"]
    assert starts["sales.cancel_order"] == ["draft", "confirmed"]
    assert starts["sales.create_order"] == []
    assert "from(draft, confirmed)" in "\n".join(lines("sales.SalesOrder", "en"))


def test_what_a_bridge_declares_is_told_by_the_command_line_too() -> None:
    """In a process of its own: here, others have loaded the bridges long ago."""
    asked = "from server.explaining import lines; print(*lines('sales.SalesOrder', 'en'), sep='\\n')"
    told_alone = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert "stockBalances.onHand−salesOrderLines.quantity" in told_alone
