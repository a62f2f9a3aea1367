"""What is declared once is what is there: entities against the migrated database, texts, names, generated files."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from kernel.command import commands
from kernel.entity import Base, ScopedRow, described, entities, facets, table, targets
from server.catalogue import load_rooms
from tenants.default_roles import all_permissions
from tenants.platform_tables import PlatformBase
from values.errors import all_refusals
from values.wire import python_name, wire_name

load_rooms()
ROOT = Path(__file__).parents[2]


# What may be asked for, or refers to another row, without an index of its own: each index is paid for by every import.
UNINDEXED = {
    "party.Customer.name": "people look for names by search, which has its terms; lists read customer_name_idx",
    "party.Contact.name": "people look for names by search, which has its terms; lists read contact_name_idx",
    "party.Customer.erased_at": "erased rows are few and stand in no list; only who checks an erasure asks",
    "party.Contact.erased_at": "erased rows are few and stand in no list; only who checks an erasure asks",
    "party.Contact.created_at": "lists of contacts are by name, customer or last change",
    "crm.Activity.created_at": "lists of follow-ups are by happened_at",
    "crm.Activity.updated_at": "follow-ups are written once; lists of them are by happened_at",
    "sales.SalesOrder.created_at": "lists of orders are by ordered_on",
    "sales.SalesOrderLine.created_at": "lines are found by their order or product",
    "sales.SalesOrderLine.updated_at": "lines are found by their order or product",
    "tenants.Attachment.created_at": "attachments are looked up by their record",
    "tenants.Attachment.updated_at": "attachments are looked up by their record",
    "tenants.InboxEntry.created_at": "a member's entries are few, and found by owner or scope",
    "tenants.InboxEntry.updated_at": "a member's entries are few, and found by owner or scope",
    "tenants.InboxEntry.state": "a member's entries are few, and found by owner or scope",
    "tenants.SavedView.created_at": "a member has few views, found by owner or scope",
    "tenants.SavedView.updated_at": "a member has few views, found by owner or scope",
    "tenants.SavedView.archived_at": "a member has few views, found by owner or scope",
    "tenants.NumberLease.created_at": "a device has few leases, found by device, owner or scope",
    "tenants.NumberLease.updated_at": "a device has few leases, found by device, owner or scope",
}


def test_what_is_asked_for_or_refers_leads_an_index(services) -> None:
    """After `tenant_id`. A partial index counts when it leaves out nothing but the rows without a value."""
    with psycopg.connect(services.urls.admin) as connection:
        leading = {
            (table_name, column)
            for table_name, column, condition in connection.execute(
                "SELECT c.relname, a.attname, pg_get_expr(i.indpred, i.indrelid) FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[1] "
                "WHERE n.nspname = 'app' AND i.indkey[1] <> 0"
            )
            if condition in (None, f"({column} IS NOT NULL)")
        }
    bare = {
        f"{described(entity).name}.{name}"
        for entity in entities()
        if issubclass(entity, ScopedRow)
        for name, facet in facets(entity).items()
        if ((facet.wire and facet.filterable) or name in targets(entity)) and (table(entity).name, name) not in leading
    }
    assert bare - set(UNINDEXED) == set(), "give it an index, offer no filter, or write down why it needs none"
    assert set(UNINDEXED) - bare == set(), "no longer without an index"


@pytest.mark.parametrize(("metadata", "schema"), [(Base.metadata, "app"), (PlatformBase.metadata, "platform")])
def test_the_migrated_database_is_what_the_entities_declare(services, metadata, schema) -> None:
    engine = create_engine(services.urls.admin.replace("postgresql://", "postgresql+psycopg://", 1))

    def ours(obj, name, kind, reflected, compare_to) -> bool:
        of_table = obj if kind == "table" else getattr(obj, "table", None)
        if of_table is None:
            return True
        partition = of_table.name.startswith("audit_entry_") or of_table.name == "schema_version"
        return of_table.schema == schema and not partition

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_object": ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_every_entity_speaks_both_languages() -> None:
    for entity in entities():
        about = described(entity)
        assert about.zh, about.name
        assert about.en, about.name
        for name, facet in facets(entity).items():
            if facet.wire:
                assert facet.zh, f"{about.name}.{name}"
                assert facet.en, f"{about.name}.{name}"
                assert facet.en[0].isupper(), f"{about.name}.{name}"
            for choice in facet.choices:
                assert choice.zh
                assert choice.en


def test_every_command_speaks_both_languages_and_names_a_known_permission() -> None:
    known = set(all_permissions())
    for command in commands():
        if command.name.startswith("tests."):
            continue
        assert command.zh, command.name
        assert command.en, command.name
        assert command.permission is None or command.permission in known
        assert (command.handler.__doc__ or "").strip(), f"{command.name} has no docstring"


def test_every_refusal_is_whole() -> None:
    codes: dict[str, type] = {}
    for refusal in all_refusals():
        if refusal.__module__.startswith("tests."):
            continue
        assert refusal.zh, refusal.code
        assert refusal.en, refusal.code
        assert refusal.remedy_zh, refusal.code
        assert refusal.remedy_en, refusal.code
        assert refusal.code.isupper(), refusal.code
        assert refusal.code not in codes, f"two refusals are called {refusal.code}"
        codes[refusal.code] = refusal


def test_secret_and_server_only_columns_never_reach_the_wire() -> None:
    for entity in entities():
        for name, facet in facets(entity).items():
            assert not (facet.wire and facet.secret), f"{described(entity).name}.{name}"
        assert not facets(entity)["tenant_id"].wire


def test_wire_names_are_reversible() -> None:
    for entity in entities():
        for column in table(entity).columns:
            assert python_name(wire_name(column.name)) == column.name


def test_the_folder_graphql_does_not_shadow_graphql_core() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()
    import graphql

    assert hasattr(graphql, "GraphQLSchema")
