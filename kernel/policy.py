"""The vocabulary of rights: who acts, what they hold, which rows they reach.

The kernel owns these shapes; `tenants` fills them from roles and assignments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from values.errors import DEFAULT_LANGUAGE, PermissionDenied

if TYPE_CHECKING:
    from infra.questions import Question

EVERYTHING = ("/",)


def normalise_prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted, without those that lie inside another one."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not (kept and prefix.startswith(kept[-1])):  # what lies inside a prefix is sorted right behind it
            kept.append(prefix)
    return tuple(kept)


def prefix_range(prefix: str) -> tuple[str, str]:
    """The half-open byte range of all paths that begin with `prefix`."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def reaches(prefixes: tuple[str, ...], path: str) -> bool:
    return any(path.startswith(prefix) for prefix in prefixes)


def _common(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Of two prefixes one lies inside the other, or they have nothing in common."""
    inside_theirs = {prefix for prefix in mine if reaches(theirs, prefix)}
    inside_mine = {prefix for prefix in theirs if reaches(mine, prefix)}
    return normalise_prefixes(tuple(inside_theirs | inside_mine))


@dataclass(frozen=True, slots=True)
class Authority:
    """What a member holds: permission → path prefixes inside which it holds; and the fields hidden from them."""

    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    masks: frozenset[str] = frozenset()  # "party.Customer.credit_limit_minor"

    def holds(self, permission: str) -> bool:
        return bool(self.grants.get(permission))

    def prefixes(self, permission: str) -> tuple[str, ...]:
        return self.grants.get(permission, ())

    def require(self, permission: str) -> tuple[str, ...]:
        """The prefixes of a permission, or PermissionDenied."""
        held = self.prefixes(permission)
        if not held:
            raise PermissionDenied(permission=permission)
        return held

    def view_prefixes(self) -> tuple[str, ...]:
        """The union over all view permissions: what row-level security lets the member reach at most."""
        reach: set[str] = set()
        for permission, prefixes in self.grants.items():
            if permission.endswith(".view"):
                reach.update(prefixes)
        return normalise_prefixes(tuple(reach))

    def narrowed_to(self, other: Authority) -> Authority:
        """What both hold: the permissions of both, inside the narrower prefixes, without the fields either hides."""
        if other == self:  # nothing has changed since: the usual case
            return self
        grants = {
            permission: both
            for permission, prefixes in self.grants.items()
            if (both := _common(prefixes, other.prefixes(permission)))
        }
        return Authority(grants, self.masks | other.masks)

    def masked(self, entity_name: str, column: str) -> bool:
        return f"{entity_name}.{column}" in self.masks


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: one membership, from one session or device, perhaps on somebody's behalf."""

    tenant_id: UUID
    member_id: UUID | None
    authority: Authority
    user_id: UUID | None = None
    session_id: UUID | None = None
    device_id: UUID | None = None
    on_behalf_of: str | None = None
    language: str = DEFAULT_LANGUAGE
    request_id: str | None = None
    home_path: str = "/"  # path of the member's own department: new rows begin here

    def with_device(self, device_id: UUID) -> Actor:
        return replace(self, device_id=device_id)


class Rung(Enum):
    """Where a company stands on the subscription ladder."""

    TRIAL = "trial"
    ACTIVE = "active"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What the company may use at one instant."""

    rung: Rung
    modules: frozenset[str]
    ends_at: datetime | None
    maintenance: tuple[str, str] | None = None  # reason (zh, en) while an operator keeps the service read-only

    def writable(self) -> bool:
        return self.rung is not Rung.READ_ONLY and self.maintenance is None


class EntitlementReader(Protocol):
    """What the company may use: filled by `tenants`, written by `billing`."""

    def asking(self, tenant_id: UUID, now: datetime) -> Question[Entitlements]: ...


class Authorizer(Protocol):
    """What a member may do: filled by `tenants` from roles and assignments."""

    def asking(self, tenant_id: UUID, member_id: UUID) -> Question[Authority | None]:
        """What they hold now; None for whoever is no active member."""
        ...
