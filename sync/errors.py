"""What sync refuses."""

from __future__ import annotations

from tenants.resubmitting import EDIT_CLASHED, MADE_BY_OLDER_APP
from tenants.wipe_orders import WipeOrder
from values.clashing import Clash
from values.errors import Kind, Refusal, Words


class OverQuota(Refusal):
    """`quota`: its kind; `holder`: tenant or device; `seconds`: to wait, as it is told; `least_seconds`: before then
    the bucket has nothing."""

    code, kind = "OVER_QUOTA", Kind.THROTTLED
    zh, en = (
        "{whose}的同步{what}超过限额，请 {seconds} 秒后再试。",
        "To sync, {whose} must wait {seconds} seconds: it is over its quota of {what}.",
    )
    remedy_zh, remedy_en = (
        "应用会自动重试，尚未同步的修改都保留在设备上。",
        "The app tries again by itself; what is not synced yet stays on the device.",
    )

    def __init__(
        self, *, quota: str, holder: str, whose: Words, what: Words, seconds: int, least_seconds: float
    ) -> None:
        super().__init__(whose=whose, what=what, seconds=seconds)
        self.quota, self.holder, self.seconds, self.least_seconds = quota, holder, seconds, least_seconds
        self._told = (whose, what)

    def after(self, seconds: int) -> OverQuota:
        """The same, with so much left to wait."""
        whose, what = self._told
        quota, holder, least = self.quota, self.holder, min(self.least_seconds, seconds)
        return OverQuota(quota=quota, holder=holder, whose=whose, what=what, seconds=seconds, least_seconds=least)


class TooManySockets(Refusal):
    code, kind = "TOO_MANY_SOCKETS", Kind.THROTTLED
    zh, en = (
        "同时打开的实时连接太多，已关闭最早的一个。",
        "To stay on the air you must open fewer connections: the oldest was closed.",
    )
    remedy_zh, remedy_en = (
        "请关闭多余的窗口；数据仍会定时同步。",
        "Close windows that you do not need; data still sync from time to time.",
    )


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
    zh = "这份本地副本属于另一位成员或另一家公司，其中的修改不能由您提交。"
    en = "This replica belongs to another member or another company; to sync it you must sign in as that member."
    remedy_zh, remedy_en = (
        "请以原来的成员登录，或另建一个副本文件。",
        "Sign in as the member it belongs to, or begin a new replica file.",
    )


class CursorInvalid(Refusal):
    code, kind = "CURSOR_INVALID", Kind.INVALID
    zh, en = "同步游标无效。", "This sync cursor is not valid."
    remedy_zh = "请以空游标重新拉取；未推送的变更不会丢失。"
    remedy_en = "Pull again without a cursor; edits not yet pushed are kept."


class BarrierInvalid(Refusal):
    code, kind = "BARRIER_INVALID", Kind.INVALID
    zh, en = "要求的同步状态标记无效。", "This mark of a state to wait for is not valid."
    remedy_zh = "请重新推送以取得新的标记；未推送的变更不会丢失。"
    remedy_en = "Push again to get a new one; edits not yet pushed are kept."


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
    zh, en = "服务器上没有“{command}”这个操作。", "The server has no action called {command}."
    remedy_zh = "请升级应用，在相应页面上重新录入，再放弃此项。"
    remedy_en = "Update the app, enter it anew on its own page, then discard this entry."


class AppTooOld(Refusal):
    """Rows are sent to apps of some versions back only; what such a device brings is taken all the same."""

    code, kind = "APP_TOO_OLD", Kind.CONFLICT
    zh = "应用版本过旧（数据版本 {version}，最低 {oldest}），不能再接收数据；您的修改仍会提交。"
    en = "To receive data you must update the app (its data version is {version}, the oldest served is {oldest})."
    remedy_zh, remedy_en = (
        "请升级应用；本设备上的修改不会丢失，可以继续推送。",
        "Update the app; edits on this device are kept and can still be pushed.",
    )


class ServerTooOld(Refusal):
    """The server was rolled back behind what the app was built for: passing, nothing is taken and nothing is lost."""

    code, kind = "SERVER_TOO_OLD", Kind.UNAVAILABLE
    zh = "服务器目前运行较旧的版本，暂时读不懂新版应用的数据；您的修改保留在本设备上。"
    en = "The server runs an older version than this app for now; to go on you must wait, edits stay on this device."
    remedy_zh, remedy_en = (
        "无需操作，服务器升级后会自动同步。",
        "Nothing to do: it syncs by itself once the server is updated.",
    )


class MadeByOlderApp(Refusal):
    """An edit of an older version of the app that has no present form. Kept, to be entered anew."""

    code, kind = MADE_BY_OLDER_APP, Kind.CONFLICT
    zh = "这项修改由旧版应用录入，不能自动转换到新版：{why}。"
    en = "An older version of the app made this edit; to apply it you must enter it anew: {why}."
    remedy_zh, remedy_en = (
        "请升级应用，按此处保留的内容重新填写并提交，或放弃此项。",
        "Update the app, fill it in anew from what is kept here and submit, or discard this.",
    )


class CommandRetired(Refusal):
    """An edit with a command that the product has no more; the step that retired it says why and what to do."""

    code, kind = "COMMAND_RETIRED", Kind.CONFLICT
    zh, en = "该操作已停用：{why}", "To do this you must go another way, the action was retired: {why}"
    remedy_zh, remedy_en = "{instead}", "{instead}"


class CommandOnlineOnly(Refusal):
    code, kind = "COMMAND_ONLINE_ONLY", Kind.FORBIDDEN
    zh, en = (
        "“{command}”只能在联网时进行，这次离线操作没有执行。",
        'To do "{command}" you must be online; it was not done.',
    )
    remedy_zh, remedy_en = "请联网后在页面上重新操作，再放弃此项。", "Do it again while connected, then discard this."


class EditClashed(Refusal):
    code, kind = EDIT_CLASHED, Kind.CONFLICT
    zh = "您离线修改期间，这些字段在别处也被改过。目前以对方的值为准，您的值保留在这里。"
    en = "These fields were changed elsewhere while you were offline: those values stand for now, yours are kept here."
    remedy_zh, remedy_en = (
        "请逐项对比：采用我的，或保留对方的。",
        "Compare field by field: take yours, or keep theirs.",
    )


class RowArchived(Refusal):
    code, kind = "ROW_ARCHIVED", Kind.CONFLICT
    zh, en = "该记录已被移入回收站，您的离线修改未生效。", "This record is in the bin now; your edit did not apply."
    remedy_zh, remedy_en = "请先从回收站恢复该记录，再采用我的修改。", "Restore it from the bin first, then take yours."


class BaseMissing(Refusal):
    code, kind = "BASE_MISSING", Kind.INVALID
    zh, en = (
        "不知道“{label}”修改前是什么，无法判断有没有冲突。",
        "To merge {label} you must send the value it had before.",
    )
    remedy_zh, remedy_en = (
        "请核对记录后采用我的修改；应用如有更新请升级。",
        "Check the record, then take yours; update the app.",
    )


class EditsGone(Refusal):
    """The server lost edits that it had answered, and the device keeps them no more. Filed, so that people know."""

    code, kind = "EDITS_GONE", Kind.CONFLICT
    zh = "服务器从备份恢复后，缺少设备“{device}”的第 {first} 至 {last} 项修改（共 {count} 项），而设备上也已不再保留。"
    en = 'The server was restored: edits {first} to {last} ({count} in all) of "{device}" are gone from both sides.'
    remedy_zh = "请核对这台设备在备份之后、至少 30 天以前录入的内容，必要时重新录入，然后放弃此项。"
    remedy_en = "Check what was entered there after the backup and over 30 days ago, enter it again, then discard this."


class AwaitsOtherDevice(Refusal):
    """Made before the server was restored, about a row that another device made and has yet to send again."""

    code, kind = "AWAITS_OTHER_DEVICE", Kind.CONFLICT
    zh = "服务器刚从备份恢复，这项修改涉及的{entity}要等录入它的设备重新同步，之后自动提交。"
    en = "The server was restored: the device that made this {entity} must send it again, then this edit follows."
    remedy_zh = "请让同事打开各自的设备同步一次；30 天内没有等到，会转为待处理。"
    remedy_en = "Ask colleagues to sync their devices; after 30 days this comes back to you."


class StateByEdit(Refusal):
    code, kind = "STATE_BY_EDIT", Kind.INVALID
    zh, en = "状态不能直接修改。", "To change the state you must use the action for it, not an edit."
    remedy_zh, remedy_en = "请使用对应的操作，例如“确认”“取消”。", "Use the action itself, such as confirm or cancel."


class TransitionNotAllowed(Refusal):
    """A queued transition that the row's present state does not allow."""

    code, kind = "TRANSITION_NOT_ALLOWED", Kind.CONFLICT
    zh = "该记录现为“{state}”，不能执行“{action}”；现在可执行：{allowed}。"
    en = 'This record is {state} now: for "{action}" it must be in another state. Possible now: {allowed}.'
    remedy_zh, remedy_en = "{next}", "{next}"


class StateChangedMeanwhile(Refusal):
    """A queued transition out of a state that its author did not see; it would undo what somebody else has done."""

    code, kind = "STATE_CHANGED_MEANWHILE", Kind.CONFLICT
    zh = "您操作时该记录为“{seen}”，现在已是“{state}”；“{action}”未执行。"
    en = 'To go on with "{action}" you must decide again: this record was {seen} when you acted and is {state} now.'
    remedy_zh, remedy_en = (
        "请打开记录核对；仍要执行或放弃此项。",
        "Look at the record, then do it all the same or discard this.",
    )


class RowEditedMeanwhile(Clash, Refusal):
    """An archive that met a newer edit by others. `differences`: what they changed."""

    code, kind = "ROW_EDITED_MEANWHILE", Kind.CONFLICT
    zh = "您离线归档该记录期间，{who}修改过它；记录已保留，未归档。"
    en = "{who} edited this record after you last saw it; it stays, and your archiving waits here."
    remedy_zh = "请查看对方的修改，再选择仍要归档或放弃。"
    remedy_en = "Look at the edit, then archive all the same or discard."


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
    zh, en = "系统处理这项修改时出错，内容已保留在这里。", "The server failed on this edit; it is kept here."
    remedy_zh, remedy_en = (
        "请稍后重新提交；若仍失败，请联系支持。",
        "Submit it again later; if it still fails, contact support.",
    )


class LoadOutdated(Refusal):
    """The file is another member's, of another view, or deleted: the device asks which files there are now."""

    code, kind = "LOAD_OUTDATED", Kind.CONFLICT
    zh, en = "首次加载的文件已过期。", "To load these rows you must ask for the files anew: this one is outdated."
    remedy_zh, remedy_en = "无需操作，应用会重新获取。", "Nothing to do: the app asks again."


class RangeBeyondEnd(Refusal):
    code, kind, status = "RANGE_BEYOND_END", Kind.INVALID, 416
    zh, en = "请求的位置超出文件末尾（{size} 字节）。", "To go on you must begin within the file's {size} bytes."
    remedy_zh, remedy_en = "请从头重新下载。", "Download it from the beginning."
