"""The database's roles, asked of the database itself."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from infra.errors import ServiceError
from infra.roles import APP, OWNER, PLATFORM, PROVISION, DatabaseUrls, connect_database, require_supported_version
from infra.secret_files import SecretFiles
from infra.settings import Settings
from tests.infra_services import Services, start_services

SERVING = (APP, PLATFORM, PROVISION)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    started = start_services(Path(tempfile.mkdtemp(prefix="yunfan-")))
    yield started
    started.stop()


def url_of(urls: DatabaseUrls, role: str) -> str:
    return {APP: urls.app, PLATFORM: urls.platform, PROVISION: urls.provision}[role]


@pytest.mark.parametrize(("number", "told"), [(140_012, "14.12"), (130_000, "13.0"), (90_603, "9.6.3")])
def test_a_server_that_is_too_old_is_refused(number: int, told: str):
    with pytest.raises(ServiceError) as refused:
        require_supported_version(number)
    assert refused.value.en == (
        f"Yunfan needs PostgreSQL 15 or newer; this one is {told}. "
        "Upgrade it or unset DATABASE_URL to use the embedded one."
    )


@pytest.mark.parametrize("number", [150_000, 180_004])
def test_a_server_that_is_new_enough_is_taken(number: int):
    require_supported_version(number)


@pytest.mark.parametrize("role", SERVING)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (n int)",
        "CREATE TABLE app.mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE TEMP TABLE mine (n int)",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_import('/etc/passwd')",
        f"SET ROLE {OWNER}",
        "SET ROLE postgres",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_a_serving_role_may_not(services: Services, role: str, statement: str):
    with (
        psycopg.connect(url_of(services.urls, role), autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
def test_an_app_role_that_row_level_security_does_not_bind_is_refused(services: Services, attribute: str):
    with psycopg.connect(services.urls.admin, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE mighty LOGIN {attribute} PASSWORD 'topsecret'")
        connection.execute("GRANT CONNECT ON DATABASE yunfan TO mighty")
        try:
            _, _, address = services.urls.admin.partition("@")
            mine = replace(services.settings, database_url=f"postgresql://mighty:topsecret@{address}")
            with pytest.raises(ServiceError, match="DATABASE_URL names the role mighty"):
                connect_database(mine, None)
        finally:
            connection.execute("REVOKE ALL ON DATABASE yunfan FROM mighty")
            connection.execute("DROP ROLE mighty")


def test_an_unreachable_database_is_told_in_one_sentence(services: Services):
    lost = replace(services.settings, database_url="postgresql://u:topsecret@127.0.0.1:1/d", database_admin_url=None)
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1 .*Connection refused") as refused:
        connect_database(lost, None)
    assert "topsecret" not in refused.value.en
    assert "\n" not in refused.value.en


def test_a_role_that_may_not_create_roles_is_no_admin(services: Services):
    alone = replace(services.settings, database_url=services.urls.app, database_admin_url=None)
    with pytest.raises(ServiceError, match="may not create roles"):
        connect_database(alone, None)


def test_the_roles_are_as_demanded(services: Services):
    with psycopg.connect(services.urls.admin) as connection:
        rows = connection.execute(
            """SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication,
                      rolinherit
                 FROM pg_roles WHERE rolname LIKE 'yunfan%' ORDER BY rolname"""
        ).fetchall()
        owners = connection.execute(
            "SELECT nspname, nspowner::regrole::text FROM pg_namespace WHERE nspname IN ('app', 'platform') ORDER BY 1"
        ).fetchall()
        memberships = connection.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text LIKE 'yunfan%'"
        ).fetchone()
    assert rows == [
        (APP, True, False, False, False, False, False, False),
        (OWNER, False, False, False, False, False, False, False),
        (PLATFORM, True, False, False, False, False, False, False),
        (PROVISION, True, False, False, False, False, False, False),
    ]
    assert owners == [("app", OWNER), ("platform", OWNER)]
    assert memberships == (0,)


@pytest.mark.parametrize("role", SERVING)
def test_serving_roles_do_not_wait_for_ever(services: Services, role: str):
    with psycopg.connect(url_of(services.urls, role)) as connection:
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
            row = connection.execute(f"SHOW {setting}").fetchone()
            assert row is not None
            assert row[0] != "0"


def test_the_admin_migrates_as_the_owner(services: Services):
    with psycopg.connect(services.urls.admin) as connection:
        connection.execute(f"SET ROLE {OWNER}")
        connection.execute("CREATE TABLE app.owned (n int)")
        row = connection.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'owned'").fetchone()
        connection.rollback()
    assert row == (OWNER,)


def test_a_hosted_admin_without_superuser_prepares_its_own_database(services: Services, tmp_path: Path):
    """As on a hosted PostgreSQL: DATABASE_URL alone, CREATEROLE and CREATEDB, no database yet."""
    with psycopg.connect(services.urls.admin, autocommit=True) as connection:
        for role in (*SERVING, OWNER):
            connection.execute(f"ALTER ROLE {role} RENAME TO {role}_aside")
        connection.execute("CREATE ROLE hosted LOGIN CREATEROLE CREATEDB PASSWORD 'topsecret'")
    _, _, address = services.urls.admin.partition("@")
    url = f"postgresql://hosted:topsecret@{address.rpartition('/')[0]}/hosted_crm"
    try:
        mine = Settings.from_env({"YUNFAN_DATA": str(tmp_path), "DATABASE_URL": url})
        urls = connect_database(mine, None)
        assert connect_database(mine, None) == urls
        with psycopg.connect(urls.app) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (APP, "hosted_crm")
        with psycopg.connect(urls.admin) as connection:
            connection.execute(f"SET ROLE {OWNER}")
            connection.execute("CREATE TABLE platform.owned (n int)")
        # another machine, without our passwords: the roles get new ones and work
        other = Settings.from_env({"YUNFAN_DATA": str(tmp_path / "other"), "DATABASE_URL": url})
        psycopg.connect(connect_database(other, None).app).close()
    finally:
        with psycopg.connect(services.urls.admin, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS hosted_crm")
            for role in (*SERVING, OWNER, "hosted"):
                connection.execute(f"DROP ROLE IF EXISTS {role}")
            for role in (*SERVING, OWNER):
                connection.execute(f"ALTER ROLE {role}_aside RENAME TO {role}")
            for role in SERVING:
                password = SecretFiles(services.settings.secrets_dir).password(role)
                connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
