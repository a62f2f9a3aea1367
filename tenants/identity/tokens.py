"""Opaque tokens, single-use links and numeric codes. The secret goes to the person, only its hash is stored."""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from values.keyring import KeyRing

_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_BITS: Final = 256
_SECRET_LENGTH: Final = 43  # 62^43 > 2^256
_CHECKSUM_LENGTH: Final = 6  # 62^6 > 2^32
_PREFIX: Final = re.compile(r"yf_[a-z]{1,8}")

# For secret scanners (gitleaks, GitHub partner patterns); the last six characters are a CRC-32 of all before them.
TOKEN_PATTERN: Final = re.compile(r"\byf_[a-z]{1,8}_[0-9A-Za-z]{49}\b")

SESSION: Final = "yf_s"
DEVICE: Final = "yf_d"

Refusal = Literal["used", "expired", "too_many_attempts"]


class LinkPurpose(enum.StrEnum):
    """What a link may do. The value is its token's prefix, so a link for one purpose has no hash under another."""

    INVITATION = "yf_inv"
    EMAIL_VERIFICATION = "yf_ver"
    PASSWORD_RESET = "yf_rst"  # noqa: S105 - a public prefix, not a password


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """`token` goes into the link and nowhere else; `token_hash` and `expires_at` are stored."""

    token: str = field(repr=False)
    token_hash: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """`code` goes to the phone and nowhere else; `fingerprint` and `expires_at` are stored."""

    code: str = field(repr=False)
    fingerprint: str
    expires_at: datetime


def new_token(prefix: str) -> tuple[str, bytes]:
    """A token of 256 random bits, `<prefix>_<43 base62><6 base62 checksum>`, and its hash for storage (32 bytes).

    `prefix`: `SESSION`, `DEVICE`, a `LinkPurpose` or another `yf_<lower-case letters>`.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("A token prefix is yf_ and 1 to 8 lower-case letters.")
    body = f"{prefix}_{_base62(secrets.randbits(_SECRET_BITS), _SECRET_LENGTH)}"
    token = body + _checksum(body)
    return token, token_hash(token)


def successors(ring: KeyRing, token: str) -> tuple[str, ...]:
    """The token that follows a session's token in a rotation, under each key of the ring, the current one first.

    Derived, so that a device that lost the answer can be given the same one again though only its hash is stored.
    """
    found = []
    for mark in ring.fingerprints("session_token", token):
        number = int.from_bytes(base64.urlsafe_b64decode(f"{mark}="))
        body = f"{SESSION}_{_base62(number, _SECRET_LENGTH)}"
        found.append(body + _checksum(body))
    return tuple(found)


def token_hash(token: str) -> bytes:
    """SHA-256 of the token. With 256 random bits it needs neither salt nor slowness."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def is_token(text: str, prefix: str) -> bool:
    """Whether the text has the form and checksum of such a token. Refuses garbage before the database is asked."""
    if not text.startswith(f"{prefix}_") or not TOKEN_PATTERN.fullmatch(text):
        return False
    return hmac.compare_digest(text[-_CHECKSUM_LENGTH:], _checksum(text[:-_CHECKSUM_LENGTH]))


def issue_link(purpose: LinkPurpose, lifetime: timedelta, now: datetime) -> IssuedLink:
    """A token for a single-use link that ends `lifetime` after `now`."""
    token, hashed = new_token(purpose.value)
    return IssuedLink(token, hashed, now + lifetime)


def link_refusal(*, expires_at: datetime, used_at: datetime | None, now: datetime) -> Refusal | None:
    """Why a stored link may not be used, or None. The caller sets `used_at` in the same transaction, row locked."""
    if used_at is not None:
        return "used"
    return "expired" if now >= expires_at else None


def issue_code(ring: KeyRing, subject: str, lifetime: timedelta, now: datetime) -> IssuedCode:
    """A 6-digit code for `subject` (purpose and normalised phone, e.g. `sign_in:+8613800138000`).

    A million codes can be searched in a blink, so what is stored is keyed by the ring, not a plain hash.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    return IssuedCode(code, ring.fingerprint("numeric_code", f"{subject}\0{code}"), now + lifetime)


def code_matches(ring: KeyRing, subject: str, code: str, fingerprint: str) -> bool:
    """Whether the typed code is the one issued for this subject, under any key of the ring. Constant time a key."""
    typed = "".join(code.split())[:16]
    if not (len(typed) == 6 and typed.isascii() and typed.isdigit()):
        return False
    candidates = ring.fingerprints("numeric_code", f"{subject}\0{typed}")
    # No early end: the time taken must not tell which key matched.
    return sum(hmac.compare_digest(candidate.encode(), fingerprint.encode()) for candidate in candidates) > 0


def code_refusal(
    *, expires_at: datetime, used_at: datetime | None, failed_attempts: int, now: datetime, max_attempts: int = 5
) -> Refusal | None:
    """Why a stored numeric code may not even be tried, or None. The caller counts failed attempts durably."""
    if failed_attempts >= max_attempts:
        return "too_many_attempts"
    return link_refusal(expires_at=expires_at, used_at=used_at, now=now)


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)
