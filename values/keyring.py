"""The key ring: everything the product encrypts, signs or looks up by keyed hash goes through it, so that keys rotate.

A ring is a list of 256-bit master keys, newest first. Only the first makes new values; the others still open old ones.
No master key is used directly: each (use, purpose) pair has its own subkey by HKDF-SHA256, so a value made for one
purpose never opens under another.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_ENCRYPTED = "v1"
_SIGNED = "s1"

_Use = Literal["encrypt", "sign", "fingerprint"]


class KeyRingInvalid(ValueError):
    """The configured ring cannot be used. The sentence never repeats any part of a key."""

    code = "key_ring_invalid"


class InvalidToken(ValueError):
    """A token is malformed, tampered with, made for another purpose, or its key has left the ring.

    Deliberately one error for all causes: which of them it was would help only a forger.
    """

    code = "invalid_token"

    def __init__(self) -> None:
        super().__init__("The token is not valid.")


@dataclass(frozen=True, slots=True)
class _MasterKey:
    key_id: str
    secret: bytes = field(repr=False)

    subkeys: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)  # purposes are few

    def subkey(self, use: _Use, purpose: str) -> bytes:
        info = f"yunfan/keyring/v1/{use}/{purpose}"
        found = self.subkeys.get(info)
        if found is None:
            made = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info.encode())
            found = self.subkeys[info] = made.derive(self.secret)
        return found


class KeyRing:
    """Master keys, newest first. Build it with `KeyRing.parse`; `repr` shows key ids only."""

    __slots__ = ("_by_id", "_current")

    def __init__(self, keys: list[tuple[str, bytes]]) -> None:
        if not keys:
            raise KeyRingInvalid("The key ring is empty: give at least one key as id:base64.")
        self._by_id: dict[str, _MasterKey] = {}
        for key_id, secret in keys:
            self._add(key_id, secret)
        self._current = self._by_id[keys[0][0]]

    def _add(self, key_id: str, secret: bytes) -> None:
        if not _KEY_ID.fullmatch(key_id):
            raise KeyRingInvalid("A key id has 1 to 32 letters, digits, _ or -.")
        if key_id in self._by_id:
            raise KeyRingInvalid(f"The key id {key_id} stands twice in the key ring.")
        if len(secret) != _KEY_BYTES:
            raise KeyRingInvalid(f"The key {key_id} must have exactly {_KEY_BYTES} bytes.")
        if len(set(secret)) < 8:
            raise KeyRingInvalid(f"The key {key_id} is not random: make one with `openssl rand -base64 32`.")
        if any(hmac.compare_digest(secret, other.secret) for other in self._by_id.values()):
            raise KeyRingInvalid(f"The key {key_id} repeats another key of the ring.")
        self._by_id[key_id] = _MasterKey(key_id, secret)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `k2:base64,k1:base64` (first = current; standard or URL-safe base64 of 32 bytes).

        Raises KeyRingInvalid.
        """
        keys: list[tuple[str, bytes]] = []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            key_id, colon, encoded = entry.partition(":")
            if not colon:
                raise KeyRingInvalid("Each key of the ring is written as id:base64.")
            try:
                padded = encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)
                secret = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
            except (binascii.Error, ValueError):
                # `from None`: the cause may quote the key.
                raise KeyRingInvalid("A key of the ring is not valid base64.") from None
            keys.append((key_id, secret))
        return cls(keys)

    @staticmethod
    def new_entry(key_id: str) -> str:
        """A fresh random key as `id:base64`, to be put in front of the setting (for first start and rotation)."""
        if not _KEY_ID.fullmatch(key_id):
            raise KeyRingInvalid("A key id has 1 to 32 letters, digits, _ or -.")
        return f"{key_id}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"

    @property
    def current_key_id(self) -> str:
        return self._current.key_id

    def encrypt(self, purpose: str, plaintext: bytes, aad: bytes = b"") -> str:
        """AES-256-GCM under the current key: `v1.<key id>.<base64url(nonce + ciphertext + tag)>`.

        `aad` ties the value to its place (for example tenant and row id): decrypt needs the same bytes. Nonces are
        random, so one purpose is good for 2^32 values per master key (NIST SP 800-38D §8.3): rotate before that.
        """
        key = self._current
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(key.subkey("encrypt", _checked(purpose)))
        sealed = cipher.encrypt(nonce, plaintext, _bound(key.key_id, aad))
        return f"{_ENCRYPTED}.{key.key_id}.{_encode(nonce + sealed)}"

    def decrypt(self, purpose: str, token: str, aad: bytes = b"") -> bytes:
        """Open what `encrypt` made with the same purpose and aad. Raises InvalidToken."""
        key, parts = self._open(token, _ENCRYPTED, 1)
        sealed = _decode(parts[0])
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise InvalidToken
        cipher = AESGCM(key.subkey("encrypt", _checked(purpose)))
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(key.key_id, aad))
        except InvalidTag:
            raise InvalidToken from None

    def sign(self, purpose: str, payload: bytes) -> str:
        """`s1.<key id>.<base64url payload>.<base64url HMAC-SHA256>`: readable by anyone, made only by us."""
        key = self._current
        mac = _mac(key.subkey("sign", _checked(purpose)), _bound(key.key_id, payload))
        return f"{_SIGNED}.{key.key_id}.{_encode(payload)}.{_encode(mac)}"

    def verify(self, purpose: str, token: str) -> bytes:
        """The payload of a token that `sign` made for this purpose (constant-time comparison). Raises InvalidToken."""
        key, parts = self._open(token, _SIGNED, 2)
        payload, mac = _decode(parts[0]), _decode(parts[1])
        if not hmac.compare_digest(mac, _mac(key.subkey("sign", _checked(purpose)), _bound(key.key_id, payload))):
            raise InvalidToken
        return payload

    def needs_rotation(self, token: str) -> bool:
        """True when an encrypted or signed token was made with a key that is no longer the current one.

        Says nothing about the token's authenticity. Raises InvalidToken for a malformed token or an unknown key.
        """
        signed = token.startswith(f"{_SIGNED}.")
        key, _ = self._open(token, _SIGNED if signed else _ENCRYPTED, 2 if signed else 1)
        return key is not self._current

    def fingerprint(self, purpose: str, value: str) -> str:
        """Keyed hash for equality look-ups of a value that must not be stored in the clear (43 characters).

        The caller normalises the value first. Look up with `fingerprints()`, store this one.
        """
        return self._fingerprint(self._current, purpose, value)

    def fingerprints(self, purpose: str, value: str) -> tuple[str, ...]:
        """The fingerprint under every key of the ring, current first: candidates for a look-up during rotation."""
        return tuple(self._fingerprint(key, purpose, value) for key in self._by_id.values())

    @staticmethod
    def _fingerprint(key: _MasterKey, purpose: str, value: str) -> str:
        return _encode(_mac(key.subkey("fingerprint", _checked(purpose)), value.encode()))

    def _open(self, token: str, version: str, body_parts: int) -> tuple[_MasterKey, list[str]]:
        parts = token.split(".")
        if len(parts) != 2 + body_parts or parts[0] != version:
            raise InvalidToken
        key = self._by_id.get(parts[1])
        if key is None:
            raise InvalidToken
        return key, parts[2:]

    def __repr__(self) -> str:
        return f"KeyRing(current={self._current.key_id!r}, ids={list(self._by_id)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key ring is not pickled: keys must not reach queues, caches or crash dumps.")


def _checked(purpose: str) -> str:
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError("A purpose has lower-case letters, digits, dots and underscores, at most 64.")
    return purpose


def _bound(key_id: str, data: bytes) -> bytes:
    """Puts the key id under the tag or MAC too; a key id contains no NUL, so the border is unambiguous."""
    return key_id.encode() + b"\0" + data


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Strict base64url: a second spelling of the same bytes is refused, so that one value has exactly one token."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken from None
    if _encode(data) != text:
        raise InvalidToken
    return data
