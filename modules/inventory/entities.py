"""库存: warehouses, what moved in and out of them, what is there, and counts of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Choice,
    Entity,
    Facet,
    Merge,
    Search,
    TenantRow,
    Widget,
    attribute,
    editable,
    index,
    link,
    one_of,
    written_once,
)

MOVE_KINDS = (
    Choice("receipt", "入库", "Receipt"),
    Choice("issue", "出库", "Issue"),
    Choice("adjustment", "调整", "Adjustment"),
    Choice("count", "盘点差异", "Count difference"),
    Choice("delivery", "销售出库", "Delivery"),
)
COUNT_STATES = (
    Choice("draft", "盘点中", "In progress"),
    Choice("posted", "已过账", "Posted"),
)
# Of any quantity: NaN is larger than every number, so it is kept out as well.
_SANE = "abs({0}) < 1000000000000000"


class Warehouse(TenantRow, Archivable):
    """仓库: a place where goods lie."""

    __tablename__ = "warehouse"
    __table_args__ = (
        index("warehouse_name_idx", "name_key", "id"),
        index("warehouse_code_idx", "code", unique=True, postgresql_where="code IS NOT NULL"),
    )
    __entity__ = Entity(
        "inventory.Warehouse",
        "仓库",
        "Warehouse",
        permission="inventory.warehouse",
        collection="warehouses",
        graphql="Warehouse",
        searchable=True,
        archivable=True,
        actions=("view", "create", "edit", "archive", "restore", "export"),
    )

    name: Mapped[str] = attribute(
        facet=editable("仓库名称", "Name", search=Search.NAME, sortable=True, filterable=True)
    )
    name_key: Mapped[str] = attribute(facet=Facet("名称排序键", "Name sort key"))
    code: Mapped[str | None] = attribute(
        facet=editable("仓库编码", "Code", search=Search.CODE, filterable=True, sortable=True)
    )
    address: Mapped[str | None] = attribute(facet=editable("地址", "Address"))


class StockMove(TenantRow):
    """库存移动: goods came in (+) or went out (−). Append-only: a wrong one is set right by another."""

    __tablename__ = "stock_move"
    __table_args__ = (
        link("product_id", "product"),
        link("warehouse_id", "warehouse"),
        index("stock_move_product_idx", "product_id", "made_at"),
        index("stock_move_warehouse_idx", "warehouse_id", "made_at"),
        index("stock_move_made_idx", "made_at", "id"),
        index("stock_move_reference_idx", "reference_id", postgresql_where="reference_id IS NOT NULL"),
        one_of("kind", MOVE_KINDS),
        CheckConstraint(f"quantity <> 0 AND {_SANE.format('quantity')}", name="quantity"),
        CheckConstraint("(reference_entity IS NULL) = (reference_id IS NULL)", name="reference"),
    )
    __entity__ = Entity(
        "inventory.StockMove",
        "库存移动",
        "Stock move",
        permission="inventory.stock_move",
        collection="stock_moves",
        graphql="StockMove",
        actions=("view", "record", "export"),
        transactional=True,
    )

    product_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("商品", "Product", widget=Widget.REFERENCE, filterable=True)}
    )
    warehouse_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("仓库", "Warehouse", widget=Widget.REFERENCE, filterable=True)}
    )
    quantity: Mapped[Decimal] = mapped_column(
        Numeric(), info={"facet": written_once("数量", "Quantity", widget=Widget.NUMBER)}
    )
    kind: Mapped[str] = attribute(
        facet=written_once("移动类型", "Kind", widget=Widget.CHOICE, choices=MOVE_KINDS, filterable=True)
    )
    reference_entity: Mapped[str | None] = attribute(facet=Facet("来源对象", "Source entity", wire=True))
    reference_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("来源单据", "Source record", wire=True, widget=Widget.REFERENCE, filterable=True)}
    )
    made_at: Mapped[datetime] = mapped_column(
        info={"facet": written_once("发生时间", "Happened", widget=Widget.INSTANT, filterable=True, sortable=True)}
    )
    note: Mapped[str | None] = attribute(facet=written_once("说明", "Note"))


class StockBalance(TenantRow):
    """现存量: the sum of a product's moves in a warehouse. Only the server computes it.

    `last_count_line_id`: the last count that it contains. Whoever counts next says that they knew it.
    """

    __tablename__ = "stock_balance"
    __table_args__ = (
        link("product_id", "product"),
        link("warehouse_id", "warehouse"),
        index("stock_balance_place_idx", "product_id", "warehouse_id", unique=True),
        index("stock_balance_warehouse_idx", "warehouse_id", "product_id"),
        index("stock_balance_negative_idx", "negative_since", postgresql_where="negative_since IS NOT NULL"),
        CheckConstraint(_SANE.format("on_hand"), name="on_hand"),
        CheckConstraint("(on_hand < 0) = (negative_since IS NOT NULL)", name="negative"),
    )
    __entity__ = Entity(
        "inventory.StockBalance",
        "现存量",
        "Stock balance",
        permission="inventory.stock_balance",
        collection="stock_balances",
        graphql="StockBalance",
        actions=("view", "import", "export"),
        transactional=True,
    )

    product_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("商品", "Product", wire=True, widget=Widget.REFERENCE, filterable=True)}
    )
    warehouse_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("仓库", "Warehouse", wire=True, widget=Widget.REFERENCE, filterable=True)}
    )
    on_hand: Mapped[Decimal] = mapped_column(
        Numeric(), info={"facet": Facet("现存量", "On hand", wire=True, widget=Widget.NUMBER)}
    )
    negative_since: Mapped[datetime | None] = mapped_column(
        info={
            "facet": Facet(
                "负库存起始时间", "Negative since", wire=True, widget=Widget.INSTANT, filterable=True, sortable=True
            )
        }
    )
    last_count_line_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("最近一次盘点", "Last count", wire=True, widget=Widget.REFERENCE)}
    )


class StockCount(TenantRow):
    """盘点单: somebody counted what lies in a warehouse."""

    __tablename__ = "stock_count"
    __table_args__ = (
        link("warehouse_id", "warehouse"),
        index("stock_count_warehouse_idx", "warehouse_id", "posted_at"),
        index("stock_count_updated_idx", "updated_at", "id"),
        one_of("state", COUNT_STATES),
        CheckConstraint("(state = 'posted') = (posted_at IS NOT NULL)", name="posted"),
    )
    __entity__ = Entity(
        "inventory.StockCount",
        "盘点单",
        "Stock count",
        permission="inventory.stock_count",
        collection="stock_counts",
        graphql="StockCount",
        actions=("view", "create", "post", "export"),
        transactional=True,
    )

    warehouse_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("仓库", "Warehouse", widget=Widget.REFERENCE, filterable=True)}
    )
    state: Mapped[str] = attribute(
        facet=Facet(
            "状态",
            "State",
            wire=True,
            merge=Merge.TRANSITION,
            widget=Widget.CHOICE,
            choices=COUNT_STATES,
            filterable=True,
        )
    )
    posted_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("过账时间", "Posted", wire=True, widget=Widget.INSTANT, filterable=True, sortable=True)}
    )
    posted_by_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("过账人", "Posted by", wire=True, widget=Widget.REFERENCE)}
    )


class StockCountLine(TenantRow):
    """盘点明细: what was counted of one product, and what was expected when it was counted.

    `after_id`: the count of the same product and warehouse that it follows, none where it is the first.
    """

    __tablename__ = "stock_count_line"
    __table_args__ = (
        link("count_id", "stock_count"),
        link("product_id", "product"),
        index("stock_count_line_count_idx", "count_id", "product_id", unique=True),
        index("stock_count_line_product_idx", "product_id"),
        CheckConstraint(f"counted >= 0 AND {_SANE.format('counted')}", name="counted"),
        CheckConstraint(_SANE.format("expected"), name="expected"),
    )
    __entity__ = Entity(
        "inventory.StockCountLine",
        "盘点明细",
        "Stock count line",
        permission="inventory.stock_count",
        collection="stock_count_lines",
        graphql="StockCountLine",
        actions=("view", "export"),
        transactional=True,
    )

    count_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("盘点单", "Stock count", widget=Widget.REFERENCE, filterable=True)}
    )
    product_id: Mapped[UUID] = mapped_column(
        info={"facet": written_once("商品", "Product", widget=Widget.REFERENCE, filterable=True)}
    )
    counted: Mapped[Decimal] = mapped_column(
        Numeric(), info={"facet": written_once("实盘数量", "Counted", widget=Widget.NUMBER)}
    )
    expected: Mapped[Decimal] = mapped_column(
        Numeric(), info={"facet": written_once("盘点时账面数量", "Expected", widget=Widget.NUMBER)}
    )
    after_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("前一次盘点", "Count before", wire=True, widget=Widget.REFERENCE)}
    )
