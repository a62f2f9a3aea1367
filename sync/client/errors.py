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


class Unknown(ReplicaError, LookupError):
    """A name that the replica does not know. `code`; `message_zh`, `message_en` for people; `remedy_zh`, `remedy_en`:
    what to do; `known`: the names that there are."""

    code: str

    def __init__(self, message_zh: str, message_en: str, remedy_zh: str, remedy_en: str, known: list[str]) -> None:
        super().__init__(f"{self.code}: {message_en} {remedy_en}")
        self.message_zh, self.message_en, self.known = message_zh, message_en, known
        self.remedy_zh, self.remedy_en = remedy_zh, remedy_en


class UnknownCollection(Unknown):
    """There is no such collection, or this member never saw it here. One that went with a right is empty instead."""

    code = "UNKNOWN_COLLECTION"

    def __init__(self, collection: str, known: list[str]) -> None:
        super().__init__(
            f"本地副本中没有“{collection}”这类数据，或者您无权查看。",
            f"There is no collection {collection!r} in this replica, or you may not see it.",
            f"请改用下列名称之一，或请管理员授予查看权限：{'、'.join(known)}。",
            f"Use one of these, or ask an administrator for the right to view it: {', '.join(known)}.",
            known,
        )
        self.collection = collection


class UnknownField(Unknown):
    """The rows of the collection have no such field, or it is hidden from this member."""

    code = "UNKNOWN_FIELD"

    def __init__(self, collection: str, field: str, known: list[str]) -> None:
        super().__init__(
            f"“{collection}”没有“{field}”这个字段，或者该字段对您不可见。",
            f"Rows of {collection!r} have no field {field!r}, or it is hidden from you.",
            f"请改用下列字段之一：{'、'.join(known)}。",
            f"Use one of these: {', '.join(known)}.",
            known,
        )
        self.collection, self.field = collection, field


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
