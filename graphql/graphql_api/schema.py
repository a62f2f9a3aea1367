"""The schema: entities, commands, identity and the API's own doors, put together once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

from graphql_api.audit import audit_fields
from graphql_api.company import company_fields
from graphql_api.connections import declare_connections
from graphql_api.devices import node_fields as device_fields
from graphql_api.exchange_doors import exchange_mutations
from graphql_api.filters import declare_filters
from graphql_api.identity import identity_mutations, identity_queries
from graphql_api.mutations import command_fields
from graphql_api.numbering import numbering_fields
from graphql_api.ordering import declare_orders
from graphql_api.presence import presence_fields
from graphql_api.queries import entity_fields
from graphql_api.relations import relation_fields
from graphql_api.scalars import SCALARS
from graphql_api.search import search_fields
from graphql_api.shapes import Shapes
from graphql_api.structs import StructTypes
from graphql_api.subscriptions import subscription_fields
from graphql_api.types import declare_nodes, fill_nodes
from values.wire import wire_name


class _WireNames(NameConverter):
    """The house's one spelling instead of the library's."""

    def apply_naming_config(self, name: str) -> str:
        return wire_name(name)


@cache
def build_shapes() -> Shapes:
    """What derives from the entities, with every class declared and filled. Rooms must be loaded before."""
    shapes = Shapes()
    declare_nodes(shapes)
    declare_filters(shapes)
    declare_orders(shapes)
    declare_connections(shapes)
    relations = relation_fields(shapes)
    relations["Device"] |= device_fields()
    fill_nodes(shapes, relations)
    return shapes


@cache
def build_schema() -> strawberry.Schema:
    """The whole schema of this process' rooms."""
    return _put_together(sort=False)


@cache
def _roots() -> tuple[type, type, type]:
    shapes, structs = build_shapes(), StructTypes()
    queries = [entity_fields(shapes), company_fields(shapes), identity_queries(structs, shapes)]
    queries += [search_fields(shapes), audit_fields(shapes), presence_fields(shapes), numbering_fields(shapes, structs)]
    mutations = [command_fields(shapes, structs), identity_mutations(structs), exchange_mutations(shapes, structs)]
    return _root("Query", queries), _root("Mutation", mutations), _root("Subscription", [subscription_fields()])


def _put_together(*, sort: bool) -> strawberry.Schema:
    query, mutation, subscription = _roots()
    config = StrawberryConfig(scalar_map=SCALARS, name_converter=_WireNames(), sort_schema=sort)
    return strawberry.Schema(query=query, mutation=mutation, subscription=subscription, config=config)


@cache
def core_schema() -> GraphQLSchema:
    """The executable schema behind `build_schema()`."""
    return build_schema()._schema


def sdl() -> str:
    """The schema in its own language, sorted: the contract that stands in git."""
    # Sorted for the eye only: sorting rebuilds the enums, and execution would get bare strings for their members.
    return print_schema(_put_together(sort=True)).rstrip() + "\n"


def _root(name: str, groups: list[dict[str, Any]]) -> type:
    cls: Any = type(name, (), {})
    taken: set[str] = set()
    for group in groups:
        for attribute, field in group.items():
            spelt = field.graphql_name or wire_name(attribute)
            if spelt in taken:
                raise ValueError(f"{name}.{spelt} is defined twice")
            taken.add(spelt)
            setattr(cls, attribute, field)
    made: type = strawberry.type(cls)
    return made
