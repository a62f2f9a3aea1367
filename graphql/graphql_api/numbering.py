"""Root query fields of document numbers: series, what became of each number, and the proof that no gap is unexplained.

Leases are a collection of their own; these are read here only.
"""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.allowed_values import told_argument
from graphql_api.queries import list_field
from graphql_api.request import Request
from graphql_api.shapes import Shapes
from graphql_api.structs import StructTypes
from kernel.entity import described
from kernel.policy import EVERYTHING
from tenants.numbering_entities import DocumentNumber, NumberLease
from tenants.numbering_report import NumberSeriesEvidence, number_evidence
from values.errors import PermissionDenied

NUMBER_VIEW = described(DocumentNumber).view_permission


def numbering_fields(shapes: Shapes, structs: StructTypes) -> dict[str, Any]:
    """`numberSeries`, `documentNumbers`, `numberEvidence(series)`."""
    return {
        "number_series": list_field(shapes["NumberSeries"], "numberSeries"),
        "document_numbers": list_field(shapes["DocumentNumber"], "documentNumbers"),
        "number_evidence": _evidence(structs.output(NumberSeriesEvidence)),
    }


def _evidence(answer: Any) -> Any:
    async def resolve(info: Any, series: Any = UNSET) -> Any:
        request: Request = info.context
        for permission in (NUMBER_VIEW, described(NumberLease).view_permission):
            # Whoever sees a part of the leases would take the others' numbers for gaps.
            if request.actor.authority.prefixes(permission) != EVERYTHING:
                raise PermissionDenied(permission=permission)
        key = series if isinstance(series, str) else None
        return await request.reading(lambda session: number_evidence(session, key))

    resolve.__annotations__ = {
        "info": Info,
        "series": told_argument("numberEvidence", "series", str),
        "return": list[answer],
    }
    return strawberry.field(
        resolver=resolve,
        name="numberEvidence",
        description=f"编号核对：每个号的去向 / What became of every number, gaps explained — {NUMBER_VIEW}",
    )
