"""销售: quotations and orders, and what they are made of."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Choice,
    Entity,
    Facet,
    Merge,
    ScopedRow,
    Search,
    Widget,
    attribute,
    editable,
    index,
    link,
    one_of,
    written_once,
)

ORDER_STATES = (
    Choice("draft", "草稿（报价）", "Draft (quotation)"),
    Choice("confirmed", "已确认", "Confirmed"),
    Choice("delivered", "已出库", "Delivered"),
    Choice("cancelled", "已取消", "Cancelled"),
)


def _fact(zh: str, en: str, widget: Widget = Widget.INSTANT) -> Facet:
    return Facet(zh, en, wire=True, widget=widget)


class SalesOrder(ScopedRow):
    """销售单: a quotation while it is a draft, an order once it is confirmed. Lies where its customer lies."""

    __tablename__ = "sales_order"
    __table_args__ = (
        link("customer_id", "customer"),
        link("owner_id", "member"),
        index("sales_order_scope_idx", "scope_path"),
        index("sales_order_number_idx", "number", unique=True),
        index("sales_order_customer_idx", "customer_id", "ordered_on"),
        index("sales_order_state_idx", "state", "ordered_on"),
        index("sales_order_ordered_idx", "ordered_on", "id"),
        index("sales_order_owner_idx", "owner_id", "ordered_on"),
        index("sales_order_updated_idx", "updated_at", "id"),
        one_of("state", ORDER_STATES),
        CheckConstraint("(confirmed_at IS NULL) OR state <> 'draft'", name="confirmed"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
    )
    __entity__ = Entity(
        "sales.SalesOrder",
        "销售单",
        "Sales order",
        permission="sales.order",
        collection="sales_orders",
        graphql="SalesOrder",
        searchable=True,
        actions=("view", "create", "edit", "confirm", "deliver", "cancel", "pack", "export"),
        transactional=True,
    )

    number: Mapped[str] = attribute(
        facet=Facet("单据编号", "Number", wire=True, search=Search.CODE, filterable=True, sortable=True)
    )
    customer_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("客户", "Customer", widget=Widget.REFERENCE, filterable=True)}
    )
    state: Mapped[str] = attribute(
        facet=Facet(
            "状态",
            "State",
            wire=True,
            merge=Merge.TRANSITION,
            widget=Widget.CHOICE,
            choices=ORDER_STATES,
            filterable=True,
        )
    )
    ordered_on: Mapped[date] = mapped_column(
        Date(), info={"facet": editable("单据日期", "Date", widget=Widget.DATE, filterable=True, sortable=True)}
    )
    currency: Mapped[str] = attribute(facet=editable("币种", "Currency"))
    total_minor: Mapped[int] = mapped_column(
        BigInteger(), info={"facet": Facet("合计金额", "Total", wire=True, widget=Widget.MONEY, maskable=True)}
    )
    notes: Mapped[str | None] = attribute(
        facet=editable("备注", "Notes", widget=Widget.LONG_TEXT, merge=Merge.TEXT, personal=True)
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(info={"facet": _fact("确认时间", "Confirmed")})
    confirmed_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": _fact("确认人", "Confirmed by", Widget.REFERENCE)}
    )
    delivered_at: Mapped[datetime | None] = mapped_column(info={"facet": _fact("出库时间", "Delivered")})
    delivered_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": _fact("出库人", "Delivered by", Widget.REFERENCE)}
    )
    cancelled_at: Mapped[datetime | None] = mapped_column(info={"facet": _fact("取消时间", "Cancelled")})
    cancelled_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": _fact("取消人", "Cancelled by", Widget.REFERENCE)}
    )


class SalesOrderLine(ScopedRow, Archivable):
    """销售明细: one product of an order. A row of its own, so that two people who add lines both keep theirs.

    Lies where its order lies. Whoever removes it archives it: a device that edits it meanwhile hears of that.
    """

    __tablename__ = "sales_order_line"
    __table_args__ = (
        link("order_id", "sales_order"),
        link("product_id", "product"),
        link("owner_id", "member"),
        index("sales_order_line_scope_idx", "scope_path"),
        index("sales_order_line_order_idx", "order_id", "position", "id"),
        index("sales_order_line_product_idx", "product_id"),
        index("sales_order_line_owner_idx", "owner_id"),
        index("sales_order_line_archived_idx", "archived_at", postgresql_where="archived_at IS NOT NULL"),
        # NaN is larger than every number, so these keep it out as well.
        CheckConstraint("quantity > 0 AND quantity < 1000000000000000", name="quantity"),
        CheckConstraint("unit_price >= 0 AND unit_price < 1000000000000", name="unit_price"),
        CheckConstraint("packed_quantity >= 0 AND packed_quantity < 1000000000000000", name="packed_quantity"),
    )
    __entity__ = Entity(
        "sales.SalesOrderLine",
        "销售明细",
        "Sales order line",
        permission="sales.order",
        collection="sales_order_lines",
        graphql="SalesOrderLine",
        archivable=True,
        actions=("view", "export"),
        transactional=True,
    )

    order_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("销售单", "Sales order", widget=Widget.REFERENCE, filterable=True)}
    )
    product_id: Mapped[UUID] = mapped_column(
        info={"facet": editable("商品", "Product", widget=Widget.REFERENCE, filterable=True)}
    )
    quantity: Mapped[Decimal] = mapped_column(
        Numeric(), info={"facet": editable("数量", "Quantity", widget=Widget.NUMBER)}
    )
    unit_price: Mapped[Decimal] = mapped_column(
        Numeric(18, 6), info={"facet": editable("单价", "Unit price", widget=Widget.NUMBER, maskable=True)}
    )
    amount_minor: Mapped[int] = mapped_column(
        BigInteger(), info={"facet": Facet("金额", "Amount", wire=True, widget=Widget.MONEY, maskable=True)}
    )
    currency: Mapped[str] = attribute(facet=Facet("币种", "Currency", wire=True))  # the order's: an amount needs one
    packed_quantity: Mapped[Decimal] = mapped_column(
        # Two who pack at once have packed both their boxes.
        Numeric(),
        info={"facet": editable("已装箱数量", "Packed quantity", widget=Widget.NUMBER, merge=Merge.COUNTER)},
    )
    position: Mapped[int] = mapped_column(
        BigInteger(), info={"facet": editable("顺序", "Position", widget=Widget.NUMBER)}
    )
