"""A document as its executor would meet it: fragments spread, equal response keys merged. Walked once, with a budget.

Validation compares every two fields of one response key, and what stands below them, at every level of the document:
a short text keeps it busy for seconds. What this walk lets pass costs validation some tens of milliseconds at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from graphql_api.errors import QueryTooLarge

MAX_DEPTH = 12
MAX_NESTING = 24  # of selections, fragments counted in
MAX_FIELDS = 600
MAX_FRAGMENTS = 30
MAX_MERGED = 10
MAX_COMPARISONS = 6_000


class Flattening:
    """Counts one document. Cycles of fragments end at the depth, the nesting or the number of fields."""

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = fragments_of(document)
        self._spread: set[str] = set()
        self._roots: set[str] = set()
        self._sizes: dict[int, int] = {}
        self._fields = self._comparisons = 0

    def check(self) -> frozenset[str]:
        """The names of the root fields that the document's operations ask for. Raises QueryTooLarge."""
        refuse_beyond("fragments", len(self._fragments), MAX_FRAGMENTS)
        operations = [found for found in self._document.definitions if isinstance(found, OperationDefinitionNode)]
        for operation in operations:
            self._roots |= self._level([(operation.selection_set, 1)], 1)
        for name, fragment in self._fragments.items():
            if name not in self._spread:  # validation looks at it all the same
                self._level([(fragment.selection_set, 1)], 1)
        return frozenset(self._roots)

    def _level(self, selected: list[tuple[SelectionSetNode, int]], depth: int) -> set[str]:
        """One level of the answer: the fields under each response key, then what they select together. The names."""
        refuse_beyond("depth", depth, MAX_DEPTH)
        merged: dict[str, list[tuple[FieldNode, int]]] = {}
        for field, nesting in self._fields_of(selected):
            merged.setdefault(response_key(field), []).append((field, nesting))
        for found in merged.values():
            if len(found) > 1:
                self._compare(found)
            below = [(field.selection_set, nesting + 1) for field, nesting in found if field.selection_set]
            if below:
                self._level(below, depth + 1)
        return {field.name.value for found in merged.values() for field, _ in found}

    def _fields_of(self, selected: list[tuple[SelectionSetNode, int]]) -> Iterator[tuple[FieldNode, int]]:
        """The fields of selections without the fragments around them; a fragment counts as a field does."""
        waiting = selected.copy()
        while waiting:
            selection_set, nesting = waiting.pop()
            refuse_beyond("depth", nesting, MAX_NESTING)
            self._fields += len(selection_set.selections)
            refuse_beyond("fields", self._fields, MAX_FIELDS)
            for found in selection_set.selections:
                if isinstance(found, FieldNode):
                    yield found, nesting
                else:
                    inner = self._inside(found)
                    if inner is not None:
                        waiting.append((inner, nesting + 1))

    def _inside(self, found: SelectionNode) -> SelectionSetNode | None:
        if isinstance(found, InlineFragmentNode):
            return found.selection_set
        if not isinstance(found, FragmentSpreadNode):
            return None
        name = found.name.value
        self._spread.add(name)
        fragment = self._fragments.get(name)
        return fragment.selection_set if fragment else None

    def _compare(self, found: list[tuple[FieldNode, int]]) -> None:
        """Every two fields of one key are compared once for each selection around them, arguments included."""
        refuse_beyond("repeated fields", len(found), MAX_MERGED)
        around = max(nesting for _, nesting in found)
        size = sum(self._size(field) for field, _ in found)
        self._comparisons += (len(found) - 1) * size * around
        refuse_beyond("comparisons", self._comparisons, MAX_COMPARISONS)

    def _size(self, field: FieldNode) -> int:
        """1 and what the arguments and directives are made of."""
        found = self._sizes.get(id(field))
        if found is None:
            found = self._sizes[id(field)] = 1 + _nodes((*(field.arguments or ()), *(field.directives or ())))
        return found


def response_key(field: FieldNode) -> str:
    """The name under which a field answers."""
    name: str = (field.alias or field.name).value
    return name


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Fragment definitions by name."""
    return {found.name.value: found for found in document.definitions if isinstance(found, FragmentDefinitionNode)}


def _nodes(roots: Iterable[Node]) -> int:
    """How many nodes a part of a document has; the parser has bounded its depth and its tokens."""
    waiting, count = list(roots), 0
    while waiting:
        node = waiting.pop()
        count += 1
        for key in node.keys:
            value = getattr(node, key, None)
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, list | tuple):
                waiting.extend(found for found in value if isinstance(found, Node))
    return count


def refuse_beyond(measure: str, found: float, limit: int) -> None:
    """Raises QueryTooLarge."""
    if found > limit:
        raise QueryTooLarge(measure=measure, found=round(found), limit=limit)
