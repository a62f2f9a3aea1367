"""The company seen from inside: legal entities, organisations, departments, members, roles, settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Base,
    Choice,
    Entity,
    Facet,
    Search,
    TenantRow,
    Wall,
    Widget,
    attribute,
    index,
    link,
    one_of,
    unique,
)
from tenants.erasable import Erasable

ORGANISATION_KINDS = (
    Choice("head_office", "总部", "Head office"),
    Choice("branch", "分公司", "Branch"),
    Choice("office", "办事处", "Office"),
    Choice("shop", "门店", "Shop"),
    Choice("warehouse", "分仓库", "Branch warehouse"),
    Choice("dealer", "经销商", "Dealer"),
)
SCOPES = (
    Choice("own", "仅本人", "Own rows"),
    Choice("department", "本部门", "Own department"),
    Choice("subtree", "本部门及下级", "Department and below"),
    Choice("all", "全公司", "Whole company"),
)


class LegalEntity(TenantRow):
    """法人主体: a company in law with its own books. A tenant may have many."""

    __tablename__ = "legal_entity"
    __entity__ = Entity(
        "tenants.LegalEntity",
        "法人主体",
        "Legal entity",
        permission="tenants.legal_entity",
        graphql="LegalEntity",
        actions=("view", "edit"),
    )

    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True, writable=True))
    tax_number: Mapped[str | None] = attribute(facet=Facet("统一社会信用代码", "Tax number", wire=True, writable=True))
    currency: Mapped[str] = attribute(facet=Facet("本位币", "Base currency", wire=True))
    zone: Mapped[str] = attribute(facet=Facet("时区", "Time zone", wire=True))


class Organisation(TenantRow):
    """组织: head office, branch, office, shop, branch warehouse or dealer; a tree. Every document belongs to one."""

    __tablename__ = "organisation"
    __table_args__ = (
        link("parent_id", "organisation"),
        link("legal_entity_id", "legal_entity"),
        unique("path"),
        one_of("kind", ORGANISATION_KINDS),
    )
    __entity__ = Entity(
        "tenants.Organisation",
        "组织",
        "Organisation",
        permission="tenants.organisation",
        collection="organisations",
        graphql="Organisation",
        actions=("view", "manage"),
    )

    parent_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("上级组织", "Parent", wire=True, widget=Widget.REFERENCE)}
    )
    legal_entity_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("法人主体", "Legal entity", wire=True, widget=Widget.REFERENCE)}
    )
    kind: Mapped[str] = attribute(
        facet=Facet("类型", "Kind", wire=True, widget=Widget.CHOICE, choices=ORGANISATION_KINDS)
    )
    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True, writable=True))
    path: Mapped[str] = attribute(facet=Facet("路径", "Path", wire=True))


class Department(TenantRow):
    """部门: a tree inside an organisation."""

    __tablename__ = "department"
    __table_args__ = (link("organisation_id", "organisation"), link("parent_id", "department"), unique("path"))
    __entity__ = Entity(
        "tenants.Department",
        "部门",
        "Department",
        permission="tenants.department",
        collection="departments",
        graphql="Department",
        actions=("view", "manage"),
    )

    organisation_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("所属组织", "Organisation", wire=True, widget=Widget.REFERENCE)}
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("上级部门", "Parent", wire=True, widget=Widget.REFERENCE)}
    )
    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True, writable=True))
    path: Mapped[str] = attribute(facet=Facet("路径", "Path", wire=True))


class Member(TenantRow, Erasable):
    """成员: a user's membership, seen from inside the company. `user_id` points across to the platform."""

    __tablename__ = "member"
    __table_args__ = (
        link("organisation_id", "organisation"),
        link("department_id", "department"),
        unique("user_id"),
        unique("account"),
        index("member_path_idx", "path"),
        CheckConstraint("erased_at IS NULL OR deactivated_at IS NOT NULL", name="erased"),
    )
    __entity__ = Entity(
        "tenants.Member",
        "成员",
        "Member",
        permission="tenants.member",
        collection="members",
        graphql="Member",
        searchable=True,
        actions=("view", "invite", "manage", "sign_out"),
    )

    user_id: Mapped[UUID]
    name: Mapped[str] = attribute(
        facet=Facet("姓名", "Name", wire=True, writable=True, search=Search.NAME, personal=True, sortable=True)
    )
    name_key: Mapped[str] = attribute(facet=Facet("姓名排序键", "Name sort key"))
    account: Mapped[str | None] = attribute(facet=Facet("登录账号", "Account", wire=True))
    phone: Mapped[str | None] = attribute(facet=Facet("手机", "Mobile phone", wire=True, personal=True))
    email: Mapped[str | None] = attribute(facet=Facet("邮箱", "E-mail", wire=True, personal=True))
    language: Mapped[str] = attribute(facet=Facet("语言", "Language", wire=True, writable=True))
    organisation_id: Mapped[UUID] = mapped_column(
        info={"facet": Facet("所属组织", "Organisation", wire=True, widget=Widget.REFERENCE)}
    )
    department_id: Mapped[UUID | None] = mapped_column(
        info={"facet": Facet("所属部门", "Department", wire=True, widget=Widget.REFERENCE, filterable=True)}
    )
    path: Mapped[str] = attribute(facet=Facet("数据路径", "Data path"))  # /org/dept/~key/
    joined_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("加入时间", "Joined", wire=True, widget=Widget.INSTANT)}
    )
    deactivated_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("停用时间", "Deactivated", wire=True, widget=Widget.INSTANT)}
    )
    deactivated_by_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("停用人", "Deactivated by", wire=True)})


class Role(TenantRow):
    """角色: a named set of permissions, with the fields that it hides."""

    __tablename__ = "role"
    __table_args__ = (unique("name"), unique("key"))
    __entity__ = Entity(
        "tenants.Role",
        "角色",
        "Role",
        permission="tenants.role",
        collection="roles",
        graphql="Role",
        actions=("view", "manage"),
    )

    key: Mapped[str | None] = attribute(facet=Facet("内置标识", "Built-in key", wire=True))
    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True, writable=True))
    permissions: Mapped[list[str]] = mapped_column(
        JSONB(), info={"facet": Facet("权限", "Permissions", wire=True, widget=Widget.JSON)}
    )
    masks: Mapped[list[str]] = mapped_column(
        JSONB(), info={"facet": Facet("隐藏字段", "Hidden fields", wire=True, widget=Widget.JSON)}
    )


class RoleAssignment(TenantRow):
    """A role given to a member with a reach. `organisation_id`: anchored there instead of at home (交叉权限)."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        link("member_id", "member"),
        link("role_id", "role"),
        link("organisation_id", "organisation"),
        index("role_assignment_member_idx", "member_id"),
        index(
            "role_assignment_once_idx",
            "member_id",
            "role_id",
            "organisation_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        one_of("scope", SCOPES),
    )
    __entity__ = Entity(
        "tenants.RoleAssignment",
        "角色分配",
        "Role assignment",
        permission="tenants.role",
        graphql="RoleAssignment",
        actions=("view", "manage"),
    )

    member_id: Mapped[UUID] = mapped_column(info={"facet": Facet("成员", "Member", wire=True)})
    role_id: Mapped[UUID] = mapped_column(info={"facet": Facet("角色", "Role", wire=True)})
    scope: Mapped[str] = attribute(facet=Facet("数据范围", "Scope", wire=True, widget=Widget.CHOICE, choices=SCOPES))
    organisation_id: Mapped[UUID | None] = mapped_column(info={"facet": Facet("授权组织", "Organisation", wire=True)})


class TenantSetting(TenantRow):
    """A company-wide setting or flag by name: password policy, idle time-out, feature flags."""

    __tablename__ = "tenant_setting"
    __table_args__ = (unique("name"),)
    __entity__ = Entity(
        "tenants.Setting",
        "公司设置",
        "Setting",
        permission="tenants.setting",
        graphql="Setting",
        actions=("view", "manage"),
    )

    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True))
    value: Mapped[dict[str, Any]] = mapped_column(
        JSONB(), info={"facet": Facet("值", "Value", wire=True, widget=Widget.JSON)}
    )


class TenantAccess(TenantRow):
    """Where the company stands: trial and subscription as instants. One row per tenant, written by billing."""

    __tablename__ = "tenant_access"
    __table_args__ = (unique(), CheckConstraint("trial_ends_at > trial_started_at", name="trial"))

    trial_started_at: Mapped[datetime]
    trial_ends_at: Mapped[datetime]
    subscribed_from: Mapped[datetime | None]
    subscribed_until: Mapped[datetime | None]
    trial_ended_at: Mapped[datetime | None]  # when the job wrote down what the clock had already decided


class ModuleEntitlement(TenantRow):
    """功能授权: the company may use a module from one instant to another.

    A request for one is a row that ends as it begins: it says who asked and when, and is never in force.
    """

    __tablename__ = "module_entitlement"
    __table_args__ = (index("module_entitlement_module_idx", "module"),)

    module: Mapped[str]
    source: Mapped[str]  # trial | subscription | request
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class Tag(TenantRow, Archivable):
    """标签: a word that the company sorts its records by."""

    __tablename__ = "tag"
    __table_args__ = (unique("name"),)
    __entity__ = Entity(
        "tenants.Tag",
        "标签",
        "Tag",
        permission="tenants.tag",
        collection="tags",
        graphql="Tag",
        archivable=True,
        actions=("view", "manage"),
    )

    name: Mapped[str] = attribute(facet=Facet("名称", "Name", wire=True, writable=True, sortable=True))
    colour: Mapped[str | None] = attribute(facet=Facet("颜色", "Colour", wire=True, writable=True))


class RowTag(Base):
    """Which rows carry a tag: the index beside the row's own `tag_ids`, for filters."""

    __tablename__ = "row_tag"
    __wall__: ClassVar[Wall] = Wall.TENANT
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "tag_id", "entity", "row_id"),
        index("row_tag_row_idx", "row_id"),
    )

    tenant_id: Mapped[UUID]
    tag_id: Mapped[UUID]
    entity: Mapped[str] = mapped_column(Text(collation="C"))
    row_id: Mapped[UUID]
