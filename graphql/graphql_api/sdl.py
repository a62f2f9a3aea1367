"""`python -m graphql_api.sdl [--check]`: writes graphql/schema.graphql and what docs/guide/api.md derives, or says
whether they are up to date and whether a field left the schema without having been deprecated first.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from graphql_api.guide import guide_with
from graphql_api.schema import sdl
from values.errors import Refusal

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "graphql" / "schema.graphql"
GUIDE = ROOT / "docs" / "guide" / "api.md"


def vanished(before: str, after: str) -> list[str]:
    """`Type.field` of everything that stood in the SDL `before`, stands no more, and was never deprecated."""
    kept = {name for name, _ in _named(build_schema(after))}
    return [name for name, deprecated in _named(build_schema(before)) if name not in kept and not deprecated]


def _named(schema: GraphQLSchema) -> Iterator[tuple[str, bool]]:
    """Fields, arguments, input fields and enum values, and whether each is deprecated."""
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                gone = field.deprecation_reason is not None
                yield f"{name}.{field_name}", gone
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name})", gone or argument.deprecation_reason is not None
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", found.deprecation_reason is not None) for key, found in kind.fields.items())
        elif isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{key}", found.deprecation_reason is not None) for key, found in kind.values.items())


def committed_sdl() -> str | None:
    """The schema of the last commit; None outside a repository or before the first."""
    git = shutil.which("git")
    if git is None:
        return None
    shown = subprocess.run(  # noqa: S603 — a fixed command
        [git, "show", "HEAD:graphql/schema.graphql"], cwd=ROOT, capture_output=True, check=False
    )
    return shown.stdout.decode() if shown.returncode == 0 else None


def load_rooms() -> None:
    """The server decides which rooms there are. It stands above this package, so it is found by name, at run time."""
    importlib.import_module("server.catalogue").load_rooms()


def _refusals() -> list[type[Refusal]]:
    found: list[type[Refusal]] = importlib.import_module("server.refusals").product_refusals()
    return found


def guide() -> str:
    """docs/guide/api.md as it must be."""
    return guide_with(GUIDE.read_text(encoding="utf-8"), _refusals())


def problems() -> list[str]:
    """What `--check` has to say, one sentence each."""
    made, found = sdl(), []
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != made:
        found.append("graphql/schema.graphql is out of date: run `python -m graphql_api.sdl` and review the diff.")
    if guide() != GUIDE.read_text(encoding="utf-8"):
        found.append("docs/guide/api.md is out of date: run `python -m graphql_api.sdl` and review the diff.")
    before = committed_sdl()
    gone = vanished(before, made) if before else []
    return found + [
        f"{name} left the schema undeprecated: list it in graphql_api/deprecated.py first." for name in gone
    ]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when `--check` finds something."""
    parser = argparse.ArgumentParser(prog="python -m graphql_api.sdl", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    asked = parser.parse_args(arguments)
    load_rooms()
    if not asked.check:
        FILE.write_text(sdl(), encoding="utf-8")
        GUIDE.write_text(guide(), encoding="utf-8")
        return 0
    found = problems()
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
