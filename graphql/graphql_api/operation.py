"""From a query text to an answer: parse, limit, validate, price, execute. One path for HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from hashlib import sha256
from inspect import isawaitable
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    TokenKind,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    subscribe,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from prometheus_client import Histogram

from graphql_api.arguments import check_literals, check_variables
from graphql_api.errors import IntrospectionOff, QueryInvalid, QueryTooLarge, as_error
from graphql_api.identity import OPEN
from graphql_api.limits import IMPORTS, MAX_DEPTH, MAX_TOKENS, Pricer, check_document
from graphql_api.request import Request
from values.errors import Refusal, RequestMalformed
from values.wire import wire_name

_SECONDS = Histogram("yunfan_graphql_seconds", "GraphQL operations", ["kind", "outcome"])
_MAX_CACHED, _MAX_CACHED_TEXT = 512, 8_000
_MAX_ERRORS = 3
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
MAX_TEXT = 100_000
MAX_OPEN_TEXT = 10_000  # of the anonymous: how one signs in is asked in a few lines
_PUBLIC = frozenset({*map(wire_name, OPEN), "invitation", "__typename", "__schema", "__type"})
# The library's own allowance is for large schemas and trusted clients. What our limits let pass spends a tenth of this.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation as it came over the wire."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None

    @classmethod
    def of(cls, body: Any) -> Asked:
        """From a JSON body `{query, variables?, operationName?}`. Raises RequestMalformed."""
        query = body.get("query") if isinstance(body, dict) else None
        variables = body.get("variables") if isinstance(body, dict) else None
        variables = {} if variables is None else variables
        name = body.get("operationName") if isinstance(body, dict) else None
        if not isinstance(query, str) or not isinstance(variables, dict) or not isinstance(name, str | None):
            raise RequestMalformed(expected='{"query": "…", "variables": {…}}')
        check_variables(variables)
        return cls(query, variables, name)


@dataclass(frozen=True, slots=True)
class _Read:
    """A document as it was written, and the root fields that its operations ask for."""

    document: DocumentNode
    roots: frozenset[str]


class Operations:
    """Runs operations on one schema. `open_schema`: development, where introspection and suggestions help."""

    def __init__(self, schema: GraphQLSchema, *, open_schema: bool) -> None:
        self._schema, self._open = schema, open_schema
        self._read: OrderedDict[str, _Read] = OrderedDict()
        self._valid: OrderedDict[bytes, None] = OrderedDict()
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._known = frozenset(name for root in roots if root for name in root.fields)

    async def answer(self, request: Request, asked: Asked, budget: list[float] | None = None) -> dict[str, Any]:
        """The response body of a query or mutation. `budget`: what earlier operations of a batch have spent."""
        await asyncio.sleep(0)  # between the operations of a batch others get their turn
        started, kind = time.perf_counter(), "invalid"
        try:
            document, operation = self.prepared(asked, budget, request)
            kind = operation.operation.value
            if operation.operation is OperationType.SUBSCRIPTION:
                raise QueryInvalid(problem="subscriptions travel over graphql-transport-ws")
            async with request:
                result = execute(
                    self._schema,
                    document,
                    context_value=request,
                    variable_values=asked.variables,
                    operation_name=asked.operation_name,
                    max_coercion_errors=_MAX_ERRORS,
                    hide_suggestions=not self._open,
                )
                found = await result if isawaitable(result) else result
            body = self.body(request, found)
        except (Refusal, GraphQLError) as refused:
            body = self.refused(request, refused)
        outcome = "refused" if "errors" in body else "ok"
        _SECONDS.labels(kind, outcome).observe(time.perf_counter() - started)
        return body

    async def stream(self, request: Request, asked: Asked) -> AsyncGenerator[dict[str, Any]]:
        """The responses of a subscription; of a query or mutation, its single one."""
        try:
            document, operation = self.prepared(asked, None, request)
        except (Refusal, GraphQLError) as refused:
            yield self.refused(request, refused)
            return
        if operation.operation is not OperationType.SUBSCRIPTION:
            yield await self.answer(request, asked)
            return
        started = subscribe(
            self._schema,
            document,
            context_value=request,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            hide_suggestions=not self._open,
        )
        found = await started if isawaitable(started) else started
        if isinstance(found, ExecutionResult):
            yield self.body(request, found)
            return
        try:
            async for result in found:
                yield self.body(request, result)
        except Exception as wrong:  # noqa: BLE001 — the source stream's end, whatever it was, is told to the client
            yield self.refused(request, GraphQLError("", original_error=wrong))

    def prepared(
        self, asked: Asked, budget: list[float] | None = None, request: Request | None = None
    ) -> tuple[DocumentNode, OperationDefinitionNode]:
        """The checked document and its operation. `request`: who asks; the anonymous may name few fields.

        Raises Refusal or GraphQLError before anything is executed.
        """
        document = self._document(asked.query, request)
        operation = get_operation_ast(document, asked.operation_name)
        if operation is None:
            raise QueryInvalid(field="operationName", problem="name one of the document's operations")
        spent = Pricer(self._schema, document, asked.variables).price(operation)
        if budget is not None:
            budget.append(spent)
            Pricer.refuse_total(sum(budget))
        return document, operation

    def imports_only(self, query: str, operation_name: str | None) -> bool:
        """Whether an operation does nothing but import files: only that may carry a large body."""
        try:
            operation = get_operation_ast(self._document(query, None), operation_name)
        except (Refusal, GraphQLError):
            return False
        fields = operation.selection_set.selections if operation is not None else ()
        return bool(fields) and all(isinstance(f, FieldNode) and f.name.value in IMPORTS for f in fields)

    def body(self, request: Request, result: ExecutionResult) -> dict[str, Any]:
        """An execution's result as the response body."""
        found: dict[str, Any] = {"data": result.data}
        if result.errors:
            found["errors"] = [as_error(wrong, request.language, request.request_id) for wrong in result.errors]
        return found

    def refused(self, request: Request, refused: Refusal | GraphQLError) -> dict[str, Any]:
        """A request that was not executed: no `data` at all, as the specification wants it."""
        wrong = refused if isinstance(refused, GraphQLError) else GraphQLError("", original_error=refused)
        return {"errors": [as_error(wrong, request.language, request.request_id)]}

    def _document(self, text: str, request: Request | None) -> DocumentNode:
        """Parsed, measured, then open to who asks, then valid: what costs most comes last."""
        anonymous = request is not None and request.signed_in is None
        if request is not None and anonymous and len(text) > MAX_OPEN_TEXT:
            request.session()
        found = self._read.get(text) or self._parsed(text)
        if request is not None and anonymous and self._hidden(found.roots):
            request.session()
        if text not in self._read:
            self._validate(found.document)
        if len(text) <= _MAX_CACHED_TEXT:
            _remember(self._read, text, found)
        return found.document

    def _hidden(self, roots: frozenset[str]) -> bool:
        """Whether the anonymous learn nothing about these fields. In development a wrong name is told to anybody."""
        return bool((roots & self._known if self._open else roots) - _PUBLIC)

    def _parsed(self, text: str) -> _Read:
        if len(text) > MAX_TEXT:  # the lexer is slow on long text, and a literal is no place for a file
            raise QueryTooLarge(measure="query characters", found=len(text), limit=MAX_TEXT)
        try:
            document = parse(text, max_tokens=MAX_TOKENS, no_location=False)
        except GraphQLError as wrong:
            if str(MAX_TOKENS) in wrong.message and "tokens" in wrong.message:
                raise QueryTooLarge(measure="tokens", found=f">{MAX_TOKENS}", limit=MAX_TOKENS) from None
            if "nested too deeply" in wrong.message:
                raise QueryTooLarge(measure="depth", found=f">{MAX_DEPTH}", limit=MAX_DEPTH) from None
            raise
        roots = check_document(document)
        check_literals(document)
        return _Read(document, roots)

    def _validate(self, document: DocumentNode) -> None:
        """By the schema's rules, unless the same tokens passed before: comments and blanks make no other document."""
        key = _digest(document)
        if key not in self._valid:
            if not self._open and _introspects(document):
                raise IntrospectionOff
            rules = specified_rules if self._open else (*specified_rules, NoSchemaIntrospectionCustomRule)
            wrong_parts = validate(
                self._schema, document, rules, max_errors=_MAX_ERRORS, hide_suggestions=not self._open
            )
            if wrong_parts:
                raise wrong_parts[0]
        _remember(self._valid, key, None)


def _remember(cache: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Puts an entry last; the least recently used one gives way."""
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > _MAX_CACHED:
        cache.popitem(last=False)


def _digest(document: DocumentNode) -> bytes:
    """Of the document's tokens, without comments, blanks and commas."""
    digest = sha256()
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind is not TokenKind.COMMENT:
            value = token.value or ""
            digest.update(f"{token.kind.value} {len(value)} {value}\n".encode(errors="surrogatepass"))
        token = token.next
    return digest.digest()


def _introspects(document: DocumentNode) -> bool:
    """Whether an operation asks for `__schema` or `__type` at its root; the validation rule finds the rest."""
    return any(
        isinstance(found, OperationDefinitionNode)
        and any(
            isinstance(f, FieldNode) and f.name.value in ("__schema", "__type") for f in found.selection_set.selections
        )
        for found in document.definitions
    )
