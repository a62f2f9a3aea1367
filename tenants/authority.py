"""From roles and assignments to what a member may do where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import select

from infra.questions import Question, Selection, rows_as
from kernel.db import TenantSession
from kernel.entity import described, entities
from kernel.policy import EVERYTHING, Authority, normalise_prefixes, reaches
from tenants.attachment_entities import Attachment
from tenants.attachment_reach import attachable
from tenants.entities import Member, Organisation, Role, RoleAssignment

OWN_ROWS = ("tenants.inbox.view", "tenants.inbox.resolve", "tenants.saved_view.view")
"""What nobody needs a role for about their own entries and views; a role gives it about others'."""

_HELD = """
SELECT m.path, m.deactivated_at IS NOT NULL AS gone, a.scope, r.permissions, r.masks, o.path AS anchor_path
FROM app.member AS m
LEFT JOIN app.role_assignment AS a ON a.tenant_id = m.tenant_id AND a.member_id = m.id
LEFT JOIN app.role AS r ON r.tenant_id = a.tenant_id AND r.id = a.role_id
LEFT JOIN app.organisation AS o ON o.tenant_id = a.tenant_id AND o.id = a.organisation_id
WHERE m.tenant_id = %s AND m.id = %s
"""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a member sits. `unit_path`: of the department, or of the organisation when there is none."""

    member: Member
    unit_path: str


def assignment_prefix(scope: str, member_path: str, unit_path: str, anchor_path: str | None) -> str:
    """The path prefix that an assignment reaches. An anchor (another organisation) replaces the member's own unit."""
    if scope == "all":
        return EVERYTHING[0] if anchor_path is None else anchor_path
    if scope == "own":
        return member_path if anchor_path is None else f"{anchor_path}{member_path.rsplit('/', 2)[1]}/"
    base = anchor_path or unit_path
    return f"{base}~" if scope == "department" else base


class RoleAuthorizer:
    """The kernel's Authorizer: one statement for the member, the assignments, the roles and the anchors."""

    def asking(self, tenant_id: UUID, member_id: UUID) -> Question[Authority | None]:
        """What the member holds now; None for a deactivated or unknown one."""
        return Question(_HELD, [tenant_id, member_id], _combined)

    async def authority(self, session: TenantSession, member_id: UUID) -> Authority | None:
        """The same by itself."""
        (held,) = await session.ask(self.asking(session.tenant_id, member_id))
        return cast("Authority | None", held)

    async def member(self, session: TenantSession, member_id: UUID) -> tuple[Home | None, Authority]:
        """The member with home and authority."""
        rows = (
            await session.execute(
                select(Member, RoleAssignment.scope, Role.permissions, Role.masks, Organisation.path)
                .outerjoin(
                    RoleAssignment,
                    (RoleAssignment.tenant_id == Member.tenant_id) & (RoleAssignment.member_id == Member.id),
                )
                .outerjoin(Role, (Role.tenant_id == RoleAssignment.tenant_id) & (Role.id == RoleAssignment.role_id))
                .outerjoin(
                    Organisation,
                    (Organisation.tenant_id == RoleAssignment.tenant_id)
                    & (Organisation.id == RoleAssignment.organisation_id),
                )
                .where(Member.tenant_id == session.tenant_id, Member.id == member_id)
            )
        ).all()
        if not rows or rows[0][0].deactivated_at is not None:
            return None, Authority()
        member = rows[0][0]
        assigned = [_Assigned(member.path, False, row.scope, row.permissions, row.masks, row.path) for row in rows]
        return Home(member, unit_path(member.path)), _combine(assigned)


@dataclass(frozen=True, slots=True)
class _Held:
    """One role as assigned: where it reaches, what it permits, what it hides."""

    prefix: str
    permissions: frozenset[str]
    masks: frozenset[str]


class _Assigned(msgspec.Struct):
    path: str
    gone: bool
    scope: str | None
    permissions: list[str] | None
    masks: list[str] | None
    anchor_path: str | None


@lru_cache(maxsize=4096)
def _combined(rows: str | None) -> Authority | None:
    """Pure: the same rows are combined once in a process."""
    assigned = rows_as(_Assigned, rows)
    return _combine(assigned) if assigned and not assigned[0].gone else None


def _combine(assigned: list[_Assigned]) -> Authority:
    """The union of all assignments, and what they hide. What a member's own edits came to, they see and decide without
    any, and their own views are theirs."""
    reach: dict[str, set[str]] = defaultdict(set)
    for row in assigned:
        for permission in OWN_ROWS:
            reach[permission].add(row.path)
    held: list[_Held] = []
    for row in assigned:
        if row.scope is None or row.permissions is None:
            continue
        prefix = assignment_prefix(row.scope, row.path, unit_path(row.path), row.anchor_path)
        for permission in row.permissions:
            reach[permission].add(prefix)
        held.append(_Held(prefix, frozenset(row.permissions), frozenset(row.masks or ())))
    for entity in attachable().values():  # files are seen with their records
        if seen := reach.get(described(entity).view_permission):
            reach[described(Attachment).view_permission] |= seen
    grants = {permission: normalise_prefixes(tuple(prefixes)) for permission, prefixes in reach.items()}
    return Authority(grants, _hidden(held))


def unit_path(member_path: str) -> str:
    """Of the department, or of the organisation when there is none."""
    return member_path.rsplit("~", 1)[0]


def _hidden(roles: list[_Held]) -> frozenset[str]:
    """A mask hides the field on all rows; a role without it lifts it only by reaching all that the masking ones reach.

    Else a salesperson who sees own rows openly and all rows masked would read the masked ones too.
    """
    hidden: set[str] = set()
    for candidate in {field for role in roles for field in role.masks}:
        view = view_permission_of(candidate)
        showing = [role for role in roles if view in role.permissions]
        masking = [role.prefix for role in showing if candidate in role.masks]
        open_reach = tuple(role.prefix for role in showing if candidate not in role.masks)
        if not all(reaches(open_reach, prefix) for prefix in masking):
            hidden.add(candidate)
    return frozenset(hidden)


def view_permission_of(masked_field: str) -> str:
    """`party.Customer.phone` → `party.customer.view`."""
    name = masked_field.rsplit(".", 1)[0]
    for entity in entities():
        if described(entity).name == name:
            return described(entity).view_permission
    return ""


_PATH = "SELECT path FROM app.member WHERE tenant_id = %s AND id = %s FOR SHARE"


class MemberPaths:
    """The kernel's ScopePaths: a row lies where its owner sits."""

    async def path_of(self, session: TenantSession, member_id: UUID | None, fallback: str) -> str:
        if member_id is None:
            return f"{fallback}~/"
        # Shared lock: while a row is being placed, its owner cannot be moved to another department.
        found = await session.select(Selection(_PATH, [session.tenant_id, member_id], lambda rows: rows))
        return str(found[0][0]) if found else f"{fallback}~/"
