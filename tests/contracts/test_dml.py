"""Rows change through the context, and one edge commits: the sources are read for every other way to write."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kernel.entity import Base, entities, table
from server.catalogue import load_rooms
from tenants.platform_tables import PlatformBase
from tests.contracts.dml_allowed import COMMITS, ENTITY_ROWS, KERNEL, PLATFORM, TARGETS, allowed
from tests.contracts.dml_places import Place, places

load_rooms()
ROOT = Path(__file__).parents[2]
ROOMS = (
    "server",
    "graphql/graphql_api",
    "sync",
    "exchange",
    "modules",
    "billing",
    "tenants",
    "kernel",
    "values",
    "infra",
)
# The device's own SQLite, which reaches no PostgreSQL; DDL; and scripts that measure a database of their own.
APART = ("sync/client/", "sync/load_files.py", "sync/load_lists.py", "infra/migrations/", "infra/bench/")
TABLES = {mapper.class_.__tablename__ for mapper in Base.registry.mappers}
ENTITY_TABLES = {table(entity).name for entity in entities()}
CLASSES = {mapper.class_.__name__: mapper.class_.__tablename__ for mapper in Base.registry.mappers}
PLATFORM_CLASSES = {mapper.class_.__name__ for mapper in PlatformBase.registry.mappers}


def sources() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if not relative.startswith(APART):
                yield relative, path.read_text(encoding="utf-8")


@cache
def found() -> tuple[Place, ...]:
    return tuple(place for file, source in sources() for place in places(file, source))


def test_rows_change_beside_the_context_only_where_a_reason_is_written() -> None:
    known = set(allowed())
    strangers = [place for place in found() if (place.file, place.function) not in known]
    told = "".join(f"\n{place.file} {place.function}: {place.verb} {place.target}" for place in strangers)
    assert not strangers, f"write through the context, or name the reason in tests/contracts/dml_allowed.py:{told}"


def test_the_list_holds_nothing_that_is_needed_no_more() -> None:
    listed = Counter(allowed())
    assert [place for place, times in listed.items() if times > 1] == []
    assert set(listed) - {(place.file, place.function) for place in found()} == set()


def test_what_stands_under_platform_writes_the_platforms_tables_only() -> None:
    listed = {place for group in PLATFORM.values() for place in group}
    for place in found():
        if (place.file, place.function) in listed:
            assert place.target in PLATFORM_CLASSES or place.target.startswith("platform."), place


def test_no_row_of_an_entity_changes_unseen_but_for_what_is_named() -> None:
    """Every target is a table that is known here; only the kernel's own statements write to whatever they are given."""
    kernel = {place for group in KERNEL.values() for place in group}
    unseen: dict[tuple[str, str], set[str]] = {}
    open_targets = set()
    for place in found():
        key = (place.file, place.function)
        if key in kernel or place.target in PLATFORM_CLASSES:
            continue
        name = CLASSES.get(place.target, place.target.removeprefix("app."))
        names = (name,) if name in TABLES and place.target != name else TARGETS.get((*key, place.target), ())
        if (*key, place.target) in TARGETS:
            open_targets.add((*key, place.target))
        assert names, f"{place}: name what it writes in TARGETS"
        assert set(names) <= TABLES, place
        unseen.setdefault(key, set()).update(ENTITY_TABLES & set(names))
    assert {key: names for key, names in unseen.items() if names} == ENTITY_ROWS
    assert open_targets == set(TARGETS)


def test_one_edge_commits() -> None:
    listed = {place for group in COMMITS.values() for place in group}
    assert {place for file, source in sources() for place in commits(file, source)} == listed


def commits(file: str, source: str) -> Iterator[tuple[str, str]]:
    """(file, function) of every `.commit()` and COMMIT in a string."""

    def walk(node: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for child in ast.iter_child_nodes(node):
            inner = path
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = (*path, child.name)
            elif _commits(child):
                yield file, ".".join(path)
            yield from walk(child, inner)

    yield from walk(ast.parse(source), ())


def _commits(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value.strip(" ;\n").upper() == "COMMIT"
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "commit"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from sqlalchemy import update\ndef f():\n    update(table(Customer))", ("f", "update", "Customer")),
        ("from sqlalchemy import insert as put\nput(Tag)", ("<module>", "insert", "Tag")),
        ("from sqlalchemy.dialects.postgresql import insert as upsert\nx = upsert(Tag)", ("x", "insert", "Tag")),
        ("import sqlalchemy as sa\ndef f():\n    sa.delete(Tag)", ("f", "delete", "Tag")),
        ("from sqlalchemy.dialects import postgresql as pg\npg.insert(Tag)", ("<module>", "insert", "Tag")),
        ("def f():\n    Tag.__table__.insert()", ("f", "insert", "Tag.__table__")),
        ("def f():\n    query.where(x).delete()", ("f", "delete", "query.where(x)")),
        ("text('insert  into app.tag (id) values (1)')", ("<module>", "insert", "app.tag")),
        ('def f(name):\n    text(f"UPDATE app.{name} AS t SET a = 1")', ("f", "update", "app.{}")),
        ('Q = "DELETE " + "FROM app.tag WHERE " + rest', ("Q", "delete", "app.tag")),
        ('Q = "DELETE FROM app.%s" % name', ("Q", "delete", "app.%s")),
        ('Q = "WITH x AS (SELECT 1) MERGE INTO app.tag USING x"', ("Q", "merge", "app.tag")),
        ('def f():\n    cursor.execute(b"TRUNCATE TABLE app.tag")', ("f", "truncate", "app.tag")),
        ('def f():\n    sql.SQL("COPY app.tag (id, name) FROM STDIN")', ("f", "copy", "app.tag")),
        ("class C:\n    async def m(self):\n        await session.write_now(t, [])", ("C.m", "write_now", "t")),
        ("def f():\n    ctx.session.orm.add(row)", ("f", "orm.add", "row")),
    ],
)
def test_no_spelling_escapes(source: str, expected: tuple[str, str, str]) -> None:
    assert [(place.function, place.verb, place.target) for place in places("a.py", source)] == [expected]


@pytest.mark.parametrize(
    "source",
    [
        '"""An UPDATE app.tag SET in a docstring is prose."""',
        "known.update(a=1)\nitems.insert(0, x)\nctx.delete(row)\nredis.delete(key)\nseen.add(x)",
        'text("SELECT 1 FROM app.tag FOR UPDATE")',
        'grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON app.tag TO yunfan_app"',
        'words = "Update the app, or delete what was inserted."',
        "from mine import update\nupdate(x)",
    ],
)
def test_what_writes_nothing_is_left_alone(source: str) -> None:
    assert list(places("a.py", source)) == []
