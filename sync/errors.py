"""What sync refuses."""

from __future__ import annotations

from tenants.commands.resolve_inbox_entry import EDIT_CLASHED
from tenants.wipe_orders import WipeOrder
from values.errors import Kind, Refusal


class DeviceRevoked(Refusal):
    code, kind = "DEVICE_REVOKED", Kind.UNAUTHENTICATED
    zh, en = "该设备已被吊销，不能再同步。", "This device was revoked; it can no longer sync."
    remedy_zh, remedy_en = (
        "请重新登录，再把本设备登记为新设备。",
        "Sign in again, then register this device as a new one.",
    )


class DeviceWiped(Refusal):
    """`order`: what the device is to do; never part of a sentence or a log line."""

    code, kind = "DEVICE_WIPED", Kind.FORBIDDEN
    zh, en = "管理员要求擦除本设备上的数据。", "This device is to be wiped: to go on you must register a new one."
    remedy_zh, remedy_en = (
        "应用会自动擦除本地副本；需要继续使用，请重新登录。",
        "The app erases its replica by itself; sign in again to go on.",
    )

    def __init__(self, order: WipeOrder | None = None) -> None:
        super().__init__(field="deviceId")
        self.order = order


class DeviceMustEncrypt(Refusal):
    code, kind = "DEVICE_MUST_ENCRYPT", Kind.FORBIDDEN
    zh, en = "公司只允许加密的设备同步。", "To sync a device here its replica must be encrypted."
    remedy_zh, remedy_en = (
        "请安装支持加密的应用版本；未推送的变更仍可推送。",
        "Install a version of the app that encrypts; what waits on the device can still be pushed.",
    )


class ReplicaOfAnother(Refusal):
    code, kind = "REPLICA_OF_ANOTHER", Kind.CONFLICT
    zh = "这份本地副本属于另一位成员或另一家公司，其中的修改不能由你提交。"
    en = "This replica belongs to another member or another company; to sync it you must sign in as that member."
    remedy_zh, remedy_en = (
        "请以原来的成员登录，或另建一个副本文件。",
        "Sign in as the member it belongs to, or begin a new replica file.",
    )


class CursorInvalid(Refusal):
    code, kind = "CURSOR_INVALID", Kind.INVALID
    zh, en = "同步游标无效。", "This sync cursor is not valid."
    remedy_zh = "请以空游标重新拉取；未推送的修改不会丢失。"
    remedy_en = "Pull again without a cursor; edits not yet pushed are kept."


class MutationGap(Refusal):
    code, kind = "MUTATION_GAP", Kind.CONFLICT
    zh, en = "变更编号不连续：应为 {expected}。", "To push you must continue at number {expected}."
    remedy_zh, remedy_en = "请从该编号起重新推送。", "Push again from that number."


class DeviceForked(Refusal):
    code, kind = "DEVICE_FORKED", Kind.CONFLICT
    zh = "该编号已被另一份副本使用，本设备可能由备份恢复或复制而来。"
    en = "This number was used by another copy of this replica: it was cloned or restored from a backup."
    remedy_zh, remedy_en = "请将本副本登记为新设备后再推送。", "Register this copy as a new device, then push again."


class CommandUnknown(Refusal):
    code, kind = "COMMAND_UNKNOWN", Kind.NOT_FOUND
    zh, en = "服务器不认识操作“{command}”。", "The server knows no command {command}."
    remedy_zh, remedy_en = "请升级应用后重新提交。", "Update the app and submit again."


class CommandOnlineOnly(Refusal):
    code, kind = "COMMAND_ONLINE_ONLY", Kind.FORBIDDEN
    zh, en = "操作“{command}”只能联网进行。", "To do {command} you must be online."
    remedy_zh, remedy_en = "请联网后在页面上操作。", "Do it again while connected."


class EditClashed(Refusal):
    code, kind = EDIT_CLASHED, Kind.CONFLICT
    zh = "你离线修改的字段已被他人改过，服务器的值保留，你的值在此待定。"
    en = "Others changed these fields while you were offline; the server's values stand and yours are kept here."
    remedy_zh, remedy_en = (
        "请对比后选择采用我的、采用对方的，或放弃。",
        "Compare, then take yours, take theirs, or discard.",
    )


class RowArchived(Refusal):
    code, kind = "ROW_ARCHIVED", Kind.CONFLICT
    zh, en = "该记录已被归档，你的离线修改未生效。", "This record was archived meanwhile; your edit did not apply."
    remedy_zh, remedy_en = "请先从回收站恢复该记录，再采用我的修改。", "Restore it from the bin first, then take yours."


class BaseMissing(Refusal):
    code, kind = "BASE_MISSING", Kind.INVALID
    zh, en = "缺少字段“{name}”修改前的值，无法合并。", "To merge {name} you must send the value it had before."
    remedy_zh, remedy_en = "请升级应用后重新提交。", "Update the app and submit again."


class ValueUnsendable(Refusal):
    """The device could not write this value as JSON; what it sent in its place must not be stored as the value."""

    code, kind = "VALUE_UNSENDABLE", Kind.INVALID
    zh, en = "填写的值无法传输，此项修改未生效。", "To save this you must enter another value: this one cannot be sent."
    remedy_zh, remedy_en = "请改正该值后重新提交，或放弃。", "Correct the value and submit it again, or discard it."


class MutationTooLarge(Refusal):
    """One mutation beyond the limits of the wire. Its content is not kept: a part of it would be another edit."""

    code, kind = "MUTATION_TOO_LARGE", Kind.INVALID
    zh, en = "这项修改过大（{problem}），未生效。", "To save this you must make it smaller: {problem}."
    remedy_zh = "请精简内容后重新填写，再放弃此项。"
    remedy_en = "Enter it again with less content, then discard this entry."


class Defect(Refusal):
    """Something that we must mend. Filed rather than retried forever: it must not stop what waits behind it."""

    code, kind = "DEFECT", Kind.CONFLICT
    zh, en = "服务器处理该修改时出错，已保留待处理。", "The server failed on this edit; it is kept in the inbox."
    remedy_zh, remedy_en = (
        "请稍后重新提交；若仍失败，请联系支持。",
        "Submit it again later; if it still fails, contact support.",
    )
