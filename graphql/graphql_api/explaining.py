"""What the API derives from an entity, read off the executable schema itself. For `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    parse,
)

from graphql_api import limits
from graphql_api.connections import DEFAULT_PAGE, MAX_PAGE
from graphql_api.ordering import MAX_KEYS
from graphql_api.schema import core_schema
from kernel.entity import TenantRow, described
from kernel.explain import Fact, commands_on
from values.errors import Words
from values.wire import wire_name

_NESTING = ("and", "or", "not")


class GraphQLExplainer:
    """Type, fields, queries, filters with their operators, sort keys, mutations, subscription, cost."""

    room = "graphql_api"

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]:
        name = described(entity).graphql or ""
        node = core_schema().type_map.get(name)
        fields = node.fields if isinstance(node, GraphQLObjectType) else {}
        yield Fact("type", Words("类型", "type"), name)
        yield Fact("fields", Words("字段", "fields"), [_told(key, field) for key, field in fields.items()])
        yield Fact("queries", Words("查询", "queries"), list(_leading("Query", name)))
        yield Fact("reachedFrom", Words("可由此到达", "reached from"), list(_reached_from(name)))
        yield Fact("filters", Words("筛选：字段与运算符", "filters: fields and operators"), list(_filters(name)))
        yield Fact("sortKeys", Words(f"排序键，最多 {MAX_KEYS} 个", f"sort keys, at most {MAX_KEYS}"), _sort_keys(name))
        yield Fact("connection", Words("连接", "connection"), _connection(name))
        yield Fact("mutations", Words("变更", "mutations"), list(_mutations(entity, name)))
        yield Fact("subscriptions", Words("订阅", "subscriptions"), _subscriptions(entity))
        yield Fact("pageCost", Words("整页成本", "cost of a page with every own field"), list(_costs(name)))
        yield Fact("limits", Words("每次请求的上限", "limits of a request"), _limits())


def _told(key: str, field: GraphQLField) -> dict[str, Any]:
    return {"field": key, "type": str(field.type), "label": _words(field.description)}


def _words(description: str | None) -> Words:
    """A description reads `中文 / English`, with the allowed values in brackets behind it."""
    zh, _, en = (description or "").partition(" (")[0].partition(" / ")
    return Words(zh, en or zh)


def _root(name: str) -> dict[str, GraphQLField]:
    kind = core_schema().get_type(name)
    return kind.fields if isinstance(kind, GraphQLObjectType) else {}


def _leads_to(field: GraphQLField, name: str) -> bool:
    """Straight to the type, to its connection, or to a union that it is part of."""
    answer = get_named_type(field.type)
    if answer.name in (name, f"{name}Connection"):
        return True
    parts = answer.fields.values() if isinstance(answer, GraphQLObjectType) else ()
    unions = [kind for part in parts if isinstance(kind := get_named_type(part.type), GraphQLUnionType)]
    return any(option.name == name for union in unions for option in union.types)


def _signature(key: str, field: GraphQLField) -> str:
    arguments = ", ".join(f"{name}: {argument.type}" for name, argument in field.args.items())
    return f"{key}({arguments})" if arguments else key


def _leading(root: str, name: str) -> Iterator[dict[str, Any]]:
    for key, field in _root(root).items():
        if name and _leads_to(field, name):
            yield {"field": _signature(key, field), "type": str(field.type)}


def _reached_from(name: str) -> Iterator[str]:
    for kind in core_schema().type_map.values():
        plumbing = kind.name.startswith("__") or kind.name.endswith(("Connection", "Edge"))
        if isinstance(kind, GraphQLObjectType) and kind.name not in ("Query", "Mutation") and not plumbing:
            yield from (f"{kind.name}.{key}" for key, field in kind.fields.items() if name and _leads_to(field, name))


def _filters(name: str) -> Iterator[dict[str, Any]]:
    kind = core_schema().get_type(f"{name}Filter")
    for key, field in (kind.fields if isinstance(kind, GraphQLInputObjectType) else {}).items():
        asked = get_named_type(field.type)
        if key not in _NESTING:
            yield {"field": key, "type": asked.name, "operators": _operators(asked)}


def _operators(asked: Any) -> list[str]:
    if isinstance(asked, GraphQLEnumType):
        return list(asked.values)
    fields = asked.fields if isinstance(asked, GraphQLInputObjectType) else {}
    return [key for key, field in fields.items() if not is_non_null_type(field.type)]  # CustomFilter also takes a key


def _sort_keys(name: str) -> list[str]:
    kind = core_schema().get_type(f"{name}OrderField")
    return list(kind.values) if isinstance(kind, GraphQLEnumType) else []


def _connection(name: str) -> list[Any]:
    kind = core_schema().get_type(f"{name}Connection")
    if not isinstance(kind, GraphQLObjectType):
        return []
    pages = Words(f"每页 {DEFAULT_PAGE} 条，最多 {MAX_PAGE}", f"pages of {DEFAULT_PAGE}, at most {MAX_PAGE}")
    return [kind.name, *kind.fields, pages]


def _mutations(entity: type[TenantRow], name: str) -> Iterator[dict[str, Any]]:
    about = described(entity)
    permissions = {wire_name(found.function): found.permission or "" for found in commands_on(entity)}
    if about.exported and "export" in about.actions:
        permissions["exportData"] = f"{about.permission}.export"
    for key, field in _root("Mutation").items():
        if key in permissions or (name and get_named_type(field.type).name == name):
            told = {"field": _signature(key, field), "type": str(field.type)}
            yield told | {"permission": permissions.get(key, ""), "deprecated": field.deprecation_reason or ""}


def _subscriptions(entity: type[TenantRow]) -> list[str]:
    """Every tracked entity is told of by name, whether or not it has a type."""
    about = described(entity)
    watched = [key for key, field in _root("Subscription").items() if "entity" in field.args]
    return [f'{key}(entity: ["{about.name}"])' for key in watched] if about.tracked else []


def _costs(name: str) -> Iterator[dict[str, Any]]:
    """What the pricer itself says of a page of rows with all of their own fields."""
    node = core_schema().get_type(name)
    if not isinstance(node, GraphQLObjectType):
        return
    leaves = " ".join(key for key, field in node.fields.items() if is_leaf_type(get_named_type(field.type)))
    for key, field in _root("Query").items():
        if get_named_type(field.type).name == f"{name}Connection":
            for first in (DEFAULT_PAGE, MAX_PAGE):
                document = parse(f"{{ {key}(first: {first}) {{ nodes {{ {leaves} }} }} }}")
                operation = document.definitions[0]
                assert isinstance(operation, OperationDefinitionNode)
                cost = round(limits.Pricer(core_schema(), document, {}).price(operation), 1)
                yield {"query": f"{key}(first: {first})", "cost": cost, "most": limits.MAX_COST}


def _limits() -> list[dict[str, Any]]:
    found = {
        "depth": limits.MAX_DEPTH,
        "aliases": limits.MAX_ALIASES,
        "directives": limits.MAX_DIRECTIVES,
        "tokens": limits.MAX_TOKENS,
        "duplicates": limits.MAX_DUPLICATES,
        "batch": limits.MAX_BATCH,
        "cost": limits.MAX_COST,
    }
    return [{"measure": name, "most": most} for name, most in found.items()]
