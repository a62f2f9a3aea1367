"""What one request may ask for. Counted on the document before validation, priced before any SQL."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    visit,
)

from graphql_api.connections import DEFAULT_PAGE, MAX_PAGE
from graphql_api.flattening import MAX_DEPTH as MAX_DEPTH  # of one list with the others
from graphql_api.flattening import Flattening, fragments_of, refuse_beyond, response_key

MAX_TOKENS = 2_000
MAX_ALIASES = 30
MAX_DIRECTIVES = 20
MAX_DUPLICATES = 5
MAX_COST = 20_000
MAX_OPERATIONS = 5
MAX_BATCH = 5

_LEAF, _OBJECT, _COUNT, _LIST_SIZE, _MUTATION = 0.1, 1.0, 5.0, 5, 400.0
# What carries a file, and so a large body.
IMPORTS = frozenset({"importCustomers", "importContacts", "importProducts", "importOpeningStock"})
# Each of these spends an argon2 hash, a mail or a text message.
_DEAR = 4_000.0
DEAR = frozenset(
    {
        "signUp",
        "signIn",
        "acceptInvitation",
        "resetPassword",
        "changePassword",
        "createMember",
        "inviteMember",
        "resendInvitation",
        "requestSmsCode",
        "requestPasswordReset",
        "requestEmailVerification",
        "resetMemberPassword",
        "enrollTotp",
        "confirmTotp",
        "disableTotp",
        "exportData",
        *IMPORTS,
    }
)


class _Counts(Visitor):
    """Aliases, directives and repeated fields of a whole document."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases = self.directives = self.repeated = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None

    def enter_directive(self, *_: Any) -> None:
        self.directives += 1

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        keys = Counter(response_key(found) for found in node.selections if isinstance(found, FieldNode))
        self.repeated = max(self.repeated, *keys.values(), 0)


def check_document(document: DocumentNode) -> frozenset[str]:
    """Aliases, directives, repeated fields, operations, and what fragments make of them.

    Answers the names of the root fields asked for. Raises QueryTooLarge.
    """
    counts = _Counts()
    visit(document, counts)
    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    refuse_beyond("aliases", counts.aliases, MAX_ALIASES)
    refuse_beyond("directives", counts.directives, MAX_DIRECTIVES)
    refuse_beyond("repeated fields", counts.repeated, MAX_DUPLICATES)
    refuse_beyond("operations", len(operations), MAX_OPERATIONS)
    return Flattening(document).check()


class Pricer:
    """What a valid operation may cost at most: page sizes multiply. A leaf 0.1, an object 1, a count 5."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self._fragments = fragments_of(document)
        self._priced: dict[str, float] = {}

    def price(self, operation: OperationDefinitionNode) -> float:
        """The operation's price. Raises QueryTooLarge beyond 20,000."""
        self._defaults = {
            found.variable.name.value: found.default_value for found in operation.variable_definitions or ()
        }
        root = self._schema.get_root_type(operation.operation)
        found = self._selections(operation.selection_set, root)
        refuse_beyond("cost", found, MAX_COST)
        return found

    @staticmethod
    def refuse_total(spent: float) -> None:
        """The operations of one batch share one allowance. Raises QueryTooLarge."""
        refuse_beyond("cost", spent, MAX_COST)

    def _selections(self, selected: SelectionSetNode | None, parent: Any) -> float:
        total = 0.0
        for found in selected.selections if selected else ():
            if isinstance(found, FieldNode):
                total += self._field(found, parent)
            elif isinstance(found, InlineFragmentNode):
                name = found.type_condition.name.value if found.type_condition else None
                total += self._selections(found.selection_set, self._schema.get_type(name) if name else parent)
            elif isinstance(found, FragmentSpreadNode):
                total += self._fragment(found.name.value)
        return total

    def _fragment(self, name: str) -> float:
        if name not in self._priced:
            fragment = self._fragments[name]
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._priced[name] = self._selections(fragment.selection_set, on)
        return self._priced[name]

    def _field(self, node: FieldNode, parent: Any) -> float:
        name = node.name.value
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name not in parent.fields:
            return _LEAF
        field = parent.fields[name]
        kind = get_named_type(field.type)
        if parent is self._schema.mutation_type:
            return (_DEAR if name in DEAR else _MUTATION) + self._selections(node.selection_set, kind)
        if is_leaf_type(kind):
            return _COUNT if name == "totalCount" else _LEAF
        inner = self._selections(node.selection_set, kind)
        if "first" in field.args:
            return _OBJECT + self._page_size(node) * inner
        in_connection = name in ("edges", "nodes") and parent.name.endswith("Connection")
        return _OBJECT + (inner if in_connection or not _is_list(field) else _LIST_SIZE * inner)

    def _page_size(self, node: FieldNode) -> int:
        asked: Node | None = next((a.value for a in node.arguments or () if a.name.value == "first"), None)
        value: Any = None
        if isinstance(asked, VariableNode):
            name = asked.name.value
            value = self._variables.get(name)
            asked = None if name in self._variables else self._defaults.get(name)
        if isinstance(asked, IntValueNode):
            value = int(asked.value)
        if isinstance(value, bool) or not isinstance(value, int):
            return DEFAULT_PAGE
        return max(1, min(value, MAX_PAGE))


def _is_list(field: GraphQLField) -> bool:
    kind = field.type.of_type if is_non_null_type(field.type) else field.type
    return bool(is_list_type(kind))
