"""What a company asks of passwords and sessions: its settings, read with safe defaults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import msgspec
import structlog

from infra.questions import Asking, Question, rows_as
from kernel.db import Opening, TenantContext, TenantSession
from kernel.policy import Authority
from tenants.authority import RoleAuthorizer, unit_path
from tenants.entities import Member
from tenants.errors import PasswordRefused
from tenants.identity.parts import IdentityParts
from tenants.identity.passwords import PasswordPolicy
from tenants.identity.results import MemberSummary

PASSWORD_POLICY: Final = "security.password_policy"  # noqa: S105 - a setting's name
IDLE_TIMEOUT: Final = "security.idle_timeout_minutes"
_POLICY_FIELDS: Final = {"min_length", "require_classes", "history", "max_age_days"}
_DEFAULT_IDLE_MINUTES: Final = 7 * 24 * 60
_PERSON: Final = """
SELECT id, name, account, phone, email, language, path, deactivated_at IS NOT NULL AS gone
FROM app.member WHERE tenant_id = %s AND id = %s
"""
_RULES: Final = "SELECT name, value FROM app.tenant_setting WHERE tenant_id = %s AND name = ANY(%s)"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TenantRules:
    """`idle_seconds`: after which a session without requests ends."""

    policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    idle_seconds: int = _DEFAULT_IDLE_MINUTES * 60

    def password_is_due(self, changed_at: datetime | None, now: datetime) -> bool:
        """Whether the company wants a newer password than this one. Without a password there is nothing to change."""
        days = self.policy.max_age_days
        return days is not None and changed_at is not None and now - changed_at >= timedelta(days=days)


def parse_password_policy(value: dict[str, Any]) -> PasswordPolicy:
    """`{"min_length", "require_classes", "history", "max_age_days"}`, each optional. Raises ValueError."""
    if unknown := set(value) - _POLICY_FIELDS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    for name, given in value.items():
        if given is None and name == "max_age_days":
            continue
        if not isinstance(given, int) or isinstance(given, bool):
            raise ValueError(f"{name} is a whole number")
    return PasswordPolicy(**value)


def parse_idle_minutes(value: dict[str, Any]) -> int:
    """`{"minutes": n}`, 5 minutes to 30 days. Raises ValueError."""
    minutes = value.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 5 <= minutes <= 30 * 24 * 60:
        raise ValueError("minutes is a whole number from 5 to 43200")
    return minutes


async def rules_of(session: TenantSession) -> TenantRules:
    """The company's rules. A setting that cannot be read falls back to the default, and the operator hears of it."""
    (rules,) = await session.ask(_asking_rules(session.tenant_id))
    return cast("TenantRules", rules)


def _asking_rules(tenant_id: UUID) -> Question[TenantRules]:
    return Question(_RULES, [tenant_id, [PASSWORD_POLICY, IDLE_TIMEOUT]], _rules)


def _rules(rows: str | None) -> TenantRules:
    policy, idle_minutes = PasswordPolicy(), _DEFAULT_IDLE_MINUTES
    for row in rows_as(_Setting, rows):
        try:
            if row.name == PASSWORD_POLICY:
                policy = parse_password_policy(row.value)
            else:
                idle_minutes = parse_idle_minutes(row.value)
        except ValueError as wrong:
            _log.error("identity.setting_unreadable", setting=row.name, reason=str(wrong))
    return TenantRules(policy, idle_minutes * 60)


@dataclass(frozen=True, slots=True)
class Standing:
    """A member seen from inside the company. `member` None: unknown or deactivated. `unit_path`: where they sit."""

    member: MemberSummary | None
    unit_path: str
    authority: Authority
    rules: TenantRules


class _Setting(msgspec.Struct):
    name: str
    value: dict[str, Any]


class _Person(MemberSummary, frozen=True, kw_only=True):
    path: str
    gone: bool


def _person(rows: str | None) -> _Person | None:
    found = next(iter(rows_as(_Person, rows)), None)
    return None if found is None or found.gone else found


async def standing_of(parts: IdentityParts, tenant_id: UUID, member_id: UUID) -> Standing:
    """The member, what they hold, the rules: one statement in the company. Every request with a token asks it."""
    held = RoleAuthorizer().asking(tenant_id, member_id)
    person = Question(_PERSON, [tenant_id, member_id], _person)
    opening = Opening(TenantContext(tenant_id, member_id), Asking([person, held, _asking_rules(tenant_id)]))
    found, authority, rules = await parts.engine.database.asked(opening)
    if found is None:
        return Standing(None, "/", Authority(), rules)
    return Standing(member_summary(found), unit_path(found.path), authority or Authority(), rules)


def member_summary(member: Member | MemberSummary) -> MemberSummary:
    return MemberSummary(
        id=member.id,
        name=member.name,
        account=member.account,
        phone=member.phone,
        email=member.email,
        language=member.language,
    )


def strictest(policies: Iterable[PasswordPolicy]) -> PasswordPolicy:
    """A person with several companies has one password: it must please them all."""
    found = list(policies) or [PasswordPolicy()]
    ages = [policy.max_age_days for policy in found if policy.max_age_days is not None]
    return PasswordPolicy(
        min_length=max(policy.min_length for policy in found),
        require_classes=max(policy.require_classes for policy in found),
        history=max(policy.history for policy in found),
        max_age_days=min(ages) if ages else None,
    )


def require_good(policy: PasswordPolicy, password: str, forbidden: Iterable[str | None], field: str) -> None:
    """Raises PasswordRefused with every reason at once."""
    violations = policy.violations(password, [word for word in forbidden if word])
    if violations:
        raise PasswordRefused(field=field, zh="".join(v.zh for v in violations), en=" ".join(v.en for v in violations))
