"""What a replica tells its user."""

from __future__ import annotations

from typing import Any


class ReplicaError(Exception):
    """Base of everything that a replica raises on purpose."""


class Offline(ReplicaError):
    """The server could not be reached, or did not answer; nothing is lost, try again later."""


class NotRegistered(ReplicaError):
    """`register()` comes first: the replica does not know the collections and commands yet."""


class NoNumbersLeft(ReplicaError):
    """Every leased number of the series is handed out: lease more while online, or save without a number and let the
    server give the next one."""

    def __init__(self, series: str) -> None:
        super().__init__(f"no numbers are left of {series}: call lease({series!r}) while online")
        self.series = series


class UnknownCommand(ReplicaError):
    """The command is not one that this member may queue on a device."""


class ArgumentRefused(ReplicaError, ValueError):
    """A value that no push could carry: NaN, half a character, far too much. `field`: its path. Nothing was kept."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field.encode(errors='backslashreplace').decode()}: {problem}")
        self.field, self.problem = field, problem


class ReplicaNewer(ReplicaError, ValueError):
    """A newer version of the app wrote this file in a layout that this one does not know. Nothing in it was changed:
    update the app, its queue goes on from there."""


class ReplicaEncrypted(ReplicaError):
    """The file is encrypted and no key is at hand: the keychain or the extra `device` is missing."""


class KeyWrong(ReplicaError):
    """The file does not open with this key. Nothing in it was changed."""


class KeyWithheld(ReplicaError):
    """The server must be reached to open this replica: the time for which it opens offline is over, or never began."""


class DeviceWiped(ReplicaError):
    """The replica was erased because the server asked for it. `unsent`: edits that were lost, None if nobody could
    count them; `confirmed`: whether the server has the receipt yet."""

    def __init__(self, unsent: int | None, *, confirmed: bool) -> None:
        super().__init__(f"the replica was wiped; edits that were not sent: {'unknown' if unsent is None else unsent}")
        self.unsent, self.confirmed = unsent, confirmed


class SyncRefused(ReplicaError):
    """The server said no: `code`, a sentence, the offending `field`, and what to do (`remedy`).

    `order`: with DEVICE_WIPED, what the device is to do; never part of the text. `retry_after`: seconds, where it said
    when to come again.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        remedy: str = "",
        order: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.field, self.remedy = status, code, message, field, remedy
        self.order, self.retry_after = order, retry_after


class FileUnavailable(ReplicaError):
    """The attachment is not in this replica, or its file has not reached the server yet: sync, and ask again."""


class FileDamaged(ReplicaError):
    """A file beside the replica is not what was kept there: changed, cut, exchanged or gone. `download` fetches it
    again if the server has it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} beside the replica was changed, or is gone")
