"""A device's side of sync: SQLite, the standard library and httpx; nothing of the server."""

from sync.client.errors import (
    ArgumentRefused,
    FileUnavailable,
    NotRegistered,
    Offline,
    ReplicaError,
    SyncRefused,
    UnknownCommand,
)
from sync.client.replica import Replica

__all__ = [
    "ArgumentRefused",
    "FileUnavailable",
    "NotRegistered",
    "Offline",
    "Replica",
    "ReplicaError",
    "SyncRefused",
    "UnknownCommand",
]
