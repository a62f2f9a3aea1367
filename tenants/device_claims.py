"""What a device says of itself at each contact: claims.

The server shows them and decides one thing by them: whether a device that does not call itself encrypted may fetch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kernel.command import Input

MOST_COUNTED = 2**31 - 1  # a claim may be anything; an Int of the API may not
_PLAIN = ("os_version", "app_version", "client", "replica_bytes", "encrypted", "persistent")


class DeviceClaims(Input, frozen=True, kw_only=True):
    """None: it did not say. `oldest_queued_at`: when the oldest unsent edit was made, by the device's clock."""

    os_version: str | None = None
    app_version: str | None = None
    client: str | None = None
    schema_hash: str | None = None
    queued: int = 0
    oldest_queued_at: datetime | None = None
    replica_bytes: int | None = None
    encrypted: bool | None = None
    persistent: bool | None = None

    def columns(self, now: datetime) -> dict[str, Any]:
        """As columns of a device. What it did not say stays as it was; nothing was made in the future."""
        found = {name: value for name in (*_PLAIN, "schema_hash") if (value := getattr(self, name)) is not None}
        oldest = min(self.oldest_queued_at, now) if self.queued and self.oldest_queued_at is not None else None
        return {**found, "queued": min(self.queued, MOST_COUNTED), "oldest_queued_at": oldest}
