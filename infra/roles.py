"""The database's roles: who owns, who serves tenants, who serves the platform, who provisions.

Nobody who serves a request owns a table, may bypass row-level security, or may become another role. The admin (the
embedded superuser, or the operator's role with CREATEROLE) makes the roles and, as `yunfan_owner`, migrates.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from infra.errors import ServiceError
from infra.secret_files import SecretFiles
from infra.settings import Settings

_log = logging.getLogger("infra.roles")

DATABASE = "yunfan"
OWNER, APP, PLATFORM, PROVISION = "yunfan_owner", "yunfan_app", "yunfan_platform", "yunfan_provision"
SCHEMAS = ("app", "platform")

Connection = psycopg.Connection[tuple[Any, ...]]

_OLDEST_VERSION = 15
_DEFAULT_DATABASES = ("", "postgres")

# role -> its defaults; a session may lower them (SET LOCAL statement_timeout) for what must be quick
_LIMITS = {
    APP: {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s", "lock_timeout": "10s"},
    PLATFORM: {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s", "lock_timeout": "10s"},
    PROVISION: {"statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s", "lock_timeout": "10s"},
}

# ways to store or read bytes beside every row-level policy
_LARGE_OBJECT_FUNCTIONS = (
    "lo_creat",
    "lo_create",
    "lo_from_bytea",
    "lo_get",
    "lo_put",
    "lo_open",
    "lo_unlink",
    "lo_import",
    "lo_export",
    "lo_truncate",
    "lo_truncate64",
    "lowrite",
    "loread",
)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One URL per role, all on the same database. Only `admin` may become `yunfan_owner`, and so migrate."""

    app: str
    platform: str
    provision: str
    admin: str

    def __repr__(self) -> str:
        return "DatabaseUrls(…)"  # every one of them holds a password


def connect_database(settings: Settings, embedded_admin_url: str | None) -> DatabaseUrls:
    """The URLs to work with, out of the settings or the embedded server's admin URL; makes what is missing.

    All four set: used as they are. DATABASE_URL alone: it must be a role that can create roles, and is the admin.
    Raises ServiceError when the server is out of reach or too old, or a serving role could bypass row-level security.
    """
    secrets = SecretFiles(settings.secrets_dir)
    if embedded_admin_url is not None:
        return ensure_roles(embedded_admin_url, DATABASE, secrets)
    given = settings.database_admin_url or settings.database_url
    if given is None:
        raise ServiceError(
            "To use your own PostgreSQL you must set DATABASE_URL.", "使用自有数据库请设置 DATABASE_URL。"
        )
    app, platform, provision = settings.database_url, settings.database_platform_url, settings.database_provision_url
    if settings.database_admin_url and app and platform and provision:
        urls = DatabaseUrls(app=app, platform=platform, provision=provision, admin=settings.database_admin_url)
    else:
        name = urlsplit(given).path.strip("/")
        derived = ensure_roles(given, DATABASE if name in _DEFAULT_DATABASES else name, secrets)
        if settings.database_admin_url is None:
            app = None  # then DATABASE_URL is the admin's
        urls = replace(
            derived,
            app=app or derived.app,
            platform=platform or derived.platform,
            provision=provision or derived.provision,
        )
        _lend_rights(derived, urls)
    for variable, url in (
        ("DATABASE_URL", urls.app),
        ("DATABASE_PLATFORM_URL", urls.platform),
        ("DATABASE_PROVISION_URL", urls.provision),
    ):
        refuse_powerful_role(variable, url)
    return urls


def ensure_roles(admin_url: str, database: str, secrets: SecretFiles) -> DatabaseUrls:
    """Create the database, the roles and the two schemas as far as they are missing, and set them right again.

    Idempotent. Passwords are made once and kept in `secrets`. Raises ServiceError.
    """
    database_url = _with(admin_url, database=database)
    with _open_or_create(admin_url, database_url, database) as connection:
        require_supported_version(connection.info.server_version)
        _require_role_maker(connection)
        try:
            with connection.transaction():
                # two starts at once take turns
                connection.execute("SELECT pg_advisory_xact_lock(hashtext('yunfan roles'))")
                _ensure_owner(connection)
                for role in (APP, PLATFORM, PROVISION):
                    _ensure_serving_role(connection, role, database)
                _close_public_doors(connection, database)
                _ensure_schemas(connection)
            for role in (APP, PLATFORM, PROVISION):
                _ensure_password(connection, database_url, role, secrets)
        except psycopg.errors.InsufficientPrivilege as error:
            reason = error.diag.message_primary or "permission denied"
            raise ServiceError(
                f"The admin role of the database may not prepare it ({reason}): "
                f"make it the owner of the database {database}, with CREATEROLE.",
                f"数据库管理角色权限不足（{reason}）：请使其成为数据库 {database} 的所有者并授予 CREATEROLE。",
            ) from error
    app, platform, provision = (
        _with(database_url, role=role, password=secrets.password(role)) for role in (APP, PLATFORM, PROVISION)
    )
    return DatabaseUrls(app=app, platform=platform, provision=provision, admin=database_url)


def require_supported_version(server_version: int) -> None:
    """Refuse a server older than 15. `server_version` is libpq's number, e.g. 140012 for 14.12."""
    major, minor = divmod(server_version, 10_000)
    if major < _OLDEST_VERSION:
        # before 10 the number was 90603 for 9.6.3
        told = f"{major}.{minor}" if major >= 10 else f"{major}.{minor // 100}.{minor % 100}"
        raise ServiceError(
            f"Yunfan needs PostgreSQL {_OLDEST_VERSION} or newer; this one is {told}. "
            "Upgrade it or unset DATABASE_URL to use the embedded one.",
            f"云帆需要 PostgreSQL {_OLDEST_VERSION} 或更新版本，当前为 {told}。"
            "请升级，或取消 DATABASE_URL 以使用内置数据库。",
        )


def refuse_powerful_role(variable: str, url: str) -> None:
    """Refuse a URL whose role row-level security would not bind: superuser, BYPASSRLS, or a member of the owner."""
    with _connect(url, variable) as connection:
        require_supported_version(connection.info.server_version)
        row = connection.execute(
            """SELECT rolname, rolsuper OR rolbypassrls OR EXISTS (
                   SELECT FROM pg_roles AS powerful
                    WHERE (powerful.rolsuper OR powerful.rolbypassrls OR powerful.rolname = %s)
                      AND pg_has_role(mine.oid, powerful.oid, 'MEMBER'))
                 FROM pg_roles AS mine WHERE rolname = session_user""",
            (OWNER,),
        ).fetchone()
    if row is not None and row[1]:
        raise ServiceError(
            f"{variable} names the role {row[0]}, which row-level security does not bind: "
            "use a role without SUPERUSER and BYPASSRLS that is no member of such a role or of yunfan_owner.",
            f"{variable} 的角色 {row[0]} 不受行级安全策略约束：请换用没有 SUPERUSER、BYPASSRLS,"
            "也不属于此类角色或 yunfan_owner 的角色。",
        )


def _lend_rights(ours: DatabaseUrls, used: DatabaseUrls) -> None:
    """Migrations grant to our role names; an operator's own role works by inheriting from the one it stands for."""
    with _connect(ours.admin) as connection:
        how = " WITH INHERIT TRUE" if connection.info.server_version >= 160_000 else ""
        for role, url in ((APP, used.app), (PLATFORM, used.platform), (PROVISION, used.provision)):
            own_name = unquote(urlsplit(url).username or "")
            if own_name not in ("", role):
                lend = sql.SQL("GRANT {} TO {}" + how)
                connection.execute(lend.format(sql.Identifier(role), sql.Identifier(own_name)))


def _connect(url: str, variable: str = "DATABASE_URL") -> Connection:
    try:
        return psycopg.connect(url, connect_timeout=5, autocommit=True, application_name="yunfan start")
    except psycopg.OperationalError as error:
        where = urlsplit(url)
        reason = _reason(error)
        raise ServiceError(
            f"PostgreSQL at {where.hostname or 'localhost'}:{_port(url)} cannot be used ({reason}): "
            f"start it, correct {variable}, or unset it to use the embedded one.",
            f"无法使用 {where.hostname or 'localhost'}:{_port(url)} 上的 PostgreSQL({reason}):"
            f"请启动它、更正 {variable}，或取消该设置以使用内置数据库。",
        ) from error


def _port(url: str) -> int:
    return urlsplit(url).port or 5432


def _reason(error: psycopg.OperationalError) -> str:
    """libpq's own last clause ("Connection refused", "password authentication failed for user …"), in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    fatal = next((line.partition("FATAL:")[2] for line in lines if "FATAL:" in line), None)
    return (fatal or (lines[0].rpartition(" failed: ")[2] if lines else "no answer")).strip()


def _open_or_create(admin_url: str, database_url: str, name: str) -> Connection:
    try:
        return psycopg.connect(database_url, connect_timeout=5, autocommit=True, application_name="yunfan start")
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error) or name not in str(error):
            return _connect(database_url)
    try:
        with _connect(_with(admin_url, database="postgres")) as connection:
            require_supported_version(connection.info.server_version)
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
            connection.execute(create.format(sql.Identifier(name)))
    except psycopg.errors.DuplicateDatabase:
        _log.info("infra.database_created_meanwhile")  # by another start, a moment ago
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServiceError(
            f"The database {name} does not exist and the role of DATABASE_URL may not create it: create it first.",
            f"数据库 {name} 不存在，而 DATABASE_URL 的角色无权创建，请先创建该数据库。",
        ) from error
    return _connect(database_url)


def _require_role_maker(connection: Connection) -> None:
    row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    if row is None or not row[0]:
        raise ServiceError(
            "The role of DATABASE_URL may not create roles: give it CREATEROLE, or set DATABASE_ADMIN_URL to one that "
            "may, or set DATABASE_URL, DATABASE_PLATFORM_URL, DATABASE_PROVISION_URL and DATABASE_ADMIN_URL.",
            "DATABASE_URL 的角色无权创建角色：请授予 CREATEROLE，或将 DATABASE_ADMIN_URL 设为有此权限的角色，"
            "或同时设置 DATABASE_URL、DATABASE_PLATFORM_URL、DATABASE_PROVISION_URL 和 DATABASE_ADMIN_URL。",
        )


def _ensure_role(connection: Connection, role: str, attributes: str) -> None:
    """Create the role, or take away what it should not have. What only a superuser may name is named only if wrong."""
    found = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = %s", (role,)
    ).fetchone()
    name = sql.Identifier(role)
    if found is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    elif any(found):
        connection.execute(sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS NOREPLICATION").format(name))
    connection.execute(sql.SQL("ALTER ROLE {} " + attributes).format(name))


def _ensure_owner(connection: Connection) -> None:
    _ensure_role(connection, OWNER, "NOLOGIN NOCREATEDB NOCREATEROLE NOINHERIT")
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if row is not None and not row[0]:
        # since 16, whoever creates a role may administer it, but may become it only when told so
        how = " WITH SET TRUE, INHERIT TRUE" if connection.info.server_version >= 160_000 else ""
        grant = sql.SQL("GRANT {} TO CURRENT_USER" + how)
        connection.execute(grant.format(sql.Identifier(OWNER)))


def _ensure_serving_role(connection: Connection, role: str, database: str) -> None:
    _ensure_role(connection, role, "LOGIN NOCREATEDB NOCREATEROLE NOINHERIT")
    for granted in connection.execute(
        """SELECT parent.rolname FROM pg_auth_members
             JOIN pg_roles AS parent ON parent.oid = roleid
             JOIN pg_roles AS mine ON mine.oid = member WHERE mine.rolname = %s""",
        (role,),
    ).fetchall():
        revoke = sql.SQL("REVOKE {} FROM {}")
        connection.execute(revoke.format(sql.Identifier(str(granted[0])), sql.Identifier(role)))
    for setting, value in _LIMITS[role].items():
        limit = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(limit.format(sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)))
    grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
    connection.execute(grant.format(sql.Identifier(database), sql.Identifier(role)))


def _close_public_doors(connection: Connection, database: str) -> None:
    """Nobody by merely connecting may make tables, temporary tables or large objects."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(name, sql.Identifier(OWNER)))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    functions = connection.execute(
        """SELECT oid::regprocedure::text FROM pg_proc
            WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%s)
              AND has_function_privilege('public', oid, 'EXECUTE') ORDER BY 1""",
        (list(_LARGE_OBJECT_FUNCTIONS),),
    ).fetchall()
    for (function,) in functions:
        connection.execute(sql.SQL(f"REVOKE EXECUTE ON FUNCTION pg_catalog.{function} FROM PUBLIC"))
    still_open = connection.execute(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%s)"
        " AND has_function_privilege(%s, oid, 'EXECUTE')",
        (list(_LARGE_OBJECT_FUNCTIONS), APP),
    ).fetchone()
    if still_open is not None and still_open[0]:
        # a hosted admin that is no superuser may not revoke them; the guide names the statement for the operator
        _log.warning("infra.large_objects_open functions=%s", still_open[0])


def _ensure_schemas(connection: Connection) -> None:
    for schema in SCHEMAS:
        create = sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}")
        connection.execute(create.format(sql.Identifier(schema), sql.Identifier(OWNER)))


def _ensure_password(connection: Connection, database_url: str, role: str, secrets: SecretFiles) -> None:
    """Give the role the password kept here, unless it has it already; the server sees a SCRAM verifier only."""
    password = secrets.password(role)
    try:
        psycopg.connect(_with(database_url, role=role, password=password), connect_timeout=5).close()
    except psycopg.OperationalError:
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(alter.format(sql.Identifier(role), sql.Literal(verifier)))


def _with(url: str, *, database: str | None = None, role: str | None = None, password: str | None = None) -> str:
    """The URL with another database, or another role and its password; host, port and options stay."""
    parts = urlsplit(url)
    netloc = parts.netloc
    if role is not None:
        netloc = f"{quote(role)}:{quote(password or '', safe='')}@{netloc.rpartition('@')[2]}"
    path = parts.path if database is None else f"/{quote(database)}"
    return urlunsplit(("postgresql", netloc, path or "/", parts.query, ""))
