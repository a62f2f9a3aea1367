"""商品资料: what the company buys, stores and sells. Master data that sales, stock and purchasing share."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Customisable,
    Entity,
    Facet,
    Merge,
    Search,
    TenantRow,
    Widget,
    attribute,
    editable,
    index,
)


class Product(TenantRow, Archivable, Customisable):
    """商品: an article or a service. The whole company sees it: it has no owner."""

    __tablename__ = "product"
    __table_args__ = (
        index("product_name_idx", "name_key", "id"),
        index("product_updated_idx", "updated_at", "id"),
        index("product_archived_idx", "archived_at", postgresql_where="archived_at IS NOT NULL"),
        index("product_code_idx", "code", unique=True, postgresql_where="code IS NOT NULL"),
        CheckConstraint("(list_price IS NULL) = (currency IS NULL)", name="currency"),
        CheckConstraint("list_price >= 0 AND list_price < 1000000000000", name="list_price"),  # NaN is larger than any
    )
    __entity__ = Entity(
        "catalog.Product",
        "商品",
        "Product",
        permission="catalog.product",
        collection="products",
        graphql="Product",
        searchable=True,
        archivable=True,
        actions=("view", "create", "edit", "archive", "restore", "import", "export"),
    )

    name: Mapped[str] = attribute(
        facet=editable("商品名称", "Name", search=Search.NAME, sortable=True, filterable=True)
    )
    name_key: Mapped[str] = attribute(facet=Facet("名称排序键", "Name sort key"))
    code: Mapped[str | None] = attribute(
        facet=editable("商品编码", "Code", search=Search.CODE, filterable=True, sortable=True)
    )
    unit: Mapped[str | None] = attribute(facet=editable("计量单位", "Unit of measure"))
    spec: Mapped[str | None] = attribute(facet=editable("规格型号", "Specification"))
    list_price: Mapped[Decimal | None] = mapped_column(
        Numeric(18, 6), info={"facet": editable("标准售价", "List price", widget=Widget.NUMBER, maskable=True)}
    )
    currency: Mapped[str | None] = attribute(facet=editable("币种", "Currency"))
    notes: Mapped[str | None] = attribute(facet=editable("备注", "Notes", widget=Widget.LONG_TEXT, merge=Merge.TEXT))
