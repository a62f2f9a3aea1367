"""Import and export doors."""

from __future__ import annotations

from typing import Any

from graphql_api.structs import StructTypes


def exchange_mutations(structs: StructTypes) -> dict[str, Any]:
    return {}
