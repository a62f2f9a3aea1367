"""Second factor: time-based codes (RFC 6238, 30 s, 6 digits, SHA-1 as every app expects) and recovery codes.

Nothing here is stored: the caller keeps the secret (encrypted by the key ring), the last used counter and the hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import pyotp

ISSUER: Final = "Yunfan 云帆"
STEP_SECONDS: Final = 30
RECOVERY_CODE_COUNT: Final = 10

_DIGITS: Final = 6
_WINDOW_STEPS: Final = 1
_RECOVERY_LENGTH: Final = 16
# Crockford's base32: no I, L, O, U, so that a code copied from paper survives.
_RECOVERY_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREADINGS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_secret() -> str:
    """160 random bits in base32 (32 characters), the length RFC 4226 §4 recommends."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, label: str) -> str:
    """The otpauth:// address for the QR code. `label`: what the person signs in with."""
    return pyotp.TOTP(secret, digits=_DIGITS, interval=STEP_SECONDS).provisioning_uri(name=label, issuer_name=ISSUER)


def match_code(secret: str, code: str, last_used_counter: int | None, at: datetime) -> int | None:
    """The counter (30 s steps since 1970) that the code belongs to, or None when it is refused.

    Accepts the current step and one either side, never a counter at or below the last used one: a code works once.
    The caller stores the returned counter with a compare-and-set in the same transaction, or two requests at once
    could both use it. `at` must be aware.
    """
    if at.tzinfo is None:
        raise ValueError("`at` must be an instant with a time zone.")
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    hotp = pyotp.HOTP(secret, digits=_DIGITS)
    now = int(at.timestamp()) // STEP_SECONDS
    matched: int | None = None
    # Every step is computed and compared, so that the time taken does not tell which one was near.
    for counter in range(max(0, now - _WINDOW_STEPS), now + _WINDOW_STEPS + 1):
        same = hmac.compare_digest(hotp.at(counter), typed)
        fresh = last_used_counter is None or counter > last_used_counter
        if same and fresh and matched is None:
            matched = counter
    return matched


def new_recovery_codes() -> list[str]:
    """Ten codes `XXXX-XXXX-XXXX-XXXX` of 80 random bits each, shown to the person once."""
    return [_new_recovery_code() for _ in range(RECOVERY_CODE_COUNT)]


def recovery_code_hash(code: str) -> bytes:
    """What is stored (32 bytes). With 80 random bits a plain SHA-256 cannot be searched, so no slow hash is needed."""
    return hashlib.sha256(b"yunfan.recovery_code\0" + _canonical(code).encode(errors="replace")).digest()


def match_recovery_code(code: str, stored_hashes: Iterable[bytes]) -> bytes | None:
    """The stored hash that the code belongs to, or None. The caller deletes that hash in the same transaction."""
    candidate = recovery_code_hash(code)
    matched: bytes | None = None
    for stored in stored_hashes:
        if hmac.compare_digest(stored, candidate):
            matched = stored
    return matched


def _new_recovery_code() -> str:
    text = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4))


def _canonical(code: str) -> str:
    return unicodedata.normalize("NFKC", code[:64]).strip().upper().translate(_MISREADINGS)
