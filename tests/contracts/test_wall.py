"""The tenant wall, asked of the database itself: pg_class, pg_policies, pg_constraint, pg_roles — not of the ORM."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from kernel.entity import Base, Wall
from server.catalogue import load_rooms

load_rooms()

WALLED = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.__wall__ in (Wall.TENANT, Wall.SCOPED)}
SCOPED = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.__wall__ is Wall.SCOPED}
REFERENCE = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.__wall__ is Wall.REFERENCE}
SERVING = ("yunfan_app", "yunfan_platform", "yunfan_provision")
PREDICATE = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"


@pytest.fixture(scope="module")
def admin(services) -> Iterator[psycopg.Connection]:
    with psycopg.connect(services.urls.admin, row_factory=namedtuple_row) as connection:
        yield connection


def _partitions(admin: psycopg.Connection) -> set[str]:
    rows = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'app' AND c.relispartition AND c.relkind = 'r'"
    )
    return {row.relname for row in rows}


def test_every_table_is_known_and_tagged(admin) -> None:
    rows = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'app' AND c.relkind IN ('r', 'p')"
    )
    assert {row.relname for row in rows} - _partitions(admin) == WALLED | REFERENCE


def test_no_views_functions_or_triggers_stand_beside_the_wall(admin) -> None:
    views = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname IN ('app', 'platform') AND c.relkind IN ('v', 'm', 'f', 'S')"
    ).fetchall()
    functions = admin.execute(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname IN ('app', 'platform', 'public')"
    ).fetchall()
    triggers = admin.execute(
        "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'app' AND NOT t.tgisinternal"
    ).fetchall()
    assert (views, functions, triggers) == ([], [], [])


def test_row_level_security_is_enabled_and_forced(admin) -> None:
    rows = admin.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'app' AND c.relkind IN ('r', 'p')"
    ).fetchall()
    for row in rows:
        if row.relname in REFERENCE:
            continue
        assert row.relrowsecurity, row.relname
        assert row.relforcerowsecurity, row.relname
        assert row.owner == "yunfan_owner", row.relname


def test_exactly_one_wall_and_one_scope_on_each_table(admin) -> None:
    rows = admin.execute("SELECT * FROM pg_policies WHERE schemaname = 'app'").fetchall()
    by_table: dict[str, list] = {}
    for row in rows:
        by_table.setdefault(row.tablename, []).append(row)
    assert set(by_table) == WALLED | _partitions(admin)
    for table, policies in by_table.items():
        assert sorted(p.permissive for p in policies) == ["PERMISSIVE", "RESTRICTIVE"], table
        for policy in policies:
            assert (policy.cmd, list(policy.roles)) == ("ALL", ["public"]), table
            if policy.permissive == "RESTRICTIVE":
                assert (policy.qual, policy.with_check) == (PREDICATE, PREDICATE), table
            else:
                assert policy.qual == policy.with_check, table
                scoped = table in SCOPED or table.startswith("audit_entry_")
                assert ("scope_path" in policy.qual) is scoped, table
                assert policy.qual == "true" or scoped, table
            assert "select" not in policy.qual.lower(), f"{table}: a policy may hold no subquery"
            assert "now()" not in policy.qual.lower(), table


def test_serving_roles_have_no_power(admin) -> None:
    rows = admin.execute("SELECT * FROM pg_roles WHERE rolname = ANY(%s)", [list(SERVING)]).fetchall()
    assert len(rows) == 3
    for role in rows:
        assert not role.rolsuper
        assert not role.rolbypassrls
        assert not role.rolcreatedb
        assert not role.rolcreaterole
        assert not role.rolreplication
    owner = admin.execute("SELECT * FROM pg_roles WHERE rolname = 'yunfan_owner'").fetchone()
    assert not owner.rolcanlogin
    assert not owner.rolsuper
    assert not owner.rolbypassrls
    memberships = admin.execute(
        "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = ANY(%s)",
        [list(SERVING)],
    ).fetchall()
    assert memberships == []


def test_grants_are_plain_verbs_and_never_cross(admin) -> None:
    rows = admin.execute(
        "SELECT grantee, table_schema, table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = ANY(%s)",
        [list(SERVING)],
    ).fetchall()
    verbs = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    for row in rows:
        assert row.privilege_type in verbs, row
        if row.grantee == "yunfan_app" and row.table_schema == "platform":
            assert (row.table_name, row.privilege_type) == ("schema_version", "SELECT")
        if row.grantee == "yunfan_platform" and row.table_schema == "app":
            assert (row.table_name, row.privilege_type) == ("service_state", "SELECT")
        if row.table_schema == "app" and row.table_name in REFERENCE:
            assert row.privilege_type == "SELECT", row
        if row.table_name == "audit_entry":
            assert row.privilege_type in {"SELECT", "INSERT"}, row
    direct = {row.table_name for row in rows if row.table_name in _partitions(admin)}
    assert direct == set(), "a partition granted directly shows every tenant"


def test_without_a_tenant_the_app_role_sees_no_row(services, world) -> None:
    with psycopg.connect(services.urls.app) as connection:
        for table in sorted(WALLED):
            assert connection.execute(f"SELECT count(*) FROM app.{table}").fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute('SELECT count(*) FROM platform."user"')


def test_the_context_dies_with_the_transaction(services, world) -> None:
    with psycopg.connect(services.urls.app) as connection:
        connection.execute(f"SET LOCAL app.tenant_id = '{world.yunfan.tenant_id}'")
        assert connection.execute("SELECT count(*) FROM app.member").fetchone() != (0,)
        connection.commit()
        assert connection.execute("SELECT count(*) FROM app.member").fetchone() == (0,)


def test_no_verb_crosses_the_wall(services, world) -> None:
    """INSERT, UPDATE, DELETE and MERGE with another tenant's id: refused or without effect."""
    mine, theirs = world.seagull.tenant_id, world.yunfan.tenant_id
    with psycopg.connect(services.urls.app) as connection:
        for statement in (
            f"UPDATE app.member SET name = 'x' WHERE tenant_id = '{theirs}'",
            f"DELETE FROM app.role_assignment WHERE tenant_id = '{theirs}'",
            "MERGE INTO app.role r USING (SELECT 1) s ON r.tenant_id = "
            f"'{theirs}' WHEN MATCHED THEN UPDATE SET name = 'x'",
        ):
            connection.execute(f"SET LOCAL app.tenant_id = '{mine}'")
            assert connection.execute(statement).rowcount == 0, statement
            connection.rollback()
        connection.execute(f"SET LOCAL app.tenant_id = '{mine}'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO app.tag (tenant_id, id, name, version, created_at, updated_at) "
                f"VALUES ('{theirs}', gen_random_uuid(), 'x', 1, now(), now())"
            )
        connection.rollback()
        connection.execute(f"SET LOCAL app.tenant_id = '{mine}'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"UPDATE app.tag SET tenant_id = '{theirs}'") if connection.execute(
                "INSERT INTO app.tag (tenant_id, id, name, version, created_at, updated_at) "
                f"VALUES ('{mine}', gen_random_uuid(), 'x', 1, now(), now())"
            ) else None


def test_the_app_role_cannot_reach_around(services) -> None:
    with psycopg.connect(services.urls.app, autocommit=True) as connection:
        for statement in (
            "TRUNCATE app.customer",
            "CREATE TABLE app.x (a int)",
            "CREATE TABLE public.x (a int)",
            "CREATE TEMP TABLE x (a int)",
            "SET ROLE yunfan_owner",
            "SET ROLE yunfan_platform",
            "ALTER TABLE app.customer DISABLE ROW LEVEL SECURITY",
            "SELECT lo_create(0)",
            "COPY app.customer TO PROGRAM 'cat'",
            "SELECT * FROM app.audit_entry_default",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


async def test_a_poisoned_connection_is_clean_at_the_next_borrower(app, world) -> None:
    """A session-level SET that slipped through must not show the next borrower another tenant's rows."""
    engine = app.engine.database.app
    from sqlalchemy import text

    async with engine.connect() as connection:
        await connection.execute(text(f"SET app.tenant_id = '{world.yunfan.tenant_id}'"))
        await connection.commit()
    for _ in range(5):
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM app.member"))).scalar_one() == 0
