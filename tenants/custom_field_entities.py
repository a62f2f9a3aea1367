"""The company's own fields: definitions are data, values are typed JSONB on the row, with an index beside it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import Archivable, Base, Choice, Entity, Facet, TenantRow, Wall, Widget, attribute, index, unique
from kernel.entity import one_of as one_of_check

KINDS = (
    Choice("text", "文本", "Text"),
    Choice("number", "数字", "Number"),
    Choice("money", "金额", "Money"),
    Choice("date", "日期", "Date"),
    Choice("yes_no", "是/否", "Yes/no"),
    Choice("choice", "单选", "Choice"),
    Choice("reference", "引用", "Reference"),
)


class CustomField(TenantRow, Archivable):
    """自定义字段: a field that the company added to an entity."""

    __tablename__ = "custom_field"
    __table_args__ = (unique("entity", "key"), one_of_check("kind", KINDS))
    __entity__ = Entity(
        "tenants.CustomField",
        "自定义字段",
        "Custom field",
        permission="tenants.custom_field",
        collection="custom_fields",
        graphql="CustomField",
        archivable=True,
        actions=("view", "manage"),
    )

    entity: Mapped[str] = attribute(facet=Facet("所属对象", "Entity", wire=True))
    key: Mapped[str] = attribute(facet=Facet("标识", "Key", wire=True))
    label_zh: Mapped[str] = attribute(facet=Facet("中文名称", "Chinese label", wire=True, writable=True))
    label_en: Mapped[str | None] = attribute(facet=Facet("英文名称", "English label", wire=True, writable=True))
    kind: Mapped[str] = attribute(facet=Facet("类型", "Kind", wire=True, widget=Widget.CHOICE, choices=KINDS))
    required: Mapped[bool] = mapped_column(
        default=False, info={"facet": Facet("必填", "Required", wire=True, writable=True, widget=Widget.SWITCH)}
    )
    filterable: Mapped[bool] = mapped_column(
        default=True, info={"facet": Facet("可筛选", "Filterable", wire=True, widget=Widget.SWITCH)}
    )
    choices: Mapped[list[dict[str, str]] | None] = mapped_column(
        JSONB(), info={"facet": Facet("选项", "Choices", wire=True, writable=True, widget=Widget.JSON)}
    )
    currency: Mapped[str | None] = attribute(facet=Facet("币种", "Currency", wire=True))
    target: Mapped[str | None] = attribute(facet=Facet("引用对象", "Referenced entity", wire=True))
    position: Mapped[int] = mapped_column(
        default=0, info={"facet": Facet("顺序", "Position", wire=True, writable=True, widget=Widget.NUMBER)}
    )


class CustomValue(Base):
    """A filterable value in byte order, so that equality and ranges use a B-tree under row-level security."""

    __tablename__ = "custom_value"
    __wall__: ClassVar[Wall] = Wall.TENANT
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "field_id", "value", "row_id"),
        index("custom_value_row_idx", "row_id"),
    )

    tenant_id: Mapped[UUID]
    field_id: Mapped[UUID]
    value: Mapped[str] = mapped_column(Text(collation="C"))
    row_id: Mapped[UUID]
