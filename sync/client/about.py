"""What a device tells of itself with each request."""

from __future__ import annotations

import platform
from functools import cache
from typing import Any

from sync.client.store import Store

CLIENT = "yunfan-python/1"
_LONGEST = 100


def about(store: Store, app_version: str | None) -> dict[str, Any]:
    """`persistent`: no system clears an ordinary file by itself."""
    told = {
        "osVersion": _os_version(),
        "client": CLIENT,
        "oldestQueuedAt": store.outbox.oldest_pending(),
        "replicaBytes": store.size(),
        "encrypted": store.encrypted,
        "persistent": True,
    }
    return {**told, "appVersion": app_version[:_LONGEST]} if app_version is not None else told


@cache
def _os_version() -> str:
    return f"{platform.system()} {platform.release()}"[:_LONGEST]
