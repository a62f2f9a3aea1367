"""What a replica tells its user."""

from __future__ import annotations

from typing import Any

_REFUSED = {  # code → in Chinese, in English
    "TYPE_UNSENDABLE": (
        "这里不能填写 {type} 类型的值，请改为文本、数字、日期、编号或由它们组成的列表",
        "a value of type {type} cannot be sent: use a text, a number, a date, an id, or a list or dict of these",
    ),
    "KEY_UNSENDABLE": (
        "字段名必须是文本，不能是 {type} 类型",
        "the name of a field must be a text, not of type {type}",
    ),
    "TEXT_UNSENDABLE": (
        "文本中含有无法保存的字符，请删除后重试",
        "text with NUL or half a character (a lone surrogate) cannot be sent: remove it",
    ),
    "NUMBER_UNSENDABLE": ("{value} 不是有效的数字，请改正", "{value} is no number that can be sent: correct it"),
    "INTEGER_TOO_LARGE": ("整数超出范围（64 位），请改小", "an integer beyond 64 bits cannot be sent: make it smaller"),
    "NESTED_TOO_DEEP": ("内容嵌套超过 {most} 层，请简化", "nested more than {most} deep: make it flatter"),
    "TOO_MANY_FIELDS": ("字段超过 {most} 个，请减少", "more than {most} fields: send fewer"),
    "LIST_TOO_LONG": ("列表超过 {most} 项，请分几次填写", "a list of more than {most}: send it in parts"),
    "ARGUMENTS_TOO_LARGE": ("内容超过 {most} 字节，请精简", "more than {most} bytes: send less"),
    "DECISION_UNKNOWN": ("“{action}”不是可选的处理方式（{known}）", "{action} is none of {known}"),
    "FILE_EMPTY": ("文件是空的，请选择有内容的文件", "the file is empty: attach one that has content"),
}


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
    """What no push could carry: NaN, half a character, bytes, far too much, an empty file. Nothing was kept.

    `field`: its path; `code`; `message_zh`, `message_en` for people; `problem`: in English, for the developer.
    """

    def __init__(self, field: str, code: str, /, **details: Any) -> None:
        zh, en = _REFUSED[code]
        self.field, self.code, self.problem = field, code, en.format(**details)
        self.message_zh, self.message_en = f"{zh.format(**details)}。", f"{self.problem[:1].upper()}{self.problem[1:]}."
        super().__init__(f"{field.encode(errors='backslashreplace').decode()}: {self.problem}")


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
