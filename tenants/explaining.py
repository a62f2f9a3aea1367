"""What tenants derive from an entity: custom fields, tags, erasure, reach, default roles. For `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kernel.entity import Customisable, ScopedRow, TenantRow, described, facets
from kernel.explain import Fact, commands_on
from tenants.custom_field_entities import KINDS
from tenants.custom_fields import FIELDS_PER_ENTITY
from tenants.default_roles import DEFAULT_ROLES, permissions_of
from tenants.entities import SCOPES
from tenants.erasure import personal_columns
from tenants.tags import TAGS_PER_ROW
from tenants.trial_data import transactional_entities
from values.errors import Words


class TenantsExplainer:
    """Custom fields, tags, erasure, data scope, default roles, masks, clearing of the trial's data."""

    room = "tenants"

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]:
        about, customisable = described(entity), issubclass(entity, Customisable)
        limit = Words(f"最多 {FIELDS_PER_ENTITY} 个", f"at most {FIELDS_PER_ENTITY}")
        kinds = [limit, *(choice.value for choice in KINDS)] if customisable else []
        yield Fact("customFields", Words("自定义字段：种类", "custom fields of the kinds"), kinds)
        yield Fact("tagsPerRow", Words("每行标签上限", "tags per row"), TAGS_PER_ROW if _tagged(entity) else 0)
        yield Fact("erased", Words("擦除时清空的列", "blanked when the person is erased"), personal_columns(entity))
        yield Fact("erasing", Words("擦除命令", "erased by"), _erasing(entity))
        yield Fact(
            "scopes",
            Words("数据范围", "data scope"),
            [scope.value for scope in SCOPES] if issubclass(entity, ScopedRow) else [],
        )
        yield Fact("masks", Words("角色可隐藏的字段", "what a role may hide"), _maskable(entity))
        yield Fact("roles", Words("默认角色的权限", "default roles may"), list(_roles(about.permissions)))
        cleared = entity in transactional_entities()
        yield Fact("clearedWithTrial", Words("随试用数据清除", "cleared with the trial's data"), cleared)


def _tagged(entity: type[TenantRow]) -> bool:
    return "tag_ids" in facets(entity)


def _erasing(entity: type[TenantRow]) -> list[str]:
    return [found.name for found in commands_on(entity) if found.function.startswith("erase_")]


def _maskable(entity: type[TenantRow]) -> list[str]:
    """As a role names them: `party.Customer.phone`."""
    return [f"{described(entity).name}.{name}" for name, facet in facets(entity).items() if facet.maskable]


def _roles(permissions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for role in DEFAULT_ROLES:
        held = set(permissions_of(role))
        actions = [permission.rsplit(".", 1)[1] for permission in permissions if permission in held]
        yield {"role": role.key, "label": Words(role.zh, role.en), "scope": role.scope, "actions": actions}
