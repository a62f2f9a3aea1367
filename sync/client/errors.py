"""What a replica tells its user."""

from __future__ import annotations


class ReplicaError(Exception):
    """Base of everything that a replica raises on purpose."""


class Offline(ReplicaError):
    """The server could not be reached, or did not answer; nothing is lost, try again later."""


class NotRegistered(ReplicaError):
    """`register()` comes first: the replica does not know the collections and commands yet."""


class UnknownCommand(ReplicaError):
    """The command is not one that this member may queue on a device."""


class ArgumentRefused(ReplicaError, ValueError):
    """A value that no push could carry: NaN, half a character, far too much. `field`: its path. Nothing was kept."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field.encode(errors='backslashreplace').decode()}: {problem}")
        self.field, self.problem = field, problem


class SyncRefused(ReplicaError):
    """The server said no: `code`, a sentence, the offending `field`, and what to do (`remedy`)."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None, remedy: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.field, self.remedy = status, code, message, field, remedy


class FileUnavailable(ReplicaError):
    """The attachment is not in this replica, or its file has not reached the server yet: sync, and ask again."""
