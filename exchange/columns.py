"""The columns of an entity as a spreadsheet knows them: derived from its facets and the company's own fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from exchange.errors import FieldMappedTwice, FieldNotImportable, HeaderMissing
from kernel.entity import Customisable, Facet, TenantRow, Widget, described, facets, table, targets
from kernel.policy import Actor
from tenants.custom_field_entities import CustomField
from values.errors import FieldMasked, Words
from values.wire import wire_name

# How other systems and people call the same thing; an exact label always comes first. A column of one entity goes
# before a column of any: “客户” is the name of a customer, but whom a contact works for.
ALSO_CALLED = {
    "party.Customer.name": (
        *("名称", "公司", "公司名称", "企业名称", "单位名称", "公司全称", "客户", "客户全称", "客户姓名"),
        *("company", "companyname", "customer", "customername", "account", "accountname"),
    ),
    "party.Contact.name": (
        *("联系人", "联系人姓名", "联系人名称", "名称", "名字"),
        *("contact", "contactname", "contactperson", "fullname"),
    ),
    "catalog.Product.name": (
        *("名称", "商品", "品名", "产品", "产品名称", "货品名称", "物料名称"),
        *("product", "productname", "item", "itemname", "description"),
    ),
    "catalog.Product.code": (
        *("编码", "编号", "代码", "货号", "产品编码", "产品编号", "商品编号", "物料编码", "存货编码"),
        *("sku", "productcode", "itemcode", "itemno", "partnumber", "no"),
    ),
    "catalog.Product.currency": ("币别", "货币"),
    "product_id": (
        *("商品编码", "商品名称", "产品", "产品编码", "产品名称", "货号", "编码", "物料编码", "存货编码"),
        *("product", "productcode", "productname", "sku", "item", "itemcode", "code"),
    ),
    "warehouse_id": ("仓库名称", "仓库编码", "仓位", "存放仓库", "warehouse", "warehousename", "warehousecode"),
    "on_hand": (
        *("数量", "期初数量", "期初库存", "库存", "库存数量", "现有库存", "结存数量", "盘点数量"),
        *("quantity", "qty", "openingstock", "openingquantity", "stock", "instock"),
    ),
    "unit": ("单位", "基本单位", "unit", "uom"),
    "spec": ("规格", "型号", "规格参数", "spec", "model"),
    "list_price": ("售价", "价格", "单价", "销售价", "销售单价", "零售价", "price", "unitprice", "salesprice"),
    "catalog.Product.notes": ("备注", "说明", "备注说明", "remark", "remarks", "note", "comment", "comments"),
    "code": (
        *("编码", "编号", "代码", "客户编号", "客户代码", "客户号"),
        *("customercode", "customerno", "customernumber", "customerid", "no"),
    ),
    "phone": (
        *("联系电话", "公司电话", "单位电话", "办公电话", "电话号码", "电话", "座机", "固定电话"),
        *("手机", "手机号", "手机号码", "联系方式", "tel", "telephone", "phonenumber", "mobile"),
    ),
    "mobile": (
        *("手机号", "手机号码", "移动电话", "联系电话", "电话号码", "电话", "联系方式"),
        *("cellphone", "mobilephone", "phonenumber", "phone", "tel", "telephone"),
    ),
    "email": (
        *("邮箱", "联系邮箱", "公司邮箱", "电子邮箱", "电子邮件", "邮件", "邮箱地址"),
        *("email", "emailaddress", "mail"),
    ),
    "level": ("级别", "等级", "客户级别", "客户等级", "grade"),
    "source": ("来源", "客户来源", "leadsource"),
    "industry": ("行业", "所属行业", "客户行业"),
    "region": ("地区", "区域", "省份", "城市", "省市", "所在地区", "所在地", "province", "city", "area"),
    "address": ("地址", "公司地址", "单位地址", "联系地址", "详细地址", "通讯地址", "street", "streetaddress"),
    "website": ("网站", "官网", "公司网站", "公司网址", "网站地址", "url", "homepage"),
    "credit_grade": ("信用级别", "资信等级", "信用评级", "creditrating"),
    "credit_limit_minor": ("授信额度", "额度", "信用限额", "credit"),
    "credit_currency": ("币种", "币别", "货币", "currency"),
    "owner_id": (
        *("负责人", "所属业务员", "业务员", "销售", "销售员", "销售人员", "销售代表", "客户经理", "跟进人"),
        *("owner", "salesperson", "salesrep", "accountmanager"),
    ),
    "parent_id": ("上级客户", "母公司", "上级公司", "parent", "parentcompany"),
    "customer_id": (
        *("客户", "客户名称", "公司", "公司名称", "单位名称", "企业名称", "所属公司", "所属单位"),
        *("company", "companyname", "customername", "account", "accountname"),
    ),
    "title": ("职位", "岗位", "头衔", "jobtitle", "position"),
    "influence": ("决策影响力", "决策地位", "决策人", "decisionrole"),
    "wechat": ("微信号", "weixin", "wechatid"),
    "birthday": ("出生日期", "出生年月日", "dateofbirth", "birthdate", "dob"),
    "preference": ("喜好", "爱好", "兴趣爱好", "hobbies", "interests"),
    "tag_ids": ("标签", "客户标签", "tag"),
    "notes": (
        *("备注", "说明", "备注说明", "其他说明"),
        *("remark", "remarks", "note", "comment", "comments", "description"),
    ),
}
# Not written by an edit, but by the command that imports them.
IMPORTED_ALSO = {"inventory.StockBalance": frozenset({"product_id", "warehouse_id", "on_hand"})}
_NOISE = re.compile(r"[\s_*:/\-.#]+|\((?:必填|选填|required|optional)\)")


class Role(Enum):
    """What a column's cells hold beyond a plain value."""

    VALUE = "value"
    CUSTOM = "custom"
    OWNER = "owner"
    ABOVE = "above"  # the customer above this row: parent company, or the contact's customer
    TAGS = "tags"
    REFERENCE = "reference"  # a row of another kind: exported by name, imported by code or name


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` is the attribute (or the custom key), `wire` what mapping and reports call it."""

    name: str
    wire: str
    zh: str
    en: str
    role: Role
    facet: Facet | None = None
    custom: CustomField | None = None
    currency_column: str | None = None  # of an amount: the column that holds its currency
    importable: bool = False

    def label(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


def columns_of(entity: type[TenantRow], fields: Iterable[CustomField]) -> list[Column]:
    """Every column that may leave the server, the company's own fields last."""
    refers = targets(entity)
    also = IMPORTED_ALSO.get(described(entity).name, frozenset())
    found = []
    for name, facet in facets(entity).items():
        if not facet.wire or name == "custom":
            continue
        role = _role(name, facet, refers)
        importable = facet.writable or role in (Role.OWNER, Role.ABOVE) or name in also
        currency = currency_column(entity, name) if facet.widget is Widget.MONEY else None
        column = Column(name, wire_name(name), facet.zh, facet.en, role, facet, None, currency, importable)
        found.append(column)
    if issubclass(entity, Customisable):
        found += [_custom_column(field) for field in fields]
    return found


def shown_to(entity: type[TenantRow], columns: list[Column], actor: Actor) -> list[Column]:
    """Without what the actor's roles hide."""
    return [column for column in columns if not _hidden(entity, column, actor)]


def _hidden(entity: type[TenantRow], column: Column, actor: Actor) -> bool:
    """The company's own fields are hidden together: their definitions are data, a mask names a column."""
    return actor.authority.masked(described(entity).name, column.name if column.custom is None else "custom")


def currency_column(entity: type[TenantRow], amount: str) -> str | None:
    """`credit_limit_minor` → `credit_currency`: the currency shares the beginning of the amount's name."""
    words = amount.removesuffix("_minor").split("_")
    known = table(entity).columns.keys()
    names = ("_".join([*words[:count], "currency"]) for count in range(len(words), -1, -1))
    return next((name for name in names if name in known), None)


def assign(
    entity: type[TenantRow],
    headers: list[str],
    mapping: Mapping[str, str | None] | None,
    columns: list[Column],
    actor: Actor,
) -> tuple[dict[int, Column], list[str]]:
    """Position in the file → column, and the headers that nobody knows.

    `mapping` says it for the headers that it names (None: ignore the column); the others are found by label, wire name
    or a usual synonym. Raises HeaderMissing, FieldNotImportable, FieldMasked, FieldMappedTwice.
    """
    mapping = mapping or {}
    for header in mapping:
        if header not in headers:
            raise HeaderMissing(field="mapping", header=header[:60])
    by_wire = {column.wire: column for column in columns}
    assigned: dict[int, Column] = {}
    for position, header in enumerate(headers):
        wanted = mapping.get(header)
        if wanted is None:
            continue
        column = by_wire.get(wanted)
        if column is None or not column.importable:
            raise FieldNotImportable(field="mapping", header=header[:60], name=wanted[:60])
        if _hidden(entity, column, actor):
            raise FieldMasked(field="mapping", label=Words(column.zh, column.en))
        taken = next((at for at, other in assigned.items() if other.wire == column.wire), None)
        if taken is not None:
            raise FieldMappedTwice(field="mapping", first=headers[taken], second=header)
        assigned[position] = column
    return _guess(described(entity).name, headers, mapping, shown_to(entity, columns, actor), assigned)


def _guess(
    entity_name: str,
    headers: list[str],
    mapping: Mapping[str, str | None],
    columns: list[Column],
    assigned: dict[int, Column],
) -> tuple[dict[int, Column], list[str]]:
    free = {c.wire: c for c in columns if c.importable and c.wire not in {a.wire for a in assigned.values()}}
    open_positions = [at for at, header in enumerate(headers) if at not in assigned and header not in mapping]
    for names in (_own_names, _other_names):
        by_name = {_plain(name): column for column in free.values() for name in names(entity_name, column)}
        for position in list(open_positions):
            column = by_name.get(_plain(headers[position]))
            if column is not None and column.wire in free:
                assigned[position] = free.pop(column.wire)
                open_positions.remove(position)
    return assigned, [headers[position] for position in open_positions]


def _own_names(_entity_name: str, column: Column) -> tuple[str, ...]:
    return column.wire, column.name, column.zh, column.en


def _other_names(entity_name: str, column: Column) -> tuple[str, ...]:
    if column.custom is not None:
        return ()
    return ALSO_CALLED.get(f"{entity_name}.{column.name}", ALSO_CALLED.get(column.name, ()))


def _plain(header: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


def _role(name: str, facet: Facet, refers: Mapping[str, str]) -> Role:
    if facet.widget is Widget.TAGS:
        return Role.TAGS
    if name == "owner_id":
        return Role.OWNER
    if refers.get(name) == "app.customer" and name in ("parent_id", "customer_id"):
        return Role.ABOVE
    return Role.REFERENCE if facet.widget is Widget.REFERENCE else Role.VALUE


def _custom_column(field: CustomField) -> Column:
    return Column(
        field.key,
        f"custom.{field.key}",
        field.label_zh,
        field.label_en or field.label_zh,
        Role.CUSTOM,
        custom=field,
        importable=True,
    )
