"""客户关系: what was said and agreed with a customer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Choice,
    Customisable,
    Entity,
    ScopedRow,
    Widget,
    attribute,
    index,
    link,
    one_of,
    written_once,
)

CHANNELS = (
    Choice("visit", "上门拜访", "Visit"),
    Choice("phone", "电话", "Phone"),
    Choice("wechat", "微信", "WeChat"),
    Choice("email", "邮件", "E-mail"),
    Choice("meeting", "会议", "Meeting"),
    Choice("other", "其他", "Other"),
)


class Activity(ScopedRow, Customisable):
    """跟进记录: one contact with a customer: topic, objection, budget, next step. Append-only.

    `latitude`, `longitude`: where the author was, in degrees (WGS 84), with the radius in metres within which a device
    was sure of that.
    """

    __tablename__ = "activity"
    __table_args__ = (
        link("customer_id", "customer"),
        link("contact_id", "contact"),
        link("owner_id", "member"),
        index("activity_scope_idx", "scope_path"),
        index("activity_customer_idx", "customer_id", "happened_at"),
        index("activity_contact_idx", "contact_id", "happened_at", postgresql_where="contact_id IS NOT NULL"),
        index("activity_owner_idx", "owner_id", "happened_at"),
        index("activity_channel_idx", "channel", "happened_at"),
        index("activity_happened_idx", "happened_at", "id"),
        index("activity_next_step_idx", "next_step_at"),
        one_of("channel", CHANNELS),
        CheckConstraint("(budget_minor IS NULL) = (budget_currency IS NULL)", name="budget_currency"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="place"),
        # NaN is larger than every number, so these keep it out as well.
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("accuracy_metres IS NULL OR (latitude IS NOT NULL AND accuracy_metres >= 0)", name="accuracy"),
    )
    __entity__ = Entity(
        "crm.Activity",
        "跟进记录",
        "Activity",
        permission="crm.activity",
        collection="activities",
        graphql="Activity",
        actions=("view", "log", "export"),
        transactional=True,
    )

    customer_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("客户", "Customer", widget=Widget.REFERENCE, filterable=True)}
    )
    contact_id: Mapped[UUID | None] = mapped_column(
        info={"facet": written_once("联系人", "Contact", widget=Widget.REFERENCE, filterable=True)}
    )
    channel: Mapped[str] = attribute(
        facet=written_once("沟通渠道", "Channel", widget=Widget.CHOICE, choices=CHANNELS, filterable=True)
    )
    topic: Mapped[str] = attribute(facet=written_once("主题", "Topic"))
    content: Mapped[str | None] = attribute(
        facet=written_once("沟通内容", "Content", widget=Widget.LONG_TEXT, personal=True)
    )
    objection: Mapped[str | None] = attribute(facet=written_once("异议点", "Objection", widget=Widget.LONG_TEXT))
    budget_minor: Mapped[int | None] = mapped_column(
        BigInteger(), info={"facet": written_once("预算", "Budget", widget=Widget.MONEY)}
    )
    budget_currency: Mapped[str | None] = attribute(facet=written_once("预算币种", "Budget currency"))
    next_step: Mapped[str | None] = attribute(facet=written_once("下一步", "Next step", widget=Widget.LONG_TEXT))
    next_step_at: Mapped[datetime | None] = mapped_column(
        info={
            "facet": written_once(
                "下次跟进时间", "Next step due", widget=Widget.INSTANT, filterable=True, sortable=True
            )
        }
    )
    happened_at: Mapped[datetime] = mapped_column(
        info={"facet": written_once("沟通时间", "Happened", widget=Widget.INSTANT, filterable=True, sortable=True)}
    )
    latitude: Mapped[Decimal | None] = mapped_column(
        Numeric(), info={"facet": written_once("纬度", "Latitude", widget=Widget.NUMBER, personal=True)}
    )
    longitude: Mapped[Decimal | None] = mapped_column(
        Numeric(), info={"facet": written_once("经度", "Longitude", widget=Widget.NUMBER, personal=True)}
    )
    accuracy_metres: Mapped[int | None] = mapped_column(
        BigInteger(),
        info={"facet": written_once("定位误差（米）", "Accuracy in metres", widget=Widget.NUMBER, personal=True)},
    )
