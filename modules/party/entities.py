"""往来单位: customers and the people who work there."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Choice,
    Customisable,
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
)
from tenants.erasable import Erasable

LEVELS = (
    Choice("a", "A 级（重点）", "A (key)"),
    Choice("b", "B 级（重要）", "B (important)"),
    Choice("c", "C 级（普通）", "C (regular)"),
    Choice("d", "D 级（潜在）", "D (potential)"),
)
SOURCES = (
    Choice("website", "官网表单", "Website form"),
    Choice("exhibition", "展会", "Exhibition"),
    Choice("advertising", "付费投放", "Advertising"),
    Choice("search", "搜索引擎", "Search engine"),
    Choice("social", "社交媒体", "Social media"),
    Choice("referral", "转介绍", "Referral"),
    Choice("visit", "上门拜访", "Visit"),
    Choice("other", "其他", "Other"),
)
CREDIT_GRADES = (
    Choice("aaa", "AAA", "AAA"),
    Choice("aa", "AA", "AA"),
    Choice("a", "A", "A"),
    Choice("b", "B", "B"),
    Choice("c", "C", "C"),
)


class Customer(ScopedRow, Archivable, Erasable, Customisable):
    """客户: a company or person that buys, or may."""

    __tablename__ = "customer"
    __table_args__ = (
        link("parent_id", "customer"),
        link("owner_id", "member"),
        index("customer_scope_idx", "scope_path"),
        index("customer_name_idx", "name_key", "id"),
        index("customer_updated_idx", "updated_at", "id"),
        index("customer_created_idx", "created_at", "id"),
        index("customer_parent_idx", "parent_id"),
        index("customer_owner_idx", "owner_id"),
        index("customer_level_idx", "level"),
        index("customer_region_idx", "region"),
        index("customer_industry_idx", "industry"),
        index("customer_source_idx", "source"),
        index("customer_phone_idx", "phone"),
        index("customer_email_idx", "email"),
        index("customer_credit_grade_idx", "credit_grade", postgresql_where="credit_grade IS NOT NULL"),
        index("customer_credit_limit_idx", "credit_limit_minor", postgresql_where="credit_limit_minor IS NOT NULL"),
        index("customer_archived_idx", "archived_at", postgresql_where="archived_at IS NOT NULL"),
        index("customer_code_idx", "code", unique=True, postgresql_where="code IS NOT NULL"),
        one_of("level", LEVELS),
        one_of("source", SOURCES),
        one_of("credit_grade", CREDIT_GRADES),
        CheckConstraint("(credit_limit_minor IS NULL) = (credit_currency IS NULL)", name="credit_currency"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("erased_at IS NULL OR archived_at IS NOT NULL", name="erased"),
    )
    __entity__ = Entity(
        "party.Customer",
        "客户",
        "Customer",
        permission="party.customer",
        collection="customers",
        graphql="Customer",
        searchable=True,
        archivable=True,
        actions=("view", "create", "edit", "archive", "restore", "assign", "import", "export", "erase"),
    )

    name: Mapped[str] = attribute(
        facet=editable("客户名称", "Name", search=Search.NAME, sortable=True, filterable=True, personal=True)
    )
    name_key: Mapped[str] = attribute(facet=Facet("名称排序键", "Name sort key"))
    code: Mapped[str | None] = attribute(
        facet=editable("客户编码", "Code", search=Search.CODE, filterable=True, sortable=True)
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        info={"facet": editable("上级单位", "Parent company", widget=Widget.REFERENCE, filterable=True)}
    )
    level: Mapped[str | None] = attribute(
        facet=editable("客户级别", "Level", widget=Widget.CHOICE, choices=LEVELS, filterable=True, sortable=True)
    )
    source: Mapped[str | None] = attribute(
        facet=editable("客户来源", "Source", widget=Widget.CHOICE, choices=SOURCES, filterable=True)
    )
    industry: Mapped[str | None] = attribute(facet=editable("所属行业", "Industry", filterable=True, sortable=True))
    region: Mapped[str | None] = attribute(facet=editable("所在地区", "Region", filterable=True, sortable=True))
    address: Mapped[str | None] = attribute(facet=editable("地址", "Address", personal=True))
    phone: Mapped[str | None] = attribute(
        facet=editable(
            "电话", "Phone", widget=Widget.PHONE, search=Search.PHONE, filterable=True, personal=True, maskable=True
        )
    )
    email: Mapped[str | None] = attribute(
        facet=editable(
            "邮箱", "E-mail", widget=Widget.EMAIL, search=Search.EMAIL, filterable=True, personal=True, maskable=True
        )
    )
    website: Mapped[str | None] = attribute(facet=editable("网址", "Website"))
    credit_grade: Mapped[str | None] = attribute(
        facet=editable(
            "信用等级", "Credit grade", widget=Widget.CHOICE, choices=CREDIT_GRADES, filterable=True, maskable=True
        )
    )
    credit_limit_minor: Mapped[int | None] = mapped_column(
        BigInteger(),
        info={"facet": editable("信用额度", "Credit limit", widget=Widget.MONEY, filterable=True, maskable=True)},
    )
    credit_currency: Mapped[str | None] = attribute(facet=editable("额度币种", "Credit currency", maskable=True))
    tag_ids: Mapped[list[UUID]] = mapped_column(
        ARRAY(Uuid()),
        default=list,
        info={"facet": Facet("标签", "Tags", wire=True, writable=True, merge=Merge.ADD_REMOVE, widget=Widget.TAGS)},
    )
    notes: Mapped[str | None] = attribute(
        facet=editable("备注", "Notes", widget=Widget.LONG_TEXT, merge=Merge.TEXT, personal=True)
    )


class Contact(ScopedRow, Archivable, Erasable, Customisable):
    """联系人: a person at a customer. Copies the customer's scope path: it is seen where the customer is."""

    __tablename__ = "contact"
    __table_args__ = (
        link("customer_id", "customer"),
        link("owner_id", "member"),
        index("contact_scope_idx", "scope_path"),
        index("contact_customer_idx", "customer_id", "name_key"),
        index("contact_name_idx", "name_key", "id"),
        index("contact_updated_idx", "updated_at", "id"),
        index("contact_mobile_idx", "mobile"),
        index("contact_email_idx", "email"),
        index("contact_owner_idx", "owner_id"),
        index("contact_influence_idx", "influence", postgresql_where="influence IS NOT NULL"),
        index("contact_archived_idx", "archived_at", postgresql_where="archived_at IS NOT NULL"),
        CheckConstraint("erased_at IS NULL OR archived_at IS NOT NULL", name="erased"),
    )
    __entity__ = Entity(
        "party.Contact",
        "联系人",
        "Contact",
        permission="party.contact",
        collection="contacts",
        graphql="Contact",
        searchable=True,
        archivable=True,
        actions=("view", "create", "edit", "archive", "restore", "import", "export", "erase"),
    )

    customer_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("所属客户", "Customer", wire=True, widget=Widget.REFERENCE, filterable=True)}
    )
    name: Mapped[str] = attribute(
        facet=editable("姓名", "Name", search=Search.NAME, sortable=True, filterable=True, personal=True)
    )
    name_key: Mapped[str] = attribute(facet=Facet("姓名排序键", "Name sort key"))
    title: Mapped[str | None] = attribute(facet=editable("职务", "Title"))
    influence: Mapped[str | None] = attribute(facet=editable("决策角色", "Role in decisions", filterable=True))
    mobile: Mapped[str | None] = attribute(
        facet=editable(
            "手机",
            "Mobile phone",
            widget=Widget.PHONE,
            search=Search.PHONE,
            filterable=True,
            personal=True,
            maskable=True,
        )
    )
    email: Mapped[str | None] = attribute(
        facet=editable(
            "邮箱", "E-mail", widget=Widget.EMAIL, search=Search.EMAIL, filterable=True, personal=True, maskable=True
        )
    )
    wechat: Mapped[str | None] = attribute(facet=editable("微信", "WeChat", personal=True, maskable=True))
    birthday: Mapped[date | None] = mapped_column(
        Date(), info={"facet": editable("生日", "Birthday", widget=Widget.DATE, personal=True)}
    )
    preference: Mapped[str | None] = attribute(
        facet=editable("偏好", "Preferences", widget=Widget.LONG_TEXT, personal=True)
    )
    notes: Mapped[str | None] = attribute(
        facet=editable("备注", "Notes", widget=Widget.LONG_TEXT, merge=Merge.TEXT, personal=True)
    )
