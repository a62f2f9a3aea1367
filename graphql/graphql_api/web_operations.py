"""The web client's documents with the types of what they take and give: web/src/generated/operations.ts.

They stand in graphql/operations/, one operation each, in a file that is named as the operation is. Types are as JSON
spells the values: ids, instants, days, decimals and 64-bit integers are strings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_required_input_field,
    parse,
    strip_ignored_characters,
    type_from_ast,
    validate,
)

from values.wire import python_name

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "graphql" / "operations"
FILE = ROOT / "web" / "src" / "generated" / "operations.ts"
_HEAD = """\
/** Written by `yunfan schema` from graphql/operations/; not to be edited. */
import type { Json } from "../values/json";
"""
_SCALARS = {"Int": "number", "Float": "number", "Boolean": "boolean", "JSON": "Json"}  # all others are strings


class DocumentUnfit(Exception):
    """A document that the client may not be built with."""


@dataclass(frozen=True, slots=True)
class Operation:
    """`text`: without what the grammar ignores; `sha256`: of it, in hexadecimal."""

    name: str
    kind: str
    text: str
    sha256: str
    variables: str
    result: str


def written(schema: GraphQLSchema, folder: Path = DOCUMENTS) -> str:
    """The file as it should be. Raises DocumentUnfit."""
    inputs: dict[str, str] = {}
    found = sorted((_read(path, schema, inputs) for path in folder.glob("*.graphql")), key=lambda one: one.name)
    shapes = "".join(f"\nexport type {name} = {shape};\n" for name, shape in sorted(inputs.items()))
    types = "".join(
        f"  readonly {one.name}: {{\n    readonly variables: {one.variables};\n"
        f"    readonly result: {one.result};\n  }};\n"
        for one in found
    )
    texts = "".join(
        f'  {one.name}: {{\n    kind: "{one.kind}",\n    hash: "{one.sha256}",\n'
        f"    text: {json.dumps(one.text, ensure_ascii=False)},\n  }},\n"
        for one in found
    )
    return (
        f"{_HEAD}{shapes}\nexport interface Operations {{\n{types}}}\n\n"
        "/** `hash`: SHA-256 of `text`, in hexadecimal. */\n"
        "export interface OperationText {\n"
        '  readonly kind: "query" | "mutation" | "subscription";\n'
        "  readonly hash: string;\n  readonly text: string;\n}\n\n"
        f"export const OPERATIONS: Readonly<Record<keyof Operations, OperationText>> = {{\n{texts}}};\n"
    )


def _read(path: Path, schema: GraphQLSchema, inputs: dict[str, str]) -> Operation:
    source = path.read_text(encoding="utf-8")
    try:
        document = parse(source)
    except GraphQLError as wrong:
        raise DocumentUnfit(f"{path.name}: {wrong.message}") from None
    problems = validate(schema, document)
    if problems:
        raise DocumentUnfit(f"{path.name}: {problems[0].message}")
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    name = operations[0].name.value if len(operations) == 1 and operations[0].name else ""
    if python_name(name).lstrip("_") != path.stem or not name[:1].isupper():
        raise DocumentUnfit(f"{path.name}: a document is one operation, SignIn in sign_in.graphql")
    text = strip_ignored_characters(source)
    root = schema.get_root_type(operations[0].operation)
    if root is None:
        raise DocumentUnfit(f"{path.name}: the schema has no {operations[0].operation.value}")
    result = _Results(schema, document).of_object(root, [operations[0].selection_set], 4)
    return Operation(
        name=name,
        kind=operations[0].operation.value,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        variables=_variables(schema, operations[0], inputs),
        result=result,
    )


def _variables(schema: GraphQLSchema, operation: OperationDefinitionNode, inputs: dict[str, str]) -> str:
    lines = []
    for definition in operation.variable_definitions or ():
        kind = type_from_ast(schema, definition.type)
        required = isinstance(kind, GraphQLNonNull) and definition.default_value is None
        lines.append(_property(definition.variable.name.value, _given(kind, inputs), 6, optional=not required))
    return _braced(lines, 4)


def _given(kind: object, inputs: dict[str, str]) -> str:
    """The type of what a client gives; input objects are named, and described once in `inputs`."""
    if isinstance(kind, GraphQLNonNull):
        return _given(kind.of_type, inputs).removesuffix(" | null")
    if isinstance(kind, GraphQLList):
        return f"{_listed(_given(kind.of_type, inputs))} | null"
    if isinstance(kind, GraphQLInputObjectType):
        if kind.name not in inputs:
            inputs[kind.name] = ""  # a filter holds filters
            lines = [
                _property(name, _given(field.type, inputs), 2, optional=not is_required_input_field(field))
                for name, field in kind.fields.items()
            ]
            inputs[kind.name] = _braced(lines, 0)
        return f"{kind.name} | null"
    return f"{_leaf(kind)} | null"


@dataclass(frozen=True, slots=True)
class _Results:
    """What a document's selections give."""

    schema: GraphQLSchema
    document: DocumentNode

    def of_object(self, kind: GraphQLObjectType, selected: list[SelectionSetNode], indent: int) -> str:
        fields: dict[str, list[FieldNode]] = {}
        for one in selected:
            for field in self._fields(kind, one):
                fields.setdefault(field.alias.value if field.alias else field.name.value, []).append(field)
        lines = [
            _property(key, self._value(kind, found, indent + 2), indent + 2, optional=any(f.directives for f in found))
            for key, found in fields.items()
        ]
        return _braced(lines, indent)

    def _fields(self, kind: GraphQLObjectType, selected: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield node
            else:
                condition, inner = self._fragment(node)
                if condition is None or self._meets(kind, condition):
                    yield from self._fields(kind, inner)

    def _possible(self, named: GraphQLType) -> Collection[GraphQLObjectType]:
        return self.schema.get_possible_types(named) if is_abstract_type(named) else ()

    def _fragment(self, node: SelectionNode) -> tuple[NamedTypeNode | None, SelectionSetNode]:
        if isinstance(node, InlineFragmentNode):
            return node.type_condition, node.selection_set
        if not isinstance(node, FragmentSpreadNode):
            raise TypeError(node.kind)
        found = next(
            definition
            for definition in self.document.definitions
            if isinstance(definition, FragmentDefinitionNode) and definition.name.value == node.name.value
        )
        return found.type_condition, found.selection_set

    def _meets(self, kind: GraphQLObjectType, condition: NamedTypeNode) -> bool:
        wanted = self.schema.type_map[condition.name.value]
        return wanted is kind or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, kind))

    def _value(self, kind: GraphQLObjectType, fields: list[FieldNode], indent: int) -> str:
        name = fields[0].name.value
        if name == "__typename":
            return json.dumps(kind.name)
        inner = [field.selection_set for field in fields if field.selection_set is not None]
        return self._shape(kind.fields[name].type, inner, indent)

    def _shape(self, kind: GraphQLType, inner: list[SelectionSetNode], indent: int) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self._shape(kind.of_type, inner, indent).removesuffix(" | null")
        if isinstance(kind, GraphQLList):
            return f"{_listed(self._shape(kind.of_type, inner, indent))} | null"
        if not inner:
            return f"{_leaf(kind)} | null"
        named = get_named_type(kind)
        possible = [named] if isinstance(named, GraphQLObjectType) else self._possible(named)
        shapes = dict.fromkeys(self.of_object(one, inner, indent) for one in possible)
        return f"{' | '.join(shapes)} | null"


def _leaf(kind: object) -> str:
    if isinstance(kind, GraphQLEnumType):
        return " | ".join(json.dumps(value) for value in kind.values)
    return _SCALARS.get(str(kind), "string")


def _listed(item: str) -> str:
    return f"readonly ({item})[]" if " | " in item else f"readonly {item}[]"


def _property(name: str, kind: str, indent: int, *, optional: bool) -> str:
    return f"{' ' * indent}readonly {name}{'?' if optional else ''}: {kind};"


def _braced(lines: list[str], indent: int) -> str:
    return "\n".join(["{", *lines, f"{' ' * indent}}}"]) if lines else "Record<string, never>"
