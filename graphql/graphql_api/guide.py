"""The parts of docs/guide/api.md that derive: every operation with its shape, the types, every refusal's code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_non_null_type,
)

from graphql_api.allowed_values import allowed
from graphql_api.refusal_guide import codes
from graphql_api.schema import core_schema
from graphql_api.type_guide import cell, is_row, permissions, types
from values.errors import Refusal

_HEAD = "| 参数 Argument | 类型 Type | 必填 Required | 可选值 Allowed values |\n|---|---|---|---|"
_FILTER = "见类型一节 / see the type below"


def guide_with(guide: str, refusals: Sequence[type[Refusal]]) -> str:
    """The guide with its generated parts renewed. Raises ValueError where a part has lost its markers."""
    for part, text in (("operations", operations()), ("types", _types()), ("codes", codes(refusals))):
        guide = _renewed(guide, part, text)
    return guide


def _renewed(guide: str, part: str, text: str) -> str:
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    head, _, rest = guide.partition(begin)
    _, marker, tail = rest.partition(end)
    if not marker:
        raise ValueError(f"docs/guide/api.md has lost the markers of its {part}")
    return f"{head}{begin}\n\n{text}\n{end}{tail}"


def operations() -> str:
    """Markdown: queries, mutations, subscriptions; each with its arguments, field by field, and its answer."""
    schema = core_schema()
    parts = [("查询 Queries", schema.query_type), ("变更 Mutations", schema.mutation_type)]
    parts.append(("订阅 Subscriptions", schema.subscription_type))
    return "\n".join(line for title, root in parts for line in _root(schema, title, root))


def _types() -> str:
    return "\n".join([*types(core_schema()), *permissions()])


def _root(schema: GraphQLSchema, title: str, root: GraphQLObjectType | None) -> Iterator[str]:
    yield f"### {title}\n"
    for name, field in sorted((root.fields if root else {}).items()):
        yield f"#### {name}\n"
        yield f"{field.description or ''}\n"
        rows = list(_arguments(name, field))
        if rows:
            yield _HEAD
            yield from rows
            yield ""
        yield f"返回 Answer: {_answer(schema, field)}\n"


def _arguments(operation: str, field: GraphQLField) -> Iterator[str]:
    for name, argument in field.args.items():
        kind = get_named_type(argument.type)
        if isinstance(kind, GraphQLInputObjectType) and not kind.name.endswith(("Filter", "Order")):
            outer = "" if is_non_null_type(argument.type) else "?"
            yield from _inputs(f"{name}{outer}", kind)
        else:
            yield _row(operation, name, name, argument)


def _inputs(path: str, kind: GraphQLInputObjectType) -> Iterator[str]:
    """One row per field; what holds fields itself is opened below it: `input.choices[].value`."""
    for name, field in kind.fields.items():
        yield _row(kind.name, f"{path}.{name}", name, field)
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from _inputs(f"{path}.{name}{'[]' if '[' in str(field.type) else ''}", inner)


def _row(owner: str, path: str, name: str, taken: GraphQLArgument | GraphQLInputField) -> str:
    default = taken.default_value
    required = isinstance(taken.type, GraphQLNonNull) and default is Undefined
    found = allowed(owner, name)
    told = "<br>".join(cell(line) for line in found.lines()) if found else ""
    if not told and get_named_type(taken.type).name.endswith(("Filter", "Order")):
        told = _FILTER
    if isinstance(default, bool):
        told = f"默认 default `{str(default).lower()}`"
    return f"| `{path}` | `{taken.type}` | {'是 Yes' if required else '否 No'} | {told} |"


def _answer(schema: GraphQLSchema, field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return f"`{field.type}`"
    listed = schema.type_map.get(kind.name.removesuffix("Connection"))
    if kind.name.endswith("Connection") and isinstance(listed, GraphQLObjectType):
        return f"`{field.type}`: `{{totalCount pageInfo edges {{cursor node}} nodes}}` of {_link(listed.name)}"
    if is_row(schema, kind):
        return f"`{field.type}`: {_link(kind.name)}"
    return f"`{field.type}`: `{_opened(schema, kind)}`"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _opened(schema: GraphQLSchema, kind: GraphQLObjectType) -> str:
    """`{token: String!, member: Member}`; entities stand below and are not opened."""
    return "{" + ", ".join(_shape(schema, name, field) for name, field in kind.fields.items()) + "}"


def _shape(schema: GraphQLSchema, name: str, field: GraphQLField) -> str:
    inner = get_named_type(field.type)
    if isinstance(inner, GraphQLUnionType):
        return f"{name}: {' or '.join(found.name for found in inner.types)}"
    if isinstance(inner, GraphQLObjectType) and not is_row(schema, inner):
        return f"{name}: {field.type} {_opened(schema, inner)}"
    return f"{name}: {field.type}"
