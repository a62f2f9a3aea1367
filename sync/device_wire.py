"""The wire of a device's own affairs: its key, its token, its wipe (PROTOCOL.md: Keys, Token, Wipe)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from sync.wire import About, Wire

_Unsent = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class KeyRequest(Wire, frozen=True, kw_only=True):
    device_id: UUID
    about: About | None = None


class KeyResponse(Wire, frozen=True, kw_only=True):
    """`share`: the server's half of the key, base64url. `offline_hours`: how long a copy of it may be kept.
    `idle_minutes`: after how long without a person's hand the device locks."""

    device_id: UUID
    share: str
    offline_hours: int
    idle_minutes: int
    server_time: datetime


class TokenRequest(Wire, frozen=True, kw_only=True):
    device_id: UUID


class TokenResponse(Wire, frozen=True, kw_only=True):
    token: str
    issued_at: datetime
    expires_at: datetime
    server_time: datetime


class WipedRequest(Wire, frozen=True, kw_only=True):
    """A receipt. `unsent` null: the replica could not be opened to count. `proof`: 64 hexadecimal digits."""

    device_id: UUID
    order: Annotated[str, msgspec.Meta(max_length=1_000)]
    unsent: _Unsent | None
    method: Literal["rekeyed", "deleted"]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    proof: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class WipedResponse(Wire, frozen=True, kw_only=True):
    """`received_at`: when the first receipt came."""

    device_id: UUID
    received_at: datetime
