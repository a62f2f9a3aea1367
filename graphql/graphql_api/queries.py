"""Root query fields of entities: a connection per collection (`customers`) and the single row (`customer(id)`)."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.connections import asked_for, connection_arguments, root_connection
from graphql_api.relations import load_node
from graphql_api.scalars import as_uuid, maybe
from graphql_api.shapes import Shape, Shapes
from values.errors import PermissionDenied


def entity_fields(shapes: Shapes) -> dict[str, Any]:
    """Python name → field, for every entity that has a collection."""
    found: dict[str, Any] = {}
    for shape in shapes:
        if shape.root_name is not None:
            found[f"list_{shape.root_name}"] = list_field(shape, shape.root_name)
            found[f"one_{shape.single_name}"] = _single(shape)
    return found


def list_field(shape: Shape, name: str) -> Any:
    """A root connection over the entity, as `name` on the wire."""

    async def resolve(
        info: Any,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
    ) -> Any:
        asked = await asked_for(info.context, shape, first, after, filter, order_by)
        return root_connection(info.context, asked)

    resolve.__annotations__ = {"info": Info, **connection_arguments(shape), "return": maybe(shape.connection)}
    zh, en = shape.label
    return strawberry.field(resolver=resolve, name=name, description=f"{zh}列表 / {en} list")


def _single(shape: Shape) -> Any:
    async def resolve(info: Any, id: Any) -> Any:  # noqa: A002 — the argument's name on the wire
        if not info.context.actor.authority.holds(shape.permission):
            raise PermissionDenied(permission=shape.permission)
        return await load_node(info.context, shape, as_uuid(id, "id"))

    resolve.__annotations__ = {"info": Info, "id": strawberry.ID, "return": maybe(shape.node)}
    zh, en = shape.label
    return strawberry.field(
        resolver=resolve, name=shape.single_name, description=f"{zh}，无权查看时为空 / {en}, null when not yours to see"
    )
