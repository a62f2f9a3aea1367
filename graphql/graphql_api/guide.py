"""The part of docs/guide/api.md that derives from the schema: every operation with its shape."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from graphql_api.schema import core_schema

BEGIN, END = "<!-- operations: begin -->", "<!-- operations: end -->"


def guide_with(guide: str) -> str:
    """The guide with its generated part renewed. Raises ValueError without the two markers."""
    head, _, rest = guide.partition(BEGIN)
    _, marker, tail = rest.partition(END)
    if not marker:
        raise ValueError("docs/guide/api.md has lost its markers")
    return f"{head}{BEGIN}\n\n{operations()}\n{END}{tail}"


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
