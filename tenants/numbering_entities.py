"""单据编号: series, the ranges leased to devices, and what became of each number. Read `tenants/numbering.py` first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Choice,
    Entity,
    Facet,
    ScopedRow,
    TenantRow,
    Widget,
    attribute,
    index,
    link,
    one_of,
    unique,
)

USED, VOIDED = "used", "voided"
STATES = (Choice(USED, "已使用", "Used"), Choice(VOIDED, "已作废", "Voided"))

SPOILED, LEASE_CLOSED, PASSED_OVER = "spoiled", "lease_closed", "passed_over"
CAUSES = (
    Choice(SPOILED, "逐个作废", "Voided one by one"),
    Choice(LEASE_CLOSED, "号段关闭", "Lease closed"),
    Choice(PASSED_OVER, "恢复备份后跳过", "Passed over after a restore"),
)

LOST, REVOKED, WIPED, FORKED, USED_UP = "lost", "revoked", "wiped", "forked", "used_up"
CLOSINGS = (
    Choice(LOST, "设备遗失", "Device lost"),
    Choice(REVOKED, "设备已吊销", "Device revoked"),
    Choice(WIPED, "设备已擦除", "Device wiped"),
    Choice(FORKED, "设备被复制", "Device cloned"),
    Choice(USED_UP, "已用完", "Used up"),
)


class NumberSeries(TenantRow):
    """编号系列: the next number of one kind of document. Made with its first number.

    Leases and numbers refer to the row, not to its key: a legal entity that takes a series of its own gets another row
    under the same key, with a prefix of its own.
    """

    __tablename__ = "number_series"
    __table_args__ = (unique("key"), CheckConstraint("next_value > 0", name="next_value"))
    __entity__ = Entity(
        "tenants.NumberSeries",
        "编号系列",
        "Number series",
        permission="tenants.number_series",
        graphql="NumberSeries",
        tracked=False,
    )

    key: Mapped[str] = attribute(facet=Facet("标识", "Key", wire=True, filterable=True))
    prefix: Mapped[str] = attribute(facet=Facet("前缀", "Prefix", wire=True))
    next_value: Mapped[int] = mapped_column(
        info={"facet": Facet("下一个号", "Next value", wire=True, widget=Widget.NUMBER)}
    )


class NumberLease(ScopedRow):
    """号段: the numbers `first` to `last` of a series, for one device alone. Its owner is the device's member.

    `spent_at`: since when the device has handed out all of them; what is outstanding then stands in documents that wait
    on the device or in the inbox. `closed_at`: every number is used or voided.
    """

    __tablename__ = "number_lease"
    __table_args__ = (
        link("owner_id", "member"),
        link("device_id", "device"),
        link("series_id", "number_series"),
        index("number_lease_range_idx", "series_id", "first", unique=True),
        index("number_lease_device_idx", "device_id"),
        index("number_lease_owner_idx", "owner_id"),
        index("number_lease_scope_idx", "scope_path"),
        CheckConstraint("first > 0 AND last >= first", name="range"),
        CheckConstraint("(closed_at IS NULL) = (closed_reason IS NULL)", name="closed"),
        one_of("closed_reason", CLOSINGS),
    )
    __entity__ = Entity(
        "tenants.NumberLease",
        "号段",
        "Number lease",
        permission="tenants.number_lease",
        collection="number_leases",
        graphql="NumberLease",
        actions=("view", "lease", "close"),
    )

    device_id: Mapped[UUID] = mapped_column(info={"facet": Facet("设备", "Device", wire=True, filterable=True)})
    series_id: Mapped[UUID] = mapped_column(info={"facet": Facet("编号系列", "Series", wire=True)})
    series_key: Mapped[str] = attribute(facet=Facet("系列标识", "Series key", wire=True))
    prefix: Mapped[str] = attribute(facet=Facet("前缀", "Prefix", wire=True))
    first: Mapped[int] = mapped_column(info={"facet": Facet("起号", "First", wire=True, widget=Widget.NUMBER)})
    last: Mapped[int] = mapped_column(info={"facet": Facet("止号", "Last", wire=True, widget=Widget.NUMBER)})
    granted_at: Mapped[datetime] = mapped_column(
        info={"facet": Facet("领用时间", "Granted", wire=True, widget=Widget.INSTANT)}
    )
    spent_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("设备用完时间", "Spent", wire=True, widget=Widget.INSTANT)}
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("关闭时间", "Closed", wire=True, widget=Widget.INSTANT)}
    )
    closed_reason: Mapped[str | None] = attribute(
        facet=Facet("关闭原因", "Closed because", wire=True, widget=Widget.CHOICE, choices=CLOSINGS)
    )
    closed_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("关闭人", "Closed by", wire=True, widget=Widget.REFERENCE)}
    )


class DocumentNumber(TenantRow):
    """单据编号: what became of one number: the document that uses it, or why it was voided. Never deleted.

    Made when the number is used or voided, by whom and when as on every row. One that is in a lease and has no row here
    is outstanding.
    """

    __tablename__ = "document_number"
    __table_args__ = (
        link("series_id", "number_series"),
        link("lease_id", "number_lease"),
        unique("series_id", "value"),
        index("document_number_lease_idx", "lease_id", "value"),
        index("document_number_row_idx", "row_id", postgresql_where="row_id IS NOT NULL"),
        one_of("state", STATES),
        one_of("cause", CAUSES),
        CheckConstraint("(state = 'used') = (entity IS NOT NULL AND row_id IS NOT NULL)", name="used"),
        CheckConstraint("(state = 'voided') = (cause IS NOT NULL)", name="voided"),
    )
    __entity__ = Entity(
        "tenants.DocumentNumber",
        "单据编号",
        "Document number",
        permission="tenants.document_number",
        graphql="DocumentNumber",
        actions=("view", "void"),
        tracked=False,
    )

    series_id: Mapped[UUID] = mapped_column(info={"facet": Facet("编号系列", "Series", wire=True, filterable=True)})
    value: Mapped[int] = mapped_column(
        info={"facet": Facet("序号", "Value", wire=True, widget=Widget.NUMBER, filterable=True, sortable=True)}
    )
    number: Mapped[str] = attribute(facet=Facet("编号", "Number", wire=True))
    state: Mapped[str] = attribute(
        facet=Facet("状态", "State", wire=True, widget=Widget.CHOICE, choices=STATES, filterable=True)
    )
    lease_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("号段", "Lease", wire=True, filterable=True)})
    entity: Mapped[str | None] = attribute(facet=Facet("使用对象", "Entity", wire=True))
    row_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("使用记录", "Row", wire=True, filterable=True)})
    cause: Mapped[str | None] = attribute(
        facet=Facet("作废方式", "Voided by", wire=True, widget=Widget.CHOICE, choices=CAUSES)
    )
    reason: Mapped[str | None] = attribute(facet=Facet("作废原因", "Reason", wire=True))
