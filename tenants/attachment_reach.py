"""Who sees an attachment, and who attaches: whoever sees its record, and whoever may change the record.

There is nothing to grant: `tenants.attachment.view` follows from the rights to view the records (`authority.py`), and
every read narrows it once more, kind by kind: who views all customers but only their own follow-ups sees the files of
all customers and of their own follow-ups.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import ColumnElement, and_, or_

from kernel.command import commands
from kernel.entity import ScopedRow, TenantRow, described, entities
from kernel.policy import EVERYTHING, Actor, Authority, reaches
from kernel.query import NARROWED, within
from tenants.attachment_entities import Attachment

_CHANGING = ("edit", "log", "create", "manage")  # the first that a kind of record has is the right to attach to it


@cache
def attachable() -> Mapping[str, type[TenantRow]]:
    """The kinds of records that carry files, by name: what a company works with, not the company's own set-up.

    Call it only once all rooms are loaded.
    """
    return {
        described(entity).name: entity
        for entity in entities()
        if described(entity).collection is not None
        and not described(entity).name.startswith("tenants.")
        and attaching_permission(entity) is not None
    }


def attaching_permission(entity: type[TenantRow]) -> str | None:
    """The permission to change such a record: `party.customer.edit`; `crm.activity.log` where it is written once."""
    about = described(entity)
    return next((f"{about.permission}.{action}" for action in _CHANGING if action in about.actions), None)


def module_of(entity: type[TenantRow]) -> str | None:
    """The module that the company must have to change such records."""
    permission = attaching_permission(entity)
    return next((found.module for found in commands() if found.permission == permission), None)


def sees(actor: Actor, attachment: Attachment) -> bool:
    """Whether the actor may view the attachment, which is the caller's to have loaded inside the tenant."""
    host = attachable().get(attachment.entity)
    return host is not None and _holds(actor, described(host).view_permission, attachment)


def attaches(actor: Actor, attachment: Attachment) -> bool:
    """Whether the actor may change the record that it hangs on, and so bring its file or remove it."""
    host = attachable().get(attachment.entity)
    permission = attaching_permission(host) if host is not None else None
    return permission is not None and _holds(actor, permission, attachment)


def _holds(actor: Actor, permission: str, attachment: Attachment) -> bool:
    held = actor.authority.prefixes(permission)
    return bool(held) and (attachment.scope_path == "" or reaches(held, attachment.scope_path))


def seen_with_records(actor: Actor) -> ColumnElement[bool]:
    """The condition for the attachments whose record the actor may view."""
    arms: list[ColumnElement[bool]] = []
    for name, host in attachable().items():
        held = actor.authority.prefixes(described(host).view_permission)
        if held:
            of_kind = Attachment.entity == name
            everywhere = held == EVERYTHING or not issubclass(host, ScopedRow)
            arms.append(of_kind if everywhere else and_(of_kind, within(Attachment.scope_path, held)))
    return or_(*arms) if arms else Attachment.entity.is_(None)


def reach_of_every_kind(entity: type[TenantRow], authority: Authority) -> tuple[str, ...]:
    """Where the entity's rows may be viewed whatever they hang on: for who reads about rows without asking for each,
    as the audit trail does. Of attachments: where records of every kind may be viewed."""
    view = described(entity).view_permission
    if entity is not Attachment:
        return authority.prefixes(view)
    found = Authority({view: EVERYTHING})
    for host in attachable().values():
        found = found.narrowed_to(Authority({view: authority.prefixes(described(host).view_permission)}))
    return found.prefixes(view)


NARROWED[Attachment] = seen_with_records

__all__ = [
    "attachable",
    "attaches",
    "attaching_permission",
    "module_of",
    "reach_of_every_kind",
    "seen_with_records",
    "sees",
]
