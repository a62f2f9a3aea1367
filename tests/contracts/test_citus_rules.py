"""The 18 rules that keep the schema fit for distribution by tenant, asked of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from tests.contracts.test_wall import WALLED


@pytest.fixture(scope="module")
def admin(services) -> Iterator[psycopg.Connection]:
    with psycopg.connect(services.urls.admin, row_factory=namedtuple_row) as connection:
        yield connection


def test_tenant_id_is_a_uuid_not_null_and_first_in_every_key(admin) -> None:
    """Rules 1, 2, 17."""
    columns = admin.execute(
        "SELECT table_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'app' AND column_name = 'tenant_id'"
    ).fetchall()
    assert {c.table_name for c in columns} >= WALLED
    assert {(c.data_type, c.is_nullable) for c in columns} == {("uuid", "NO")}
    keys = admin.execute(
        "SELECT c.relname, i.indisprimary, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "WHERE n.nspname = 'app' AND (i.indisunique OR i.indisprimary)"
    ).fetchall()
    walled = [k for k in keys if k.relname in WALLED]
    assert {k.relname for k in walled if k.indisprimary} == WALLED
    assert {k.attname for k in walled} == {"tenant_id"}


def test_every_index_begins_with_the_tenant(admin) -> None:
    """What the wall and a shard both need; else a tenant's query walks another tenant's entries."""
    rows = admin.execute(
        "SELECT c.relname, ic.relname AS index, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE n.nspname = 'app'"
    ).fetchall()
    assert [r.index for r in rows if r.relname in WALLED and r.attname != "tenant_id"] == []


def test_foreign_keys_stay_inside_the_tenant_and_do_nothing_by_themselves(admin) -> None:
    """Rules 3, 4: composite, same ordinal, no cascade, no SET NULL, none between schemas."""
    rows = admin.execute(
        "SELECT con.conname, c.relname AS source, t.relname AS target, con.confdeltype, con.confupdtype, "
        "n.nspname AS source_schema, tn.nspname AS target_schema, con.conkey, con.confkey, con.condeferrable, "
        "(SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = con.conkey[1]) AS first_own, "
        "(SELECT attname FROM pg_attribute WHERE attrelid = t.oid AND attnum = con.confkey[1]) AS first_other "
        "FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_class t ON t.oid = con.confrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace tn ON tn.oid = t.relnamespace "
        "WHERE con.contype = 'f'"
    ).fetchall()
    assert rows
    for row in rows:
        assert row.source_schema == row.target_schema, row.conname
        assert (row.confdeltype, row.confupdtype) == ("a", "a"), row.conname
        assert not row.condeferrable, row.conname
        if row.source_schema == "app":
            assert (row.first_own, row.first_other) == ("tenant_id", "tenant_id"), row.conname


def test_nothing_that_distribution_refuses(admin) -> None:
    """Rules 9, 10, 14, 15: no triggers, sequences, exclusion constraints, GiST, inheritance, deep partitioning."""
    assert (
        admin.execute(
            "SELECT con.conname FROM pg_constraint con JOIN pg_namespace n ON n.oid = con.connamespace "
            "WHERE n.nspname = 'app' AND (con.contype IN ('x', 't') OR con.condeferrable)"
        ).fetchall()
        == []
    )
    assert (
        admin.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'app' "
            "AND (is_identity = 'YES' OR column_default LIKE 'nextval%')"
        ).fetchall()
        == []
    )
    assert (
        admin.execute(
            "SELECT am.amname FROM pg_class c JOIN pg_am am ON am.oid = c.relam JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE n.nspname = 'app' AND c.relkind IN ('i', 'I') AND am.amname <> 'btree'"
        ).fetchall()
        == []
    )
    deep = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'app' AND c.relkind = 'p' AND c.relispartition"
    ).fetchall()
    assert deep == []
    rules = admin.execute("SELECT rulename FROM pg_rules WHERE schemaname = 'app'").fetchall()
    assert rules == []


def test_text_is_byte_ordered_and_filterable_types_are_leakproof(admin) -> None:
    """Only leakproof operators may use an index under RLS: no enum, no locale order."""
    rows = admin.execute(
        "SELECT table_name, column_name, data_type, udt_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = 'app'"
    ).fetchall()
    assert [r for r in rows if r.data_type == "text" and r.collation_name != "C"] == []
    assert [
        r for r in rows if r.data_type in ("USER-DEFINED", "character varying", "timestamp without time zone")
    ] == []
    indexed = admin.execute(
        "SELECT c.relname, a.attname, t.typname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) "
        "JOIN pg_type t ON t.oid = a.atttypid WHERE n.nspname = 'app'"
    ).fetchall()
    leakproof = {"uuid", "text", "int8", "date", "timestamptz", "bool"}
    assert {r.typname for r in indexed} <= leakproof
