"""Read types: one GraphQL object type per entity, built from its facets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import strawberry

from graphql_api.allowed_values import labels
from graphql_api.deprecated import reason_for
from graphql_api.scalars import maybe, wire_type
from graphql_api.shapes import Shape, Shapes
from kernel.entity import described
from kernel.policy import Authority
from tenants.mask_names import with_wire_masks
from tenants.masking import repeats_values, without_masked
from values.wire import wire_name


def declare_nodes(shapes: Shapes) -> None:
    """Empty classes first, so that types may refer to each other; the fields follow."""
    for shape in shapes:
        shape.node = type(shape.name, (), {"__doc__": shape.entity.__doc__})


def fill_nodes(shapes: Shapes, relations: Mapping[str, Mapping[str, Any]]) -> None:
    """Gives every node its columns and the relation fields that were made for it."""
    for shape in shapes:
        node: Any = shape.node
        node.__annotations__ = {}
        for column, annotation, field in _columns(shape):
            node.__annotations__[column] = annotation
            setattr(node, column, field)
        for name, field in relations[shape.name].items():
            setattr(node, name, field)
        zh, en = shape.label
        strawberry.type(node, name=shape.name, description=f"{zh} / {en}")


def _columns(shape: Shape) -> Iterator[tuple[str, Any, Any]]:
    for name in shape.wired():
        column, facet = shape.column(name), shape.facets[name]
        annotation = wire_type(column)
        # A masked field resolves to null, and so may one that a role hides tomorrow.
        if column.nullable or facet.maskable:
            annotation = maybe(annotation)
        options = f" ({labels(facet.choices)})" if facet.choices else ""
        yield (
            name,
            annotation,
            strawberry.field(
                name=wire_name(name),
                description=f"{facet.zh} / {facet.en}{options}",
                deprecation_reason=reason_for(shape.name, wire_name(name)),
            ),
        )


def node_of(shape: Shape, row: Mapping[str, Any], hidden: frozenset[str], authority: Authority) -> Any:
    """A row as the value of its GraphQL type; what masks hide (its columns: `hidden`) no resolver sees."""
    node: Any = object.__new__(shape.node)
    name = described(shape.entity).name
    values = without_masked(row, authority) if repeats_values(name) else with_wire_masks(name, row)
    for column in hidden:
        if column in values:
            values[column] = None
    node.__dict__.update(values)
    return node
