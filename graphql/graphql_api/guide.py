"""The parts of docs/guide/api.md that derive: every operation with its shape, every refusal with its code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from graphql_api.refusal_guide import codes
from graphql_api.schema import core_schema
from values.errors import Refusal


def guide_with(guide: str, refusals: Sequence[type[Refusal]]) -> str:
    """The guide with its generated parts renewed. Raises ValueError where a part has lost its markers."""
    for part, text in (("operations", operations()), ("codes", codes(refusals))):
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
    """Markdown: queries, mutations, subscriptions; each with arguments, input fields and answer."""
    schema = core_schema()
    parts = [("查询 Queries", schema.query_type), ("变更 Mutations", schema.mutation_type)]
    parts.append(("订阅 Subscriptions", schema.subscription_type))
    return "\n".join(line for title, root in parts for line in _root(schema, title, root))


def _root(schema: GraphQLSchema, title: str, root: GraphQLObjectType | None) -> Iterator[str]:
    yield f"### {title}\n"
    for name, field in sorted((root.fields if root else {}).items()):
        yield f"- `{name}{_arguments(field)}: {field.type}` — {field.description or ''}"
        taken = field.args.get("input")
        if taken is not None:
            yield f"  - input: `{{{_inputs(get_named_type(taken.type))}}}`"
        answer = get_named_type(field.type)
        if isinstance(answer, GraphQLObjectType) and not _is_row(schema, answer):
            yield f"  - answer: `{{{_fields(answer)}}}`"
    yield ""


def _is_row(schema: GraphQLSchema, answer: GraphQLObjectType) -> bool:
    """Entities and their connections stand in schema.graphql; repeating them would drown the operations."""
    return answer.name.endswith("Connection") or f"{answer.name}Connection" in schema.type_map


def _arguments(field: GraphQLField) -> str:
    given = ", ".join(f"{name}: {argument.type}" for name, argument in field.args.items())
    return f"({given})" if given else ""


def _inputs(kind: object) -> str:
    fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
    return ", ".join(
        f"{name}: {field.type}" + (f" ({field.description})" if field.description else "")
        for name, field in fields.items()
    )


def _fields(kind: GraphQLObjectType) -> str:
    return ", ".join(
        name if is_leaf_type(get_named_type(field.type)) else f"{name} {{…}}" for name, field in kind.fields.items()
    )
