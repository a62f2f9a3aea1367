"""Root query fields of what a company has beside its collections: settings, devices, legal entities, role assignments;
and what its roles are made of: permissions and the fields that they may hide.

None of these is replicated to devices, so none is a collection; people and admins read them here all the same.
"""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON
from strawberry.types.info import Info

from graphql_api.connections import Asked, asked_for, connection_arguments, root_connection
from graphql_api.devices import devices_field, health_field
from graphql_api.queries import list_field
from graphql_api.request import Request
from graphql_api.scalars import as_uuid, maybe
from graphql_api.shapes import Shape, Shapes
from kernel.entity import described
from tenants.entities import Role, RoleAssignment
from tenants.mask_names import maskable_fields
from tenants.permission_names import permission_names
from tenants.settings import known_settings, read_settings
from values.errors import PermissionDenied

SETTING_VIEW = "tenants.setting.view"
ROLE_VIEW = described(Role).view_permission


@strawberry.type(description="公司设置项 / A setting as it is now. `accepts` says which values `setSetting` takes")
class CompanySetting:
    name: str
    label: str
    value: JSON | None
    default: JSON | None
    accepts: str


@strawberry.type(description="权限 / A permission that a role may hold. `code` is what `createRole` takes")
class Permission:
    code: str
    name: str


@strawberry.type(description="可隐藏字段 / A field that a role may hide. `code` is what the `masks` of a role take")
class MaskableField:
    code: str
    entity: str
    entity_label: str
    field: str
    label: str


def company_fields(shapes: Shapes) -> dict[str, Any]:
    """`settings`, `devices`, `deviceHealth`, `legalEntities`, `roleAssignments(memberId)`, `permissions`,
    `maskableFields`."""
    return {
        "settings": _settings(),
        "devices": devices_field(shapes["Device"]),
        "device_health": health_field(shapes["Device"]),
        "legal_entities": list_field(shapes["LegalEntity"], "legalEntities"),
        "role_assignments": _role_assignments(shapes["RoleAssignment"]),
        "permissions": _permissions(),
        "maskable_fields": _maskable_fields(),
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


def _permissions() -> Any:
    def resolve(info: Any) -> Any:
        request = _reader_of_roles(info)
        names = permission_names()
        return [Permission(code=code, name=names[code].in_language(request.language)) for code in sorted(names)]

    resolve.__annotations__ = {"info": Info, "return": list[Permission]}
    return strawberry.field(
        resolver=resolve,
        name="permissions",
        description=f"可授予的权限 / All permissions that a role may hold — {ROLE_VIEW}",
    )


def _maskable_fields() -> Any:
    def resolve(info: Any) -> Any:
        language = _reader_of_roles(info).language
        return [
            MaskableField(
                code=found.code,
                entity=found.entity,
                entity_label=found.entity_label.in_language(language),
                field=found.field,
                label=found.label.in_language(language),
            )
            for found in maskable_fields()
        ]

    resolve.__annotations__ = {"info": Info, "return": list[MaskableField]}
    return strawberry.field(
        resolver=resolve,
        name="maskableFields",
        description=f"角色可以隐藏的字段 / All fields that a role may hide — {ROLE_VIEW}",
    )


def _reader_of_roles(info: Any) -> Request:
    request: Request = info.context
    if not request.actor.authority.holds(ROLE_VIEW):
        raise PermissionDenied(permission=ROLE_VIEW)
    return request


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
