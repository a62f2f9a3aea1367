"""What is declared once is what is there: entities against the migrated database, texts, names, generated files."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from kernel.command import commands
from kernel.entity import Base, described, entities, facets, table
from server.catalogue import load_rooms
from tenants.default_roles import all_permissions
from tenants.platform_tables import PlatformBase
from values.errors import all_refusals
from values.wire import python_name, wire_name

load_rooms()
ROOT = Path(__file__).parents[2]


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
