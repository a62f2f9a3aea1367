"""The bare limit's table: the same customers, in one table with a sequence number, under row-level security."""

from __future__ import annotations

from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.services import Services

_TABLE = """
CREATE SCHEMA bench;
CREATE SEQUENCE bench.customer_seq;
CREATE TABLE bench.customer AS SELECT tenant_id, {columns}, nextval('bench.customer_seq') AS seq
    FROM app.customer ORDER BY tenant_id, id;
ALTER TABLE bench.customer ADD PRIMARY KEY (id);
CREATE INDEX ON bench.customer (tenant_id, seq);
ALTER TABLE bench.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE bench.customer FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON bench.customer
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE FUNCTION bench.number() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN new.seq := nextval(''bench.customer_seq''); RETURN new; END';
CREATE TRIGGER number BEFORE UPDATE ON bench.customer FOR EACH ROW EXECUTE FUNCTION bench.number();
CREATE FUNCTION bench.tell() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_notify(''bench_changes'', tenant_id::text) FROM (SELECT DISTINCT tenant_id FROM n) x;
     RETURN NULL; END';
CREATE TRIGGER tell AFTER UPDATE ON bench.customer REFERENCING NEW TABLE AS n
    FOR EACH STATEMENT EXECUTE FUNCTION bench.tell();
GRANT USAGE ON SCHEMA bench TO {role};
GRANT SELECT ON bench.customer TO {role};
"""
_LISTS = ("tag_ids", "custom")  # a table of plain values holds them as text
CHANGE = "UPDATE bench.customer SET notes = %s, version = version + 1, updated_at = now() WHERE id = ANY(%s)"


def copy_customers(services: Services, columns: list[str]) -> None:
    """Makes `bench.customer` with these columns of every customer that there is, and `seq`. Lists are text there."""
    role = conninfo_to_dict(services.urls.app)["user"]
    with psycopg.connect(services.urls.admin, autocommit=True) as admin:
        admin.execute(_TABLE.format(columns=", ".join(map(_plain, columns)), role=role).encode())
        admin.execute("VACUUM (ANALYZE) bench.customer")


def _plain(column: str) -> str:
    return f"{column}::text AS {column}" if column in _LISTS else column


def change(admin: psycopg.Connection[tuple[object, ...]], ids: list[UUID], notes: str) -> None:
    """One transaction on these rows."""
    admin.execute(CHANGE.encode(), (notes, ids))
