"""`python -m graphql_api.sdl [--check]`: writes graphql/schema.graphql, or says whether it is up to date."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from graphql_api.schema import sdl

FILE = Path(__file__).resolve().parents[1] / "schema.graphql"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m graphql_api.sdl", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    asked = parser.parse_args(arguments)
    # The server decides which rooms there are. It stands above this package, so it is found by name, at run time.
    importlib.import_module("server.catalogue").load_rooms()
    made = sdl()
    if not asked.check:
        FILE.write_text(made, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write("graphql/schema.graphql is out of date: run `python -m graphql_api.sdl` and review the diff.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
