"""What every part of the identity service works with, and the throttles that they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kernel.engine import Engine
from tenants.errors import IdentifierUnusable, SignInUnavailable
from tenants.identity.identifiers import IdentifierInvalid, normalise_email, normalise_phone
from tenants.identity.passwords import PasswordUnusable, PasswordWorkers, PasswordWorkersBusy, Verdict
from tenants.identity.postman import Postman
from tenants.identity.throttle import Throttle, ThrottleUnavailable, holder_of
from values.errors import Busy, Throttled

REVOKED_CHANNEL = "session:revoked"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `hits` in `window_seconds`."""

    name: str
    hits: int
    window_seconds: int


@dataclass(frozen=True, slots=True)
class IdentityParts:
    """The running parts, wired once per process."""

    engine: Engine
    redis: Redis
    post: Postman
    throttle: Throttle
    passwords: PasswordWorkers
    public_url: str

    def now(self) -> datetime:
        return self.engine.clock.now()

    def link(self, page: str, token: str) -> str:
        """The token stands behind `#`: browsers send it to no server, so it reaches no access log and no referrer."""
        return f"{self.public_url}/{page}#token={token}"

    async def count(self, limit: Limit, subject: str | None) -> None:
        """Counts one attempt. Raises Throttled; SignInUnavailable when nobody can count: then nobody may try."""
        try:
            decision = await self.throttle.hit(
                f"{limit.name}:{subject or '-'}", limit.hits, limit.window_seconds, self.now()
            )
        except ThrottleUnavailable:
            raise SignInUnavailable from None
        if not decision.allowed:
            raise Throttled(seconds=decision.retry_after_seconds)

    async def count_address(self, limit: Limit, address: str | None) -> None:
        """Counts one attempt from a network address, by whoever holds it. Raises Throttled, SignInUnavailable."""
        await self.count(limit, address and holder_of(address))

    async def forgive(self, limit: Limit, subject: str) -> None:
        """Forgets the attempts of somebody who got in. Missing that only means fewer attempts left."""
        try:
            await self.throttle.clear(f"{limit.name}:{subject}")
        except ThrottleUnavailable:
            _log.warning("identity.throttle_not_cleared", limit=limit.name)

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        try:
            return await self.passwords.verify(password_hash, password)
        except PasswordWorkersBusy:
            raise Busy from None

    async def hash(self, password: str) -> str:
        """For a password that passed the policy. Raises Busy."""
        try:
            return await self.passwords.hash(password)
        except PasswordWorkersBusy:
            raise Busy from None
        except PasswordUnusable:
            raise IdentifierUnusable(field="password", zh="密码无法使用。", en=str(PasswordUnusable())) from None

    async def tell_revoked(self, session_ids: list[object]) -> None:
        """Lets open WebSockets close. HTTP needs no message: every request asks the database."""
        try:
            for session_id in session_ids:
                await self.redis.publish(REVOKED_CHANNEL, msgspec.json.encode({"sessionId": str(session_id)}))
        except (RedisError, OSError):
            _log.error("identity.revocation_not_published", sessions=len(session_ids))


def email_of(text: str, field: str) -> str:
    """The normalised address. Raises IdentifierUnusable."""
    try:
        return normalise_email(text)
    except IdentifierInvalid as wrong:
        raise IdentifierUnusable(field=field, zh=wrong.zh, en=wrong.en) from None


def phone_of(text: str, field: str) -> str:
    """The number in E.164. Raises IdentifierUnusable."""
    try:
        return normalise_phone(text)
    except IdentifierInvalid as wrong:
        raise IdentifierUnusable(field=field, zh=wrong.zh, en=wrong.en) from None


def contact_of(text: str, field: str) -> tuple[str, str]:
    """("email" | "phone", normalised value). Raises IdentifierUnusable."""
    return ("email", email_of(text, field)) if "@" in text else ("phone", phone_of(text, field))


def masked(value: str) -> str:
    """Enough for its owner to recognise it: `138****8000`, `ch***@example.com`, `80012345/za***`."""
    head, at, domain = value.partition("@")
    if at:
        return f"{head[:2]}***@{domain}"
    code, slash, account = value.partition("/")
    if slash:
        return f"{code}/{account[:1]}***"
    return f"{value[:-8]}****{value[-4:]}" if len(value) > 8 else f"{value[:2]}***"
