"""What README files and guides name is there: files, commands of the command line, operations, permissions, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import typer.main
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    get_named_type,
    parse,
    validate,
)
from graphql.validation import LoneAnonymousOperationRule, specified_rules

from graphql_api import limits
from graphql_api.connections import DEFAULT_PAGE, MAX_PAGE
from graphql_api.errors import STATEMENT_SECONDS
from graphql_api.ordering import MAX_KEYS
from graphql_api.schema import core_schema
from kernel.command import commands
from kernel.entity import TenantRow, described, entities, facets
from server.catalogue import load_rooms
from server.cli import app as command_line
from tenants.default_roles import all_permissions
from tenants.mask_names import maskable_fields
from tenants.permission_names import permission_names
from values.errors import PermissionDenied
from values.wire import wire_name

load_rooms()
ROOT = Path(__file__).parents[2]
ROOMS = ("server", "graphql", "sync", "exchange", "modules", "billing", "tenants", "kernel", "values", "infra", "docs")
GUIDES = sorted(
    [*ROOT.glob("README*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))],
    key=lambda path: path.as_posix(),
)
EVERY = pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
RULES = [rule for rule in specified_rules if rule is not LoneAnonymousOperationRule]  # a block shows several


def commands_of_the_line() -> set[str]:
    root = typer.main.get_command(command_line)
    found = set(root.commands)
    for name, command in root.commands.items():
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


@EVERY
def test_every_file_that_is_named_exists(path: Path) -> None:
    for name in re.findall(r"`((?:[\w-]+/)*[\w-]+\.py)`", path.read_text(encoding="utf-8")):
        known = [ROOT / name, path.parent / name, ROOT / "tests" / "contracts" / name]
        inside = any(path.parent.rglob(name)) if path.name.startswith("README") and path.parent != ROOT else False
        assert inside or any(found.exists() for found in known), name


@EVERY
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@EVERY
def test_every_command_of_the_line_is_one(path: Path) -> None:
    known = commands_of_the_line()
    groups = {name.split(" ")[0] for name in known if " " in name}
    for words in re.findall(
        r"(?:`|/|^)yunfan ([a-z][a-z-]*(?: [a-z-]+)*)", path.read_text(encoding="utf-8"), re.MULTILINE
    ):
        first, *rest = words.split(" ")
        assert first in known, words
        assert first not in groups or not rest or f"{first} {rest[0]}" in known, words


def test_every_setting_has_its_line() -> None:
    """Those of `infra/settings.py` in infra/README.md; what another file asks of the environment beside its room."""
    read = set(re.findall(r'"((?:YUNFAN|DATABASE|REDIS|SMTP|MAIL|SMS|SENTRY)_[A-Z_]+)"', _text("infra", "settings.py")))
    assert read
    told = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=\w+)?`", _text("infra", "README.md")))
    assert read <= told
    for path in (ROOT / "server").rglob("*.py"):
        asked = set(re.findall(r'environ(?:\.get\(|\[)"(YUNFAN_[A-Z_]+)"', path.read_text(encoding="utf-8")))
        assert asked <= told | set(re.findall(r"`(YUNFAN_[A-Z_]+)(?:=\w+)?`", _text("server", "README.md"))), path.name


def _text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def test_every_file_of_the_server_has_its_story() -> None:
    told = _text("server", "README.md")
    for path in (ROOT / "server").glob("*.py"):
        assert path.name == "__init__.py" or f"`{path.name}`" in told, path.name


@EVERY
def test_every_operation_in_an_example_fits_the_schema(path: Path) -> None:
    for query in examples(path.read_text(encoding="utf-8")):
        try:
            document = parse(query)
        except GraphQLError as wrong:
            pytest.fail(f"{query}: {wrong}")
        assert validate(core_schema(), document, RULES) == [], query


def examples(text: str) -> Iterator[str]:
    """GraphQL blocks, and what stands behind "query" in a JSON example."""
    yield from re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    for quoted in re.findall(r'"query":\s*("(?:[^"\\]|\\.)*")', text):
        yield str(json.loads(quoted))


def test_examples_are_found_and_wrong_ones_refused() -> None:
    guide = _text("docs", "guide", "api.md")
    readme = _text("README.md")
    assert len(list(examples(guide))) >= 5
    assert len(list(examples(readme))) >= 5
    assert validate(core_schema(), parse("{ customers { totalCounts } }"), RULES)


def test_every_permission_in_a_guide_is_one() -> None:
    spelt = set(all_permissions()) | {found.name for found in commands()} | {described(e).name for e in entities()}
    for path in GUIDES:
        for name in re.findall(r"`((?:tenants|party|crm)\.[a-z_]+\.[a-z_]+)`", path.read_text(encoding="utf-8")):
            assert name in spelt, f"{path.relative_to(ROOT)}: {name}"


def test_the_limits_in_the_guide_are_those_in_force() -> None:
    guide = " ".join(_text("docs", "guide", "api.md").split())
    for told in (
        f"Depth {limits.MAX_DEPTH}, aliases {limits.MAX_ALIASES}, directives {limits.MAX_DIRECTIVES}, "
        f"{limits.MAX_TOKENS:,} tokens",
        f"page {MAX_PAGE}, batch {limits.MAX_BATCH} operations",
        f"{STATEMENT_SECONDS} seconds per statement",
        f"Cost {limits.MAX_COST:,}",
        f"`first` is {DEFAULT_PAGE} by default and {MAX_PAGE} at most",
    ):
        assert told in guide, told
    assert (limits.MAX_DUPLICATES, MAX_KEYS) == (5, 3)  # told in words: five times, three keys
    assert "one field five times" in guide
    assert "three keys at most" in guide


# What people write as they like, and what only the server makes. Any other text that an operation takes is closed.
_FREE = """
account address adminName after arguments code companyName content contentBase64 currentPassword deviceName email en
fields fileName identifier industry influence initialPassword labelEn labelZh mobile name newPassword nextStep note
notes number objection orgCode password phone preference reason recoveryCode region sheet spec taxNumber text title
token topic totp unit value website wechat zh
"""
FREE = frozenset(_FREE.split())
CLOSED_THOUGH_CALLED_SO = {("SetSettingInput", "name"), ("SetSettingInput", "value"), ("VoidNumberInput", "number")}


def taken() -> Iterator[tuple[str, str, str, str]]:
    """(operation, owner, name, path in the guide) of every text or free object that an operation takes."""
    schema = core_schema()
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for operation, field in root.fields.items():
            for name, argument in field.args.items():
                kind = get_named_type(argument.type)
                if isinstance(kind, GraphQLInputObjectType):
                    yield from _inside(operation, kind, name)
                elif kind.name in ("String", "JSON"):
                    yield operation, operation, name, name


def _inside(operation: str, kind: GraphQLInputObjectType, path: str) -> Iterator[tuple[str, str, str, str]]:
    if kind.name.endswith(("Filter", "Order")):
        return
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from _inside(operation, inner, f"{path}.{name}{'[]' if '[' in str(field.type) else ''}")
        elif inner.name in ("String", "JSON"):
            yield operation, kind.name, name, f"{path}.{name}"


def row_of(operation: str, path: str) -> str:
    """The cell with the allowed values of an argument in the guide."""
    part = _text("docs", "guide", "api.md").partition(f"\n#### {operation}\n")[2].partition("\n#### ")[0]
    row = next(
        (line for line in part.splitlines() if line.startswith((f"| `{path}` ", f"| `{path.replace('.', '?.', 1)}` "))),
        "",
    )
    assert row, f"{operation}({path}): run yunfan schema"
    return row.split(" | ", 3)[3].removesuffix("|").strip()


@pytest.mark.parametrize(("operation", "owner", "name", "path"), list(taken()))
def test_every_argument_that_is_no_free_text_shows_what_it_takes(
    operation: str, owner: str, name: str, path: str
) -> None:
    free = name in FREE and (owner, name) not in CLOSED_THOUGH_CALLED_SO
    assert free != bool(row_of(operation, path)), f"{operation}({path}): tell in allowed_values.py what it takes"


def chosen() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(operation, path, lines) of every command input that fills a column with choices."""
    for command in commands():
        entity = command.result_type
        if not (command.api and isinstance(entity, type) and issubclass(entity, TenantRow)):
            continue
        for field in msgspec.structs.fields(command.input_type):
            facet = facets(entity).get(field.name)
            for choice in facet.choices if facet else ():
                if choice.value != "head_office":  # there is one, and nobody makes another
                    label = choice.zh if choice.zh == choice.en else f"{choice.zh} / {choice.en}"
                    yield wire_name(command.function), f"input.{wire_name(field.name)}", f"`{choice.value}` {label}"


def test_every_choice_of_a_column_stands_in_the_guide_with_its_labels() -> None:
    found = list(chosen())
    assert {path for _, path, _ in found} >= {
        "input.level",
        "input.source",
        "input.channel",
        "input.kind",
        "input.scope",
    }
    for operation, path, line in found:
        assert line in row_of(operation, path).split("<br>"), f"{operation}({path})"


def test_lists_that_are_no_columns_stand_in_the_guide() -> None:
    for operation, path, values in (
        ("importCustomers", "existing", ("update", "fill", "skip")),
        ("importCustomers", "mapping", ("name", "creditGrade", "ownerId")),
        ("importContacts", "mapping", ("customerId", "mobile")),
        ("exportData", "entity", ("customers", "contacts", "activities")),
        ("exportData", "format", ("csv", "xlsx", "zip")),
        ("inviteMember", "input.scope", ("own", "all")),
        ("requestSmsCode", "input.purpose", ("enter", "sign_up", "reset_password")),
        ("search", "kinds", ("Customer", "Contact")),
        ("defineCustomField", "input.entity", ("party.Customer",)),
    ):
        for value in values:
            assert f"`{value}` " in row_of(operation, path), f"{operation}({path}): {value}"
    assert "custom.vat" in row_of("importCustomers", "mapping")
    assert row_of("defineCustomField", "input.choices[].value") == ""  # its shape is opened, and it is free


def test_every_permission_and_every_field_that_a_role_may_hide_stands_in_the_guide() -> None:
    guide = _text("docs", "guide", "api.md")
    for name, words in permission_names().items():
        assert f"| `{name}` | {words.zh} / {words.en} |" in guide
    for found in maskable_fields():
        assert f"| `{found.code}` | " in guide


def test_the_guides_example_of_an_error_is_a_true_one() -> None:
    guide = _text("docs", "guide", "api.md")
    refused = PermissionDenied(permission="party.customer.archive")
    assert f'"message": "{refused.sentence()}"' in guide
    assert f'"remedy": "{refused.remedy()}"' in guide
