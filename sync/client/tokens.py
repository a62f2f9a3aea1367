"""The member's session token on a device: replaced every day, each new one on the disk before it is used.

A lost answer is asked for again with the old token and brings the same new one. Without a keychain there is no place
for the next token, so the first one stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sync.client.errors import Offline, SyncRefused
from sync.client.keychain import Keychain

ROTATED_AFTER = timedelta(days=1)
_AGAIN_AFTER = timedelta(hours=1)  # after a rotation that the server refused

Send = Callable[[str, dict[str, Any]], dict[str, Any]]


class TokenChain:
    """`token`: as the app has it from the sign-in; None: the one that the keychain has."""

    def __init__(self, token: str | None, keychain: Keychain | None, now: Callable[[], datetime]) -> None:
        self._own, self._keychain, self._now = token or "", keychain, now
        self._not_before: datetime | None = None
        if keychain is not None and token:
            keychain.adopt_token(token, now())

    @property
    def token(self) -> str:
        """Read anew each time: another process may have replaced it, and the old one lives a minute."""
        kept = self._keychain.token() if self._keychain is not None else None
        return kept[0] if kept is not None else self._own

    @token.setter
    def token(self, token: str) -> None:
        self._own = token
        if self._keychain is not None:
            self._keychain.adopt_token(token, self._now())

    def rotate_if_due(self, send: Send) -> None:
        """Asks for the next token when the present one is older than a day. A refusal is no hindrance: the present one
        is good, or the request that follows says that it is not. Raises SyncRefused for a wipe alone."""
        kept = self._keychain.token() if self._keychain is not None else None
        if self._keychain is None or kept is None or (device_id := self._keychain.device_id) is None:
            return
        old, since = kept
        now = self._now()
        waits = self._not_before is not None and now < self._not_before
        if waits or now - datetime.fromisoformat(since) < ROTATED_AFTER:
            return
        try:
            answer = send("/sync/v1/token", {"deviceId": device_id})
        except Offline:
            return
        except SyncRefused as refused:
            if refused.order is not None:
                raise
            self._not_before = now + _AGAIN_AFTER
            return
        self._keychain.replace_token(old, answer["token"], now)
