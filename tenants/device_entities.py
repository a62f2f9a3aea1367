"""Devices and what could not be applied from them: kept here so that rights, erasure and the admin reach them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import Entity, Facet, ScopedRow, TenantRow, Widget, attribute, index, link


class Device(TenantRow):
    """设备: a replica's registration. `last_mutation` is the contiguous number of its applied mutations.

    `backlog_to` is the number of the last mutation that waited on it at its first contact after the trial or the
    subscription ended, at `backlog_end_at`: later ones cannot have been made before that end. `session_id` is the
    sign-in under which it was last in touch: it ends with the device. `origin_id`: the device whose replica this one
    is a copy of; the two share stored outcomes, so that what both copies held is done once.

    What it says of itself is a claim, as fresh as `last_seen_at`; `last_contact_at` stands still while it has a queue.
    `pulled_clock` is the tenant clock of its last completed pull. `key_share`: the server's half of the key of its
    file, sealed; gone for good with a revocation. A wipe is requested, handed out and, with a receipt, confirmed.
    """

    __tablename__ = "device"
    __table_args__ = (
        link("member_id", "member"),
        index("device_member_idx", "member_id"),
        CheckConstraint("wipe_method IN ('rekeyed', 'deleted')", name="wipe_method"),
    )
    __entity__ = Entity(
        "tenants.Device",
        "设备",
        "Device",
        permission="tenants.device",
        graphql="Device",
        actions=("view", "revoke", "wipe"),
        tracked=False,
    )

    member_id: Mapped[UUID] = mapped_column(info={"facet": Facet("成员", "Member", wire=True, filterable=True)})
    name: Mapped[str] = attribute(facet=Facet("设备名称", "Name", wire=True, personal=True, sortable=True))
    platform: Mapped[str] = attribute(facet=Facet("平台", "Platform", wire=True))
    os_version: Mapped[str | None] = attribute(facet=Facet("系统版本", "OS version", wire=True))
    app_version: Mapped[str | None] = attribute(facet=Facet("应用版本", "App version", wire=True))
    client: Mapped[str | None] = attribute(facet=Facet("同步客户端", "Sync client", wire=True))
    schema_hash: Mapped[str | None] = attribute(facet=Facet("已知结构版本", "Schema known to it", wire=True))
    last_mutation: Mapped[int] = mapped_column(
        default=0, info={"facet": Facet("已处理变更", "Last mutation", wire=True)}
    )
    last_contact_at: Mapped[datetime] = mapped_column(
        info={"facet": Facet("最近联系", "Last contact", wire=True, widget=Widget.INSTANT)}
    )
    last_seen_at: Mapped[datetime] = mapped_column(
        info={"facet": Facet("最近在线", "Last seen", wire=True, widget=Widget.INSTANT, sortable=True)}
    )
    pulled_clock: Mapped[int | None] = mapped_column(info={"facet": Facet("已拉取至", "Pulled up to")})
    pulled_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("最近拉取完成", "Last completed pull", wire=True, widget=Widget.INSTANT)}
    )
    queued: Mapped[int] = mapped_column(
        default=0,
        info={"facet": Facet("待推送变更数", "Unsent edits", wire=True, widget=Widget.NUMBER, sortable=True)},
    )
    oldest_queued_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("最早未推送变更", "Oldest unsent edit", wire=True, widget=Widget.INSTANT, sortable=True)}
    )
    replica_bytes: Mapped[int | None] = mapped_column(
        info={"facet": Facet("副本大小（字节）", "Replica size in bytes", wire=True)}
    )
    encrypted: Mapped[bool | None] = mapped_column(info={"facet": Facet("副本已加密", "Replica encrypted", wire=True)})
    persistent: Mapped[bool | None] = mapped_column(
        info={"facet": Facet("存储不会被系统清理", "Storage is persistent", wire=True)}
    )
    key_share: Mapped[str | None] = attribute(facet=Facet("密钥份额", "Key share", secret=True))
    revoked_at: Mapped[datetime | None] = mapped_column(info={"facet": Facet("吊销时间", "Revoked", wire=True)})
    wipe_order_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("擦除指令", "Wipe order")})
    wipe_requested_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("要求擦除的时间", "Wipe requested", wire=True)}
    )
    wipe_requested_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("要求擦除的人", "Wipe requested by", wire=True)}
    )
    wipe_reason: Mapped[str | None] = attribute(facet=Facet("擦除原因", "Reason of the wipe", wire=True))
    wipe_after_push: Mapped[bool | None] = mapped_column(
        info={"facet": Facet("擦除前先推送", "Push before the wipe", wire=True)}
    )
    wipe_delivered_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("擦除指令送达", "Wipe order handed out", wire=True)}
    )
    wiped_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("收到擦除回执", "Wipe receipt received", wire=True)}
    )
    wipe_erased_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("设备擦除的时间（设备时钟）", "Erased, by the device's clock", wire=True)}
    )
    wipe_method: Mapped[str | None] = attribute(facet=Facet("擦除方式", "Method of the wipe", wire=True))
    wipe_unsent: Mapped[int | None] = mapped_column(
        info={"facet": Facet("擦除时未推送的变更数", "Edits lost in the wipe", wire=True, widget=Widget.NUMBER)}
    )
    session_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("登录会话", "Session")})
    backlog_to: Mapped[int | None] = mapped_column(info={"facet": Facet("到期前积压至", "Backlog to")})
    backlog_end_at: Mapped[datetime | None] = mapped_column(info={"facet": Facet("积压对应的到期时间", "Backlog end")})
    origin_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("复制自", "Copied from", wire=True)})


class InboxEntry(ScopedRow):
    """待处理: an offline edit, or part of one, that did not apply: what, why, base/mine/theirs.

    `what_zh`/`what_en`: the command in words, with the name of the row if the edit gave one; who may view the row reads
    what it is called now (`inbox_titles`). `waits_for`: of a parked entry, the entries behind which it waits.
    `field_facts`: by field of `differences`, its labels and who changed the value in `theirs`, and when: `{field: {zh,
    en, changedAt?, changedById?}}`.
    """

    __tablename__ = "inbox_entry"
    __table_args__ = (
        link("owner_id", "member"),
        link("device_id", "device"),
        index("inbox_entry_device_idx", "device_id"),
        index("inbox_entry_scope_idx", "scope_path"),
        index("inbox_entry_owner_idx", "owner_id"),
        CheckConstraint("state IN ('open', 'waiting', 'parked', 'applied', 'discarded', 'taken')", name="state"),
    )
    __entity__ = Entity(
        "tenants.InboxEntry",
        "待处理项",
        "Inbox entry",
        permission="tenants.inbox",
        collection="inbox",
        graphql="InboxEntry",
        actions=("view", "resolve"),
    )

    device_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("设备", "Device", wire=True)})
    mutation_id: Mapped[UUID] = mapped_column(info={"facet": Facet("变更编号", "Mutation", wire=True)})
    device_name: Mapped[str | None] = attribute(facet=Facet("设备名称", "Device name", wire=True, personal=True))
    command: Mapped[str] = attribute(facet=Facet("操作", "Command", wire=True))
    what_zh: Mapped[str] = attribute(facet=Facet("我做了什么", "What I did (zh)", wire=True, personal=True))
    what_en: Mapped[str] = attribute(facet=Facet("我做了什么（英文）", "What I did (en)", wire=True, personal=True))
    entity: Mapped[str | None] = attribute(facet=Facet("对象", "Entity", wire=True))
    row_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("记录", "Row", wire=True)})
    state: Mapped[str] = attribute(facet=Facet("状态", "State", wire=True, filterable=True))
    code: Mapped[str] = attribute(facet=Facet("原因代码", "Code", wire=True))
    message_zh: Mapped[str] = attribute(facet=Facet("原因", "Reason (zh)", wire=True))
    message_en: Mapped[str] = attribute(facet=Facet("原因（英文）", "Reason (en)", wire=True))
    remedy_zh: Mapped[str] = attribute(facet=Facet("处理办法", "Remedy (zh)", wire=True))
    remedy_en: Mapped[str] = attribute(facet=Facet("处理办法（英文）", "Remedy (en)", wire=True))
    field: Mapped[str | None] = attribute(facet=Facet("字段", "Field", wire=True))
    arguments: Mapped[dict[str, Any]] = mapped_column(
        JSONB(), info={"facet": Facet("我提交的内容", "What I sent", wire=True, widget=Widget.JSON, personal=True)}
    )
    differences: Mapped[list[dict[str, Any]]] = mapped_column(  # [{field, base, mine, theirs}]
        JSONB(), info={"facet": Facet("差异", "Differences", wire=True, widget=Widget.JSON, personal=True)}
    )
    field_facts: Mapped[dict[str, Any]] = mapped_column(
        JSONB(), info={"facet": Facet("字段说明", "About the fields", wire=True, widget=Widget.JSON)}
    )
    waits_for: Mapped[list[str]] = mapped_column(
        JSONB(), info={"facet": Facet("等待的待处理项", "Waits for", wire=True, widget=Widget.JSON)}
    )
    made_at: Mapped[datetime] = mapped_column(info={"facet": Facet("修改时间", "Made", wire=True)})
    resolved_at: Mapped[datetime | None] = mapped_column(info={"facet": Facet("处理时间", "Resolved", wire=True)})
    resolved_by_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("处理人", "Resolved by", wire=True)})
