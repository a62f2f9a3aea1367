"""How the audit trail calls what it tells of: entities, tables that are no entity, commands, whoever acted."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from kernel.command import command_named
from kernel.entity import described, entity_named
from kernel.tables import AuditEntry
from tenants.entities import ModuleEntitlement, TenantAccess
from values.errors import Words

SYSTEM = Words("系统", "System")
"""Who acted when no member did: jobs and the operator."""
SOMEBODY = Words("其他成员", "Another member")
"""A member whom the reader may not view."""

# What devices and the product do for themselves, and no member sets about: numbers set aside, a device known again.
_OWN_COMMANDS = ("sync.note_contact", "sync.note_settled", "tenants.lease_numbers", "tenants.register_device")
_OWN_ENTITIES = ("tenants.DocumentNumber", "tenants.NumberLease", "tenants.NumberSeries")
_BY_PEOPLE = ("tenants.close_lease", "tenants.void_number")

# What is audited under its table's name, since no shape derives from it.
_TABLES = {
    TenantAccess.__tablename__: ("tenants.TenantAccess", Words("试用与订阅", "Trial and subscription")),
    ModuleEntitlement.__tablename__: (
        "tenants.ModuleEntitlement",
        Words("模块开通与申请", "Module in use, or asked for"),
    ),
}
_CODES = {code: stored for stored, (code, _) in _TABLES.items()}
_LABELS = {"tenants.Tenant": Words("公司", "Company"), **dict(_TABLES.values())}


def entity_code(stored: str) -> str:
    """The code of an audited entity: `tenant_access` → `tenants.TenantAccess`; others are their own."""
    return _TABLES[stored][0] if stored in _TABLES else stored


def stored_entity(code: str) -> str:
    """The inverse, for conditions; the stored form passes too."""
    return _CODES.get(code, code)


def entity_words(stored: str) -> Words:
    """What people call an audited entity. One that the product no longer has stands for itself."""
    code = entity_code(stored)
    if code in _LABELS:
        return _LABELS[code]
    try:
        about = described(entity_named(code))
    except LookupError:
        return Words(code, code)
    return Words(about.zh, about.en)


def command_words(name: str) -> Words:
    """What people call a command. One that the product no longer has stands for itself."""
    try:
        found = command_named(name)
    except LookupError:
        return Words(name, name)
    return Words(found.zh, found.en)


def is_system_record(entity: str, command: str) -> bool:
    """Whether an entry tells of nothing that a person did."""
    return command in _OWN_COMMANDS or (entity in _OWN_ENTITIES and command not in _BY_PEOPLE)


def system_records() -> ColumnElement[bool]:
    """The same as a condition on audit entries."""
    about_numbers = and_(AuditEntry.entity.in_(_OWN_ENTITIES), AuditEntry.command.not_in(_BY_PEOPLE))
    return or_(AuditEntry.command.in_(_OWN_COMMANDS), about_numbers)
