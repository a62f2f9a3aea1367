"""The part of docs/guide/api.md that derives from the types: each entity's fields, filter and order, and the rights."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from tenants.mask_names import maskable_fields
from tenants.permission_names import permission_names

_FIELDS = "| 字段 Field | 类型 Type | 说明 About |\n|---|---|---|"
_RIGHTS = "| 权限 Permission | 说明 About |\n|---|---|"
_MASKS = "| 字段 Field | 说明 About |\n|---|---|"


def types(schema: GraphQLSchema) -> Iterator[str]:
    """Markdown: every type whose rows are listed, reached and changed by operations."""
    for name, kind in sorted(schema.type_map.items()):
        if isinstance(kind, GraphQLObjectType) and is_row(schema, kind):
            yield f"#### {name}\n"
            yield f"{kind.description or ''}\n"
            yield _FIELDS
            yield from (_field(field_name, field) for field_name, field in kind.fields.items())
            yield ""
            yield from _narrowed(schema, name)


def permissions() -> Iterator[str]:
    """Markdown: what `permissions` and `masks` of a role take."""
    yield "#### 权限 Permissions\n"
    yield _RIGHTS
    yield from (f"| `{name}` | {cell(f'{told.zh} / {told.en}')} |" for name, told in sorted(permission_names().items()))
    yield "\n#### 可隐藏的字段 Maskable fields\n"
    yield _MASKS
    for found in maskable_fields():
        told = f"{found.entity_label.zh}：{found.label.zh} / {found.entity_label.en}: {found.label.en}"
        yield f"| `{found.code}` | {cell(told)} |"
    yield ""


def is_row(schema: GraphQLSchema, kind: GraphQLObjectType) -> bool:
    """Whether a type is an entity's, with a section of its own."""
    return f"{kind.name}Connection" in schema.type_map


def cell(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _field(name: str, field: GraphQLField) -> str:
    return f"| `{name}` | `{field.type}` | {cell(field.description or '')} |"


def _narrowed(schema: GraphQLSchema, name: str) -> Iterator[str]:
    """What `filter` and `orderBy` of its list take."""
    found = schema.type_map.get(f"{name}Filter")
    if isinstance(found, GraphQLInputObjectType):
        given = ", ".join(f"{key}: {field.type}" for key, field in found.fields.items())
        yield f"`{found.name}`: `{{{given}}}`\n"
    order = schema.type_map.get(f"{name}Order")
    if isinstance(order, GraphQLInputObjectType):
        given = ", ".join(f"{key}: {_words(get_named_type(field.type))}" for key, field in order.fields.items())
        yield f"`{order.name}`: `{{{given}}}`\n"


def _words(kind: object) -> str:
    return " or ".join(kind.values) if isinstance(kind, GraphQLEnumType) else str(kind)
