"""Six digits to a phone: ten minutes, five attempts counted durably, one use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, insert, select, update

from tenants.delivery.messages import sms_code
from tenants.errors import CodeRefused
from tenants.identity.inputs import USUAL_LANGUAGE, RequestSmsCode
from tenants.identity.parts import IdentityParts, Limit, phone_of
from tenants.identity.people import find_person
from tenants.identity.results import Done
from tenants.identity.tokens import code_matches, code_refusal, issue_code
from tenants.platform_tables import LinkToken
from values.ids import new_id

_MINUTES = 10
_PER_PHONE_SOON = Limit("sms:phone:minute", 1, 60)
_PER_PHONE = Limit("sms:phone", 5, 3600)
_PER_ADDRESS = Limit("sms:address", 20, 3600)
# Without one of these the phone must belong to somebody, or the code leads nowhere and the message is spam.
_FOR_ANYBODY = ("enter", "sign_up", "accept_invitation")
# What a code of the purpose "enter" is good for.
_ENTERING = ("sign_up", "sign_in")


async def request_sms_code(parts: IdentityParts, data: RequestSmsCode, *, address: str | None) -> Done:
    """Sends a code. The answer is the same whether or not the phone belongs to somebody.

    Raises IdentifierUnusable, Throttled, SignInUnavailable.
    """
    phone = phone_of(data.phone, "phone")
    await parts.count_address(_PER_ADDRESS, address)
    await parts.count(_PER_PHONE_SOON, phone)
    await parts.count(_PER_PHONE, phone)
    person = await find_person(parts, "phone", phone)
    now, code_id = parts.now(), new_id()
    issued = issue_code(parts.engine.keys, _subject(data.purpose, phone, code_id), timedelta(minutes=_MINUTES), now)
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(
            insert(LinkToken).values(
                id=code_id,
                purpose="sms_code",
                token_hash=issued.fingerprint.encode(),
                subject=f"{data.purpose}:{phone}",
                tenant_id=None,
                details={},
                attempts=0,
                created_at=now,
                expires_at=issued.expires_at,
                used_at=None,
            )
        )
    if person is not None or data.purpose in _FOR_ANYBODY:
        parts.post.sms(phone, sms_code(data.language or USUAL_LANGUAGE, code=issued.code, minutes=_MINUTES))
    return Done()


async def check_sms_code(parts: IdentityParts, purpose: str, phone: str, code: str) -> UUID:
    """The id of the newest code of this phone for this purpose, if `code` is it; spend it with its effect.

    A wrong attempt is counted before the refusal, in a transaction of its own. Raises CodeRefused.
    """
    good_for = (purpose, "enter") if purpose in _ENTERING else (purpose,)
    subjects = [f"{found}:{phone}" for found in good_for]
    async with parts.engine.database.platform_session() as connection:
        row = (
            await connection.execute(
                select(LinkToken)
                .where(LinkToken.purpose == "sms_code", LinkToken.subject.in_(subjects))
                .order_by(LinkToken.created_at.desc(), LinkToken.id.desc())
                .limit(1)
                .with_for_update()
            )
        ).one_or_none()
        good = row is not None and _is_good(parts, code, row)
        if row is not None and not good:
            await connection.execute(
                update(LinkToken).where(LinkToken.id == row.id).values(attempts=LinkToken.attempts + 1)
            )
    if row is None or not good:
        raise CodeRefused(field="code")
    return UUID(str(row.id))


def spending(code_id: UUID, now: datetime) -> Executable:
    """The statement that uses a code up; no row back means somebody else did."""
    return (
        update(LinkToken)
        .where(LinkToken.id == code_id, LinkToken.used_at.is_(None), LinkToken.expires_at > now)
        .values(used_at=now)
        .returning(LinkToken.id)
    )


def _is_good(parts: IdentityParts, code: str, row: Any) -> bool:
    refused = code_refusal(
        expires_at=row.expires_at,
        used_at=row.used_at,
        failed_attempts=row.attempts,
        now=parts.now(),
    )
    fingerprint = bytes(row.token_hash).decode()
    matches = code_matches(parts.engine.keys, f"{row.subject}:{row.id}", code, fingerprint)
    return matches and refused is None


def _subject(purpose: str, phone: str, code_id: UUID) -> str:
    return f"{purpose}:{phone}:{code_id}"
