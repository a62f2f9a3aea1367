"""What is declared once is what is there: entities against the migrated database, texts, names, generated files."""

from __future__ import annotations

import ast
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
PLATFORM_CLASSES = {mapper.class_.__name__ for mapper in PlatformBase.registry.mappers}
ROOT = Path(__file__).parents[2]
ROOMS = ("server", "graphql/graphql_api", "sync", "exchange", "modules", "billing", "tenants", "kernel", "infra")


def _sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


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


def test_commit_and_dml_stand_only_where_they_may() -> None:
    """One edge commits. Rows change by flush or the context's bulk writes; other DML names its reason here."""
    may_commit = {"kernel/db.py", "kernel/edge.py", "kernel/outbox.py", "kernel/retention.py"}
    may_write = {
        "kernel/context.py": "the context's own bulk writes",
        "kernel/edge.py": "audit, outbox, search terms, stamps",
        "kernel/db.py": "search terms by arrays",
        "kernel/retention.py": "stored answers past their time, which are no business rows",
        "kernel/outbox.py": "delivery marks, which are no business change",
        "sync/verify.py": "repairs what somebody changed behind the kernel's back",
        "tenants/maintenance.py": "the operator's switch, one row of the platform's role",
        "tenants/custom_fields.py": "the index beside a row's own values",
        "tenants/tags.py": "the index beside a row's own tags",
        "sync/push.py": "the device's mutation number, which is the protocol's bookkeeping",
        "tenants/commands/found_company.py": "the clock row itself, before which nothing can commit",
    }
    for path in _sources():
        relative = path.relative_to(ROOT).as_posix()
        if relative.startswith(("infra/migrations", "infra/bench", "sync/client", "infra/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                assert relative in may_commit or _is_edge_call(node), f"{relative}:{node.lineno} commits"
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"insert", "update", "delete"}
                and relative not in may_write
            ):
                assert _is_platform_dml(node), f"{relative}:{node.lineno} writes beside the context"


def _is_edge_call(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "edge"
    )


def _is_platform_dml(node: ast.Call) -> bool:
    """The platform's own tables: no tenant row is in reach of their role."""
    target = node.args[0] if node.args else None
    return isinstance(target, ast.Name) and target.id in PLATFORM_CLASSES
