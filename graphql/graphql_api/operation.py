"""From a query text to an answer: parse, limit, validate, price, execute. One path for HTTP and WebSocket."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    subscribe,
    validate,
)
from prometheus_client import Histogram

from graphql_api.arguments import check_literals, check_variables
from graphql_api.errors import IntrospectionOff, QueryInvalid, QueryTooLarge, as_error
from graphql_api.limits import IMPORTS, MAX_DEPTH, MAX_TOKENS, Pricer, check_document
from graphql_api.request import Request
from values.errors import Refusal, RequestMalformed

_SECONDS = Histogram("yunfan_graphql_seconds", "GraphQL operations", ["kind", "outcome"])
_MAX_CACHED, _MAX_CACHED_TEXT = 512, 8_000
_MAX_ERRORS = 3
MAX_TEXT = 100_000


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


class Operations:
    """Runs operations on one schema. `open_schema`: development, where introspection and suggestions help."""

    def __init__(self, schema: GraphQLSchema, *, open_schema: bool) -> None:
        self._schema, self._open = schema, open_schema
        self._checked: OrderedDict[str, DocumentNode] = OrderedDict()

    async def answer(self, request: Request, asked: Asked, budget: list[float] | None = None) -> dict[str, Any]:
        """The response body of a query or mutation. `budget`: what earlier operations of a batch have spent."""
        started, kind = time.perf_counter(), "invalid"
        try:
            document, operation = self.prepared(asked, budget)
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
            document, operation = self.prepared(asked)
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

    def prepared(self, asked: Asked, budget: list[float] | None = None) -> tuple[DocumentNode, OperationDefinitionNode]:
        """The checked document and its operation. Raises Refusal or GraphQLError before anything is executed."""
        document = self._document(asked.query)
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
            operation = get_operation_ast(self._document(query), operation_name)
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

    def _document(self, text: str) -> DocumentNode:
        found = self._checked.get(text)
        if found is not None:
            self._checked.move_to_end(text)
            return found
        document = self._check(text)
        if len(text) <= _MAX_CACHED_TEXT:
            self._checked[text] = document
            if len(self._checked) > _MAX_CACHED:
                self._checked.popitem(last=False)
        return document

    def _check(self, text: str) -> DocumentNode:
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
        check_document(document)
        check_literals(document)
        if not self._open and _introspects(document):
            raise IntrospectionOff
        rules = specified_rules if self._open else (*specified_rules, NoSchemaIntrospectionCustomRule)
        wrong_parts = validate(self._schema, document, rules, max_errors=_MAX_ERRORS, hide_suggestions=not self._open)
        if wrong_parts:
            raise wrong_parts[0]
        return document


def _introspects(document: DocumentNode) -> bool:
    """Whether an operation asks for `__schema` or `__type` at its root; the validation rule finds the rest."""
    return any(
        isinstance(found, OperationDefinitionNode)
        and any(
            isinstance(f, FieldNode) and f.name.value in ("__schema", "__type") for f in found.selection_set.selections
        )
        for found in document.definitions
    )
