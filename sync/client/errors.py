"""What a replica tells its user."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from sync.client.sentences import REFUSED


class ReplicaError(Exception):
    """Base of everything that a replica raises on purpose. `code`: for programs; it stays."""

    code: str


class Told(ReplicaError):
    """What a person may read in both languages: `message_zh`, `message_en`, and what to do, `remedy_zh`, `remedy_en`.

    `detail`: in English, for the developer; in the text of the error alone.
    """

    def __init__(self, message_zh: str, message_en: str, remedy_zh: str, remedy_en: str, detail: str = "") -> None:
        told = f"{message_en} {remedy_en}".rstrip()
        super().__init__(f"{self.code}: {told}{detail and f' ({detail})'}")
        self.message_zh, self.message_en = message_zh, message_en
        self.remedy_zh, self.remedy_en = remedy_zh, remedy_en


class Offline(Told):
    """The server could not be reached, or did not answer; nothing is lost, try again later."""

    code = "OFFLINE"

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            "暂时连不上服务器，内容都保存在本机。",
            "The server cannot be reached now; everything is kept here.",
            "请检查网络，稍后再试。",
            "Check the network, and try again later.",
            detail,
        )


class NotRegistered(Told):
    """`register()` comes first: the replica does not know the collections and commands yet."""

    code = "NOT_REGISTERED"

    def __init__(self) -> None:
        super().__init__(
            "本机尚未登记。",
            "This device is not registered yet.",
            "请先联网登记（register）。",
            "Call register(name) first, while online.",
        )


class ReplicaClosed(Told):
    """`close()` was called on this replica. What waits in its file is kept."""

    code = "REPLICA_CLOSED"

    def __init__(self) -> None:
        super().__init__(
            "本地副本已关闭。",
            "This replica was closed.",
            "请重新打开后再操作，未推送的变更都还在。",
            "Open the file with a new Replica; what was not sent is kept in it.",
        )


class NotMended(Told):
    """`verify` could not make these `collections` what the server has."""

    code = "NOT_MENDED"

    def __init__(self, collections: list[str]) -> None:
        super().__init__(
            f"与服务器仍不一致的数据：{'、'.join(collections)}。",
            f"Still not what the server has: {', '.join(collections)}.",
            "请重新加载（reload），待推送的变更会保留。",
            "Load afresh with reload(), which keeps the queue.",
        )
        self.collections = collections


class NoNumbersLeft(Told):
    """Every leased number of the `series` is handed out: lease more while online, or save without a number and let the
    server give the next one."""

    code = "NO_NUMBERS_LEFT"

    def __init__(self, series: str) -> None:
        super().__init__(
            f"本机领取的“{series}”编号已用完。",
            f"No leased numbers of {series!r} are left.",
            "请联网续领，或不带编号保存，由服务器编号。",
            f"Call lease({series!r}) while online, or save without a number: the server gives one then.",
        )
        self.series = series


class Unknown(Told, LookupError):
    """A name that the replica does not know. `known`: the names that there are."""

    def __init__(self, message_zh: str, message_en: str, remedy_zh: str, remedy_en: str, known: list[str]) -> None:
        super().__init__(message_zh, message_en, remedy_zh, remedy_en)
        self.known = known


class UnknownCommand(Unknown):
    """The `command` is not one that this member may queue on a device."""

    code = "UNKNOWN_COMMAND"

    def __init__(self, command: str, known: list[str]) -> None:
        near = get_close_matches(command, known, n=3)
        super().__init__(
            f"没有“{command}”这个可离线执行的命令，或者您无权执行。",
            f"There is no command {command!r} that devices queue, or you may not use it.",
            f"是否指 {'、'.join(near)}？" if near else "请检查命令名称，或请管理员授予权限。",
            f"Did you mean {', '.join(near)}?" if near else "Check its name, or ask an administrator for the right.",
            known,
        )
        self.command = command


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
        zh, en = REFUSED[code]
        self.field, self.code, self.problem = field, code, en.format(**details)
        self.message_zh, self.message_en = f"{zh.format(**details)}。", f"{self.problem[:1].upper()}{self.problem[1:]}."
        super().__init__(f"{field.encode(errors='backslashreplace').decode()}: {self.problem}")


class ReplicaNewer(Told, ValueError):
    """A newer version of the app wrote this file in a layout that this one does not know. Nothing in it was changed:
    update the app, its queue goes on from there."""

    code = "REPLICA_NEWER"

    def __init__(self, layout: int) -> None:
        super().__init__(
            "本地副本由更新版本的应用写入，当前版本无法打开，其中的内容没有改动。",
            "A newer version of the app wrote this replica; nothing in it was changed.",
            "请升级应用，未推送的变更会继续推送。",
            "To open it, update the app: what was not sent goes on from there.",
            f"layout {layout}",
        )


class ReplicaEncrypted(Told):
    """The file is encrypted and no key is at hand: the keychain or the extra `device` is missing."""

    code = "REPLICA_ENCRYPTED"

    def __init__(self) -> None:
        super().__init__(
            "本地副本已加密，缺少打开它的密钥。",
            "This replica is encrypted, and no key is at hand.",
            "请使用登记时的钥匙串，并安装 yunfan[device]。",
            "Give its keychain, and install yunfan[device].",
        )


class KeyWrong(Told):
    """The file does not open with this key. Nothing in it was changed."""

    code = "KEY_WRONG"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"密钥与“{name}”不符，无法打开，其中的内容没有改动。",
            f"{name} does not open with this key; nothing in it was changed.",
            "请使用登记时的钥匙串。",
            "Give the keychain with which it was registered.",
        )


class KeyWithheld(Told):
    """The server must be reached to open this replica: the time for which it opens offline is over, or never began.
    `changed`: or the copy of the server's half that was kept here is not as it was."""

    code = "KEY_WITHHELD"

    def __init__(self, *, changed: bool = False) -> None:
        super().__init__(
            "本机保存的密钥已被改动。" if changed else "本机可离线打开的期限已过。",
            "The copy of its key was changed." if changed else "The time for which this replica opens offline is over.",
            "请联网后再打开。",
            "Connect to the server to open this replica.",
        )


class DeviceWiped(Told):
    """The replica was erased because the server asked for it. `unsent`: edits that were lost, None if nobody could
    count them; `confirmed`: whether the server has the receipt yet."""

    code = "DEVICE_WIPED"

    def __init__(self, unsent: int | None, *, confirmed: bool) -> None:
        super().__init__(
            f"管理员要求擦除本机数据，数据已删除；未推送的变更：{'数目不详' if unsent is None else f'{unsent} 项'}。",
            "The replica was wiped because an administrator asked for it; edits that were not sent: "
            f"{'unknown' if unsent is None else unsent}.",
            "如需继续使用，请联系管理员后重新登录并登记。",
            "To go on, ask the administrator, sign in anew and register a fresh replica.",
        )
        self.unsent, self.confirmed = unsent, confirmed


class SyncRefused(ReplicaError):
    """The server said no: `code`, a sentence, the offending `field`, and what to do (`remedy`), in the replica's
    language; what stops a push in the member's own.

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


class FileUnavailable(Told):
    """The attachment is not in this replica, or its file has not reached the server yet: sync, and ask again."""

    code = "FILE_UNAVAILABLE"

    def __init__(self, attachment_id: str) -> None:
        super().__init__(
            "附件不在本机，或文件尚未上传到服务器。",
            "The attachment is not in this replica, or its file has not reached the server yet.",
            "请同步后再打开。",
            "Sync, and ask again.",
            attachment_id,
        )


class FileDamaged(Told):
    """A file beside the replica is not what was kept there: changed, cut, exchanged or gone. `download` fetches it
    again if the server has it."""

    code = "FILE_DAMAGED"

    def __init__(self, name: str) -> None:
        super().__init__(
            "本机保存的附件文件已损坏或丢失。",
            "The file that was kept here is damaged or gone.",
            "请重新下载；尚未上传的，请重新添加。",
            "Download it again; one that was still to be sent: attach it again.",
            name,
        )
