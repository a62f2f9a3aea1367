"""The SQL that puts a table behind its wall. Every migration that creates a table calls this beside it."""

from __future__ import annotations

TENANT_PREDICATE = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
# The hull of the member's prefixes is an index range; with several prefixes the gaps are cut out of the hull. A setting
# that was never made is NULL and one that was made and forgotten is '': both leave no row (nothing is < ''). Bare
# current_setting() lets the planner see the value; wrapped in NULLIF, or with OR for CASE, it guesses few rows and
# picks the wrong index (measured: a page of 50 took 40 times as long). The test of `arms` runs for every row: a short
# name and a length cost 0.10 µs a row, `scope_prefixes = ''` cost 0.15.
SCOPE_PREDICATE = (
    "scope_path >= current_setting('app.scope_from', true) "
    "AND scope_path < current_setting('app.scope_to', true) "
    "AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true "
    "ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END"
)


def wall_sql(table: str, *, scoped: bool, unscoped_path: bool = False, append_only: bool = False) -> list[str]:
    """Statements that enable and force row-level security, create the two policies and grant the app role.

    `unscoped_path`: rows with an empty path belong to entities without a scope and are the whole company's.
    """
    scope = "true"
    if scoped:
        scope = f"(scope_path = '' OR ({SCOPE_PREDICATE}))" if unscoped_path else SCOPE_PREDICATE
    # Append-only rows change in one way: an erased person's values are blanked.
    verbs = "SELECT, INSERT, UPDATE (before, after)" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    return [
        f"ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_wall ON app.{table} AS RESTRICTIVE FOR ALL "
        f"USING ({TENANT_PREDICATE}) WITH CHECK ({TENANT_PREDICATE})",
        f"CREATE POLICY scope ON app.{table} AS PERMISSIVE FOR ALL USING ({scope}) WITH CHECK ({scope})",
        f"GRANT {verbs} ON app.{table} TO yunfan_app, yunfan_provision",
    ]


def reference_sql(table: str) -> list[str]:
    """Statements for a table that is the same for everybody: the app role may only read it."""
    return [f"GRANT SELECT ON app.{table} TO yunfan_app, yunfan_provision, yunfan_platform"]


def platform_sql(table: str, *, provision: str) -> list[str]:
    """Statements for a platform table. `provision`: the verbs of the role that signs companies up."""
    granted = [f'GRANT SELECT, INSERT, UPDATE, DELETE ON platform."{table}" TO yunfan_platform']
    if provision:
        granted.append(f'GRANT {provision} ON platform."{table}" TO yunfan_provision')
    return granted
