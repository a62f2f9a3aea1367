"""Root query fields of what a company has beside its collections: settings, devices, legal entities, role assignments.

None of these is replicated to devices, so none is a collection; people and admins read them here all the same.
"""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON
from strawberry.types.info import Info

from graphql_api.connections import Asked, asked_for, connection_arguments, page_size, root_connection
from graphql_api.filters import FilterCompiler
from graphql_api.ordering import ordering_of
from graphql_api.request import Request
from graphql_api.scalars import as_uuid, maybe
from graphql_api.shapes import Shape, Shapes
from tenants.device_entities import Device
from tenants.entities import RoleAssignment
from tenants.settings import known_settings, read_settings
from values.errors import PermissionDenied

SETTING_VIEW = "tenants.setting.view"


@strawberry.type(description="公司设置项 / A setting as it is now. `accepts` says which values `setSetting` takes")
class CompanySetting:
    name: str
    label: str
    value: JSON | None
    default: JSON | None
    accepts: str


def company_fields(shapes: Shapes) -> dict[str, Any]:
    """`settings`, `devices`, `legalEntities`, `roleAssignments(memberId)`."""
    return {
        "settings": _settings(),
        "devices": _devices(shapes["Device"]),
        "legal_entities": _legal_entities(shapes["LegalEntity"]),
        "role_assignments": _role_assignments(shapes["RoleAssignment"]),
    }


def _settings() -> Any:
    async def resolve(info: Any) -> Any:
        request: Request = info.context
        if not request.actor.authority.holds(SETTING_VIEW):
            raise PermissionDenied(permission=SETTING_VIEW)
        values = await request.reading(read_settings)
        english = request.actor.language.startswith("en")
        return [
            CompanySetting(
                name=setting.name,
                label=setting.en if english else setting.zh,
                value=values.get(setting.name, setting.default),
                default=setting.default,
                accepts=setting.accepts_en if english else setting.accepts_zh,
            )
            for setting in known_settings(values)
        ]

    resolve.__annotations__ = {"info": Info, "return": list[CompanySetting]}
    return strawberry.field(
        resolver=resolve,
        name="settings",
        description=f"公司设置，含默认值 / The company's settings, with defaults — {SETTING_VIEW}",
    )


def _devices(shape: Shape) -> Any:
    async def resolve(
        info: Any,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
    ) -> Any:
        request: Request = info.context
        if request.actor.authority.holds(shape.permission):
            return root_connection(request, await asked_for(request, shape, first, after, filter, order_by))
        own = [Device.tenant_id == request.actor.tenant_id, Device.member_id == request.actor.member_id]
        own += await FilterCompiler(shape, request).conditions(filter)
        ordering = ordering_of(shape, order_by, request)
        return root_connection(request, Asked(shape, tuple(own), ordering, page_size(first), after or None))

    resolve.__annotations__ = {"info": Info, **connection_arguments(shape), "return": maybe(shape.connection)}
    return strawberry.field(
        resolver=resolve,
        name="devices",
        description=f"设备：自己的；有权限时为全公司的 / Devices: one's own, all with {shape.permission}",
    )


def _legal_entities(shape: Shape) -> Any:
    async def resolve(
        info: Any,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
    ) -> Any:
        return root_connection(info.context, await asked_for(info.context, shape, first, after, filter, order_by))

    resolve.__annotations__ = {"info": Info, **connection_arguments(shape), "return": maybe(shape.connection)}
    return strawberry.field(
        resolver=resolve,
        name="legalEntities",
        description=f"法人主体列表 / Legal entity list — {shape.permission}",
    )


def _role_assignments(shape: Shape) -> Any:
    async def resolve(
        info: Any,
        member_id: Any = UNSET,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
    ) -> Any:
        asked = await asked_for(info.context, shape, first, after, filter, order_by)
        if member_id is not UNSET and member_id is not None:
            of_member = RoleAssignment.member_id == as_uuid(member_id, "memberId")
            asked = Asked(shape, (*asked.conditions, of_member), asked.ordering, asked.first, asked.after)
        return root_connection(info.context, asked)

    resolve.__annotations__ = {
        "info": Info,
        "member_id": maybe(strawberry.ID),
        **connection_arguments(shape),
        "return": maybe(shape.connection),
    }
    return strawberry.field(
        resolver=resolve,
        name="roleAssignments",
        description=f"角色分配：谁有什么角色 / Who holds which role — {shape.permission}",
    )
