"""The roles that every company begins with, as ECRM names them. Admins may change them or make their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.command import commands
from kernel.entity import described, entities


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """A built-in role: which actions it holds on business entities, which platform rights, its usual scope.

    `apart`: by the beginning of permissions, the actions that the role holds there instead; the longest one counts.
    """

    key: str
    zh: str
    en: str
    scope: str
    actions: frozenset[str] | None  # on business entities; None: all
    platform: tuple[str, ...]  # rights about the company itself
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)
    masks: tuple[str, ...] = ()  # stored names of fields that the role hides


_EVERYBODY = (
    "tenants.member.view",
    "tenants.organisation.view",
    "tenants.department.view",
    "tenants.tag.view",
    "tenants.custom_field.view",
    "tenants.inbox.view",
    "tenants.inbox.resolve",
    "tenants.number_lease.view",
    "tenants.number_lease.lease",
    "tenants.document_number.void",
    "tenants.attachment.view",
)
_MANAGER = (
    *_EVERYBODY,
    "tenants.saved_view.share",
    "tenants.tag.manage",
    "tenants.role.view",
    "tenants.number_lease.close",
)
_NUMBERS = ("tenants.number_series.view", "tenants.document_number.view")
# What is read without being an entity: the audit trail and the security log.
READ_AUDIT = "tenants.audit.view"
_WORK = frozenset({"view", "create", "edit", "log", "import", "export"})
_VIEW = frozenset({"view"})
_SELL = frozenset({"view", "create", "edit", "confirm", "cancel"})
_STOCK = frozenset({"view", "record", "create", "edit", "post", "export"})
# Prices and master data are set by few, and what leaves the warehouse is said by those who keep it.
_READ_MASTER_DATA: Mapping[str, frozenset[str]] = {"catalog.": _VIEW, "inventory.": _VIEW}

DEFAULT_ROLES = (
    DefaultRole(
        "salesperson",
        "业务员",
        "Salesperson",
        "own",
        frozenset({"view", "create", "edit", "log"}),
        _EVERYBODY,
        {**_READ_MASTER_DATA, "sales.order.": _SELL},
    ),
    DefaultRole(
        "department_manager",
        "部门主管",
        "Department manager",
        "subtree",
        _WORK | {"archive", "restore"},
        _MANAGER,
        {**_READ_MASTER_DATA, "sales.order.": _SELL | {"deliver", "pack", "export"}},
    ),
    DefaultRole(
        "warehouse_keeper",
        "仓库管理员",
        "Warehouse keeper",
        "all",
        frozenset(),
        _EVERYBODY,
        {
            "party.customer.": _VIEW,
            "catalog.": _VIEW,
            "inventory.": _STOCK,
            "sales.order.": frozenset({"view", "deliver", "pack"}),
        },
        (
            "catalog.Product.list_price",
            "sales.SalesOrder.total_minor",
            "sales.SalesOrderLine.unit_price",
            "sales.SalesOrderLine.amount_minor",
        ),
    ),
    DefaultRole(
        "general_manager",
        "总经理",
        "General manager",
        "all",
        _WORK | {"archive", "restore", "assign"},
        (*_MANAGER, *_NUMBERS, READ_AUDIT, "tenants.legal_entity.view"),
        {
            "inventory.": _STOCK | {"archive", "restore"},
            "sales.order.": _SELL | {"deliver", "pack", "export"},
        },
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
            *_NUMBERS,
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
        elif (held := _actions_at(role, permission)) is None or action in held:
            chosen.append(permission)
    return chosen


def _actions_at(role: DefaultRole, permission: str) -> frozenset[str] | None:
    found = max((begin for begin in role.apart if permission.startswith(begin)), key=len, default=None)
    return role.actions if found is None else role.apart[found]
