"""What an argument takes that is no free text: a closed list with its labels, or the form that a text must have.

Derived from the facets where the input fills a column; the few lists of other arguments stand here, by operation or
input type and by name on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import msgspec
import strawberry

from exchange.columns import columns_of
from exchange.exporting import exportable_choices
from exchange.importing import IMPORTERS
from graphql_api.scalars import maybe
from kernel.command import commands
from kernel.entity import Choice, Customisable, TenantRow, described, entities, facets
from tenants.attachment_reach import attachable
from tenants.attachment_rules import MEDIA_TYPES
from tenants.commands.create_organisation import BRANCH_KINDS
from tenants.commands.define_custom_field import reference_targets
from tenants.custom_field_entities import KINDS
from tenants.entities import SCOPES
from tenants.numbering_series import declared_series
from tenants.offering import entity_choices
from tenants.settings import KNOWN_SETTINGS
from values.errors import Words
from values.modules import MODULE_WORDS
from values.wire import wire_name

EXISTING = (
    Choice("update", "用文件中的值更新（默认）", "Update it from the file (default)"),
    Choice("fill", "只补充空白字段", "Fill in what is empty"),
    Choice("skip", "跳过", "Skip the row"),
)
_FORMATS = (
    Choice("csv", "CSV（默认）", "CSV (default)"),
    Choice("xlsx", "Excel 工作簿", "Excel workbook"),
    Choice("zip", "全公司数据（不指定对象时）", "All of the company's data (without an entity)"),
)
_LANGUAGES = (Choice("zh-CN", "中文", "Chinese"), Choice("en", "英文", "English"))
_PURPOSES = (
    Choice("enter", "注册或登录（默认）", "Sign up or sign in (default)"),
    Choice("sign_up", "注册", "Sign up"),
    Choice("sign_in", "登录", "Sign in"),
    Choice("accept_invitation", "接受邀请", "Accept an invitation"),
    Choice("reset_password", "重置密码", "Reset the password"),
)
_MODULES = tuple(Choice(code, words.zh, words.en) for code, words in MODULE_WORDS.items())
_ACTIONS = (
    Choice("mine", "采用我的修改", "Take over one's own edit"),
    Choice("theirs", "采用对方的修改", "Keep the other edit"),
    Choice("discard", "放弃", "Discard it"),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """`choices`: all that is taken, unless `note` says what else. Without choices `note` tells the form."""

    choices: tuple[Choice, ...] = ()
    note: Words | None = None

    def lines(self) -> Iterator[str]:
        """`own` 仅本人 / Own rows — one line each, then the note."""
        for choice in self.choices:
            yield f"`{choice.value}` {_named(choice)}"
        if self.note is not None:
            yield f"{self.note.zh} / {self.note.en}"

    def sentence(self) -> str:
        """The same in one line, for a description in the schema."""
        told = [f"{choice.value}: {_named(choice)}" for choice in self.choices]
        return "; ".join([*told, *([f"{self.note.zh} / {self.note.en}"] if self.note else [])])


def allowed(owner: str, name: str) -> Allowed | None:
    """Of an input type's field, or of an operation's argument (`exportData`, `entity`); None: free text."""
    return _by_owner().get((owner, name)) or _ANYWHERE.get(name) or _from_facets().get((owner, name))


def told_argument(operation: str, name: str, kind: Any) -> Any:
    """The annotation of an argument that may be left out, with what it takes as its description."""
    found = allowed(operation, name)
    return Annotated[maybe(kind), strawberry.argument(description=found.sentence() if found else None)]


def labels(choices: Iterable[Choice]) -> str:
    """`a: A 级（重点） / A (key); b: …`"""
    return Allowed(tuple(choices)).sentence()


def _named(choice: Choice) -> str:
    return choice.zh if choice.zh == choice.en else f"{choice.zh} / {choice.en}"


# Whoever asks for one of these asks for the same.
_ANYWHERE = {
    **dict.fromkeys(
        ("currency", "creditCurrency", "budgetCurrency"),
        Allowed(
            note=Words("现行币种的三位代码（ISO 4217），如 CNY", "a currency in use by its ISO 4217 code, like CNY")
        ),
    ),
    "zone": Allowed(note=Words("时区（IANA），如 Asia/Shanghai", "an IANA time zone, like Asia/Shanghai")),
    "language": Allowed(_LANGUAGES),
    "scope": Allowed(SCOPES),
    "colour": Allowed(note=Words("颜色，如 #1677ff", "a colour like #1677ff")),
    "permissions": Allowed(note=Words("权限，见“权限”一节", "permissions as listed under Permissions")),
    "masks": Allowed(note=Words("字段，见“可隐藏的字段”一节", "fields as listed under Maskable fields")),
    "custom": Allowed(
        note=Words(
            '按字段标识的对象；金额写成 {"amountMinor": "100", "currency": "CNY"}，单选写选项的 value，空值清除',
            'by field key; amounts as {"amountMinor": "100", "currency": "CNY"}, choices by value, null clears',
        )
    ),
}


_VIEW_CONFIG = Allowed(
    note=Words(
        '对象，各项均可省略：where [{"field", "op", "value"}]、text、archived（only 或 all）、'
        'orderBy [{"field", "desc"}]、columns [{"field", "width", "hidden"}]、groupBy、'
        "layout（table、cards、board 或 calendar）；最多 16 KB",
        'an object of any of: where [{"field", "op", "value"}], text, archived (only or all), '
        'orderBy [{"field", "desc"}], columns [{"field", "width", "hidden"}], groupBy, '
        "layout (table, cards, board or calendar); at most 16 KB",
    )
)


@cache
def _by_owner() -> dict[tuple[str, str], Allowed]:
    customisable = entity_choices(found for found in entities() if issubclass(found, Customisable))
    searchable = [about for about in map(described, entities()) if about.searchable and about.graphql]
    tracked = [about for about in map(described, entities()) if about.tracked]
    return {
        ("CreateSavedViewInput", "collection"): Allowed(
            tuple(
                Choice(wire_name(about.collection), about.zh, about.en)
                for about in map(described, entities())
                if about.collection is not None
            )
        ),
        **dict.fromkeys((("CreateSavedViewInput", "config"), ("EditSavedViewInput", "config")), _VIEW_CONFIG),
        ("CreateOrganisationInput", "kind"): Allowed(BRANCH_KINDS),
        ("EditOrganisationInput", "kind"): Allowed(BRANCH_KINDS),
        ("DefineCustomFieldInput", "entity"): Allowed(customisable),
        ("DefineCustomFieldInput", "kind"): Allowed(KINDS),
        ("DefineCustomFieldInput", "target"): Allowed(
            reference_targets(), Words("仅引用字段（reference）填写", "for kind reference only")
        ),
        ("DefineCustomFieldInput", "key"): Allowed(
            note=Words(
                "小写字母开头，只含小写字母、数字和下划线，最多 40 个字符",
                "a small letter, then small letters, digits and underscores, at most 40 characters",
            )
        ),
        ("AttachFileInput", "entity"): Allowed(entity_choices(attachable().values())),
        ("AttachFileInput", "mediaType"): Allowed(
            tuple(
                Choice(media_type, f".{' .'.join(ends)}", f".{' .'.join(ends)}")
                for media_type, ends in MEDIA_TYPES.items()
            )
        ),
        ("AttachFileInput", "sha256"): Allowed(
            note=Words("文件内容的 SHA-256，64 位十六进制小写", "SHA-256 of the content as 64 small hexadecimal digits")
        ),
        ("ResolveInboxEntryInput", "action"): Allowed(_ACTIONS),
        ("RequestModuleInput", "module"): Allowed(_MODULES),
        **dict.fromkeys(
            (("LeaseNumbersInput", "series"), ("VoidNumberInput", "series"), ("numberEvidence", "series")), _series()
        ),
        ("VoidNumberInput", "number"): Allowed(note=Words("编号，如 SO-000123", "a number, like SO-000123")),
        ("RequestSmsCodeInput", "purpose"): Allowed(_PURPOSES),
        ("SetSettingInput", "name"): _settings(),
        ("SetSettingInput", "value"): _setting_values(),
        ("exportData", "entity"): Allowed(
            exportable_choices(), Words("不填则导出全公司数据", "left out: all of the company's data")
        ),
        ("exportData", "format"): Allowed(_FORMATS),
        ("search", "kinds"): Allowed(tuple(Choice(str(about.graphql), about.zh, about.en) for about in searchable)),
        ("changes", "entity"): Allowed(
            tuple(Choice(about.name, about.zh, about.en) for about in tracked),
            Words("不填则为可查看的全部对象", "left out: all that you may view"),
        ),
        **dict(_imports()),
    }


def _imports() -> Iterator[tuple[tuple[str, str], Allowed]]:
    for entity, importer in IMPORTERS.items():
        operation = wire_name(importer.command.function)
        columns = tuple(Choice(found.wire, found.zh, found.en) for found in columns_of(entity, ()) if found.importable)
        note = Words(
            '形如 {"公司": "name"}，从列名到字段；自定义字段写成 custom.标识（如 custom.vat），空值表示忽略该列',
            'as {"Company": "name"}, from header to field; own fields as custom.key (like custom.vat), null ignores it',
        )
        yield (operation, "mapping"), Allowed(columns, note)
        yield (operation, "existing"), Allowed(EXISTING)


def _series() -> Allowed:
    known = tuple(Choice(found.key, found.words.zh, found.words.en) for found in declared_series())
    return Allowed(known, None if known else Words("编号系列的标识", "the key of a number series"))


def _settings() -> Allowed:
    known = tuple(Choice(found.name, found.zh, found.en) for found in KNOWN_SETTINGS)
    return Allowed(known, Words("flag.名称：功能开关", "flag.name: a feature flag"))


def _setting_values() -> Allowed:
    told = [(found.name, found.accepts_zh, found.accepts_en) for found in KNOWN_SETTINGS]
    zh = "；".join([*(f"{name}：{accepts}" for name, accepts, _ in told), "flag.*：true 或 false"])
    return Allowed(note=Words(zh, "; ".join([*(f"{name}: {text}" for name, _, text in told), "flag.*: true or false"])))


@cache
def _from_facets() -> dict[tuple[str, str], Allowed]:
    """Inputs of commands whose fields fill columns that are chosen from a list."""
    found: dict[tuple[str, str], Allowed] = {}
    for command in commands():
        entity = command.result_type
        if not (command.api and isinstance(entity, type) and issubclass(entity, TenantRow)):
            continue
        known = facets(entity)
        for field in msgspec.structs.fields(command.input_type):
            facet = known.get(field.name)
            if facet is not None and facet.choices:
                found[input_name(command.function), wire_name(field.name)] = Allowed(facet.choices)
    return found


def input_name(function: str) -> str:
    """`create_customer` → `CreateCustomerInput`."""
    name = wire_name(function)
    return f"{name[0].upper()}{name[1:]}Input"
