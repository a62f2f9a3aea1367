"""The roles that every company begins with, as ECRM names them. Admins may change them or make their own."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.command import commands
from kernel.entity import described, entities


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """A built-in role: which actions it holds on business entities, which platform rights, its usual scope."""

    key: str
    zh: str
    en: str
    scope: str
    actions: frozenset[str] | None  # on business entities; None: all
    platform: tuple[str, ...]  # rights about the company itself


_EVERYBODY = (
    "tenants.member.view",
    "tenants.organisation.view",
    "tenants.department.view",
    "tenants.tag.view",
    "tenants.custom_field.view",
    "tenants.inbox.view",
    "tenants.inbox.resolve",
    "tenants.attachment.view",
)
_MANAGER = (*_EVERYBODY, "tenants.tag.manage", "tenants.role.view")
# What is read without being an entity: the audit trail and the security log.
READ_AUDIT = "tenants.audit.view"
_WORK = frozenset({"view", "create", "edit", "log", "import", "export"})

DEFAULT_ROLES = (
    DefaultRole(
        "salesperson", "业务员", "Salesperson", "own", frozenset({"view", "create", "edit", "log"}), _EVERYBODY
    ),
    DefaultRole(
        "department_manager", "部门主管", "Department manager", "subtree", _WORK | {"archive", "restore"}, _MANAGER
    ),
    DefaultRole(
        "general_manager",
        "总经理",
        "General manager",
        "all",
        _WORK | {"archive", "restore", "assign"},
        (*_MANAGER, READ_AUDIT, "tenants.legal_entity.view"),
    ),
    DefaultRole("admin", "管理员", "Admin", "all", None, ("*",)),
    DefaultRole(
        "auditor",
        "审计（只读）",
        "Auditor (read-only)",
        "all",
        frozenset({"view"}),
        (
            *(p for p in _EVERYBODY if p.endswith(".view")),
            READ_AUDIT,
            "tenants.role.view",
            "tenants.legal_entity.view",
            "tenants.setting.view",
        ),
    ),
)


def all_permissions() -> list[str]:
    """Every permission that an entity or a command declares, in order. The set that roles choose from."""
    declared = {p for entity in entities() for p in described(entity).permissions}
    declared |= {found.permission for found in commands() if found.permission}
    return sorted(declared | {READ_AUDIT})


def permissions_of(role: DefaultRole) -> list[str]:
    """The permissions of a built-in role, out of what the loaded rooms declare."""
    chosen: list[str] = []
    for permission in all_permissions():
        action = permission.rsplit(".", 1)[1]
        if permission.startswith("tenants."):
            if "*" in role.platform or permission in role.platform:
                chosen.append(permission)
        elif role.actions is None or action in role.actions:
            chosen.append(permission)
    return chosen
