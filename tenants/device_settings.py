"""What a company asks of its devices: encrypted replicas, and how long these open without the server."""

from __future__ import annotations

from typing import Any

ENCRYPTION_REQUIRED = "device.encryption_required"
OFFLINE_HOURS = "device.offline_hours"
DEFAULT_OFFLINE_HOURS = 72
MOST_OFFLINE_HOURS = 8_760  # a year


def parse_offline_hours(row: dict[str, Any]) -> int:
    """The hours of a stored setting. Raises ValueError."""
    hours = row.get("hours")
    if not isinstance(hours, int) or isinstance(hours, bool) or not 0 <= hours <= MOST_OFFLINE_HOURS:
        raise ValueError("not a number of hours")
    return hours
