"""Every command is a mutation: `verbNoun(input: VerbNounInput!)`. A thin door: it holds no rule."""

from __future__ import annotations

from typing import Any

import msgspec
import strawberry
from strawberry.types.info import Info

from graphql_api.allowed_values import input_name
from graphql_api.deprecated import reason_for
from graphql_api.relations import load_node
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes
from graphql_api.structs import StructTypes, struct_of
from kernel.command import Command, commands
from kernel.entity import TenantRow
from kernel.executor import Invocation, Outcome
from tenants.identity.results import Done
from values.wire import wire_name


def command_fields(shapes: Shapes, structs: StructTypes) -> dict[str, Any]:
    """Python name → field, for every command that the API offers."""
    return {found.function: _field(found, shapes, structs) for found in commands() if found.api}


def _field(command: Command, shapes: Shapes, structs: StructTypes) -> Any:
    shape = _shape_of(command, shapes)
    struct = command.result_type if _is_struct(command.result_type) else Done
    has_input = bool(msgspec.structs.fields(command.input_type))

    async def run(info: Any, given: Any) -> Any:
        request: Request = info.context
        actor = request.actor  # who is asked before what: the anonymous learn nothing about inputs
        data = struct_of(given, command.input_type) if given is not None else command.input_type()
        outcome = await request.engine.executor.run(actor, command, data, _invocation(request, info))
        # What was read before the write is stale, the open transaction's snapshot included.
        await request.close_reading()
        return await _answer(request, shape, struct, outcome)

    async def with_input(info: Any, input: Any) -> Any:  # noqa: A002 — the argument's name on the wire
        return await run(info, input)

    async def without_input(info: Any) -> Any:
        return await run(info, None)

    resolve = with_input if has_input else without_input
    resolve.__annotations__ = {"info": Info}
    if has_input:
        resolve.__annotations__["input"] = structs.input(command.input_type, input_name(command.function))
    returned: Any = shape.node if shape is not None else structs.output(struct)
    # Null after success: the row is no longer the caller's to see (assigned away, deleted).
    resolve.__annotations__["return"] = maybe(returned) if shape is not None else returned
    name = wire_name(command.function)
    permission = f" — {command.permission}" if command.permission else ""
    return strawberry.field(
        resolver=resolve,
        name=name,
        description=f"{command.zh} / {command.en}{permission}",
        deprecation_reason=reason_for("Mutation", name),
    )


def _shape_of(command: Command, shapes: Shapes) -> Shape | None:
    result = command.result_type
    return shapes.of_class(result) if isinstance(result, type) and issubclass(result, TenantRow) else None


def _is_struct(result: Any) -> bool:
    return isinstance(result, type) and issubclass(result, msgspec.Struct)


def _invocation(request: Request, info: Any) -> Invocation:
    """The request's idempotency key; with several mutations in one operation, each has its own under its alias."""
    if request.idempotency_key is None:
        return Invocation()
    raw = info._raw_info
    alone = len(raw.operation.selection_set.selections) == 1
    return Invocation(key=request.idempotency_key if alone else f"{request.idempotency_key}:{raw.path.key}")


async def _answer(request: Request, shape: Shape | None, struct: Any, outcome: Outcome) -> Any:
    if shape is not None:
        return await load_node(request, shape, outcome.row_id)
    if isinstance(outcome.value, struct):
        return outcome.value
    return msgspec.convert(outcome.result or {}, struct, strict=False)
