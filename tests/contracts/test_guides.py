"""What README files and guides name is there: files, commands of the command line, operations, permissions, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from graphql import GraphQLError, parse, validate
from graphql.validation import LoneAnonymousOperationRule, specified_rules

from graphql_api import limits
from graphql_api.connections import DEFAULT_PAGE, MAX_PAGE
from graphql_api.errors import STATEMENT_SECONDS
from graphql_api.ordering import MAX_KEYS
from graphql_api.schema import core_schema
from kernel.command import commands
from kernel.entity import described, entities
from server.catalogue import load_rooms
from server.cli import app as command_line
from tenants.default_roles import all_permissions

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
    assert len(list(examples(readme))) >= 6
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
