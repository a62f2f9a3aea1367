"""A device's side of sync: SQLite, the standard library and httpx; nothing of the server."""

from sync.client.errors import (
    ArgumentRefused,
    DeviceWiped,
    FileDamaged,
    FileUnavailable,
    KeyWithheld,
    KeyWrong,
    NoNumbersLeft,
    NotMended,
    NotRegistered,
    Offline,
    ReplicaClosed,
    ReplicaEncrypted,
    ReplicaError,
    ReplicaNewer,
    SyncRefused,
    UnknownCollection,
    UnknownCommand,
    UnknownField,
)
from sync.client.folder import KeptFile
from sync.client.keychain import Keychain
from sync.client.replica import Replica

__all__ = [
    "ArgumentRefused",
    "DeviceWiped",
    "FileDamaged",
    "FileUnavailable",
    "KeptFile",
    "KeyWithheld",
    "KeyWrong",
    "Keychain",
    "NoNumbersLeft",
    "NotMended",
    "NotRegistered",
    "Offline",
    "Replica",
    "ReplicaClosed",
    "ReplicaEncrypted",
    "ReplicaError",
    "ReplicaNewer",
    "SyncRefused",
    "UnknownCollection",
    "UnknownCommand",
    "UnknownField",
]
