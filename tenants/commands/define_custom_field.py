"""The company's own fields: define, change, archive, restore. A field is never deleted: rows may carry its values."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import Choice, described, entities
from tenants.archiving import archive, restore
from tenants.custom_field_entities import KINDS, CustomField
from tenants.custom_field_errors import DefinitionInvalid, TooManyCustomFields
from tenants.custom_fields import FIELDS_PER_ENTITY, refuse_unless_customisable
from tenants.granting import require_companywide
from tenants.naming import clean_name
from tenants.offering import entity_choices, offered
from values.errors import AlreadyTaken
from values.money import CURRENCIES

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHOICES = 200
_MANAGE = "tenants.custom_field.manage"


class FieldChoice(Input, frozen=True, kw_only=True):
    """One choice: the stored value and its labels."""

    value: str
    zh: str
    en: str | None = None


class DefineCustomField(Input, frozen=True, kw_only=True):
    """`kind`: text, number, money (with `currency`), date, yes_no, choice (with `choices`), reference (`target`)."""

    entity: str
    key: str
    label_zh: str
    kind: str
    label_en: str | None = None
    required: bool = False
    filterable: bool = True
    choices: list[FieldChoice] | None = None
    currency: str | None = None
    target: str | None = None
    position: int | None = None


class EditCustomField(Input, frozen=True, kw_only=True):
    """`choices` replaces the list, but may not lose a value that rows may carry."""

    id: UUID
    version: int | None = None
    label_zh: str | msgspec.UnsetType = msgspec.UNSET
    label_en: str | msgspec.UnsetType | None = msgspec.UNSET
    required: bool | msgspec.UnsetType = msgspec.UNSET
    choices: list[FieldChoice] | msgspec.UnsetType = msgspec.UNSET
    position: int | msgspec.UnsetType = msgspec.UNSET


class CustomFieldById(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="定义自定义字段", en="Define a custom field", permission=_MANAGE, module=None)
async def define_custom_field(ctx: Context, data: DefineCustomField) -> CustomField:
    """Adds a field to a customisable entity.

    Raises NotCustomisable, DefinitionInvalid, TooManyCustomFields, AlreadyTaken (an archived field keeps its key).
    """
    require_companywide(ctx, _MANAGE)
    refuse_unless_customisable(data.entity)
    _check_definition(data)
    keys = await _lock_keys(ctx, data.entity)
    if data.key in keys:
        raise AlreadyTaken(field="key", value=data.key)
    if len(keys) >= FIELDS_PER_ENTITY:
        raise TooManyCustomFields(limit=FIELDS_PER_ENTITY)
    return ctx.add(
        CustomField(
            id=ctx.new_id(),
            entity=data.entity,
            key=data.key,
            label_zh=clean_name(data.label_zh, field="labelZh"),
            label_en=clean_name(data.label_en, field="labelEn") if data.label_en else None,
            kind=data.kind,
            required=data.required,
            filterable=data.filterable,
            choices=_choices(data.choices or []) if data.kind == "choice" else None,
            currency=data.currency if data.kind == "money" else None,
            target=data.target if data.kind == "reference" else None,
            position=len(keys) if data.position is None else data.position,
        )
    )


@command(zh="修改自定义字段", en="Edit a custom field", permission=_MANAGE, module=None)
async def edit_custom_field(ctx: Context, data: EditCustomField) -> CustomField:
    """Changes labels, position, whether it is required, and adds choices. Kind and key are for good."""
    require_companywide(ctx, _MANAGE)
    field = await ctx.lock(CustomField, data.id, version=data.version)
    if data.label_zh is not msgspec.UNSET:
        field.label_zh = clean_name(data.label_zh, field="labelZh")
    if data.label_en is not msgspec.UNSET:
        field.label_en = clean_name(data.label_en, field="labelEn") if data.label_en else None
    if data.required is not msgspec.UNSET:
        field.required = data.required
    if data.position is not msgspec.UNSET:
        field.position = data.position
    if data.choices is not msgspec.UNSET:
        field.choices = _more_choices(field, data.choices)
    return field


@command(zh="归档自定义字段", en="Archive a custom field", permission=_MANAGE, module=None)
async def archive_custom_field(ctx: Context, data: CustomFieldById) -> CustomField:
    """Takes the field out of forms, lists and filters; rows keep their values for a restore."""
    require_companywide(ctx, _MANAGE)
    field = await ctx.lock(CustomField, data.id, version=data.version)
    archive(ctx, field)
    return field


@command(zh="恢复自定义字段", en="Restore a custom field", permission=_MANAGE, module=None)
async def restore_custom_field(ctx: Context, data: CustomFieldById) -> CustomField:
    """Brings an archived field back with the values that rows still carry."""
    require_companywide(ctx, _MANAGE)
    field = await ctx.lock(CustomField, data.id, version=data.version)
    restore(field)
    return field


async def _lock_keys(ctx: Context, entity: str) -> set[str]:
    """The entity's keys, archived ones included. Locked first: two admins cannot both define the hundredth."""
    mine = (CustomField.tenant_id == ctx.tenant_id, CustomField.entity == entity)
    await ctx.session.execute(select(CustomField.id).where(*mine).order_by(CustomField.id).with_for_update())
    return set(await ctx.session.scalars(select(CustomField.key).where(*mine)))


def _check_definition(data: DefineCustomField) -> None:
    if not _KEY.fullmatch(data.key):
        raise _invalid(
            "key",
            "标识须以小写字母开头，只含小写字母、数字和下划线，最多 40 个字符。",
            "A key begins with a small letter and has at most 40 small letters, digits and underscores.",
        )
    if data.kind not in {kind.value for kind in KINDS}:
        told = offered(KINDS)
        raise _invalid("kind", f"字段类型的可选值为 {told.zh}。", f"The kind of a field is one of: {told.en}.")
    if data.kind == "money":
        _check_currency(data.currency)
    if data.kind == "choice":
        _choices(data.choices or [])
    if data.kind == "reference":
        _check_target(data.target)


def reference_targets() -> tuple[Choice, ...]:
    """What a reference field may refer to."""
    return entity_choices(found for found in entities() if described(found).graphql)


def _check_currency(currency: str | None) -> None:
    if currency not in CURRENCIES:
        raise _invalid(
            "currency",
            "金额字段须指定现行币种的三位代码，如 CNY。",
            "A money field needs the three-letter code of a currency in use, such as CNY.",
        )


def _check_target(target: str | None) -> None:
    known = reference_targets()
    if target not in {choice.value for choice in known}:
        told = offered(known)
        raise _invalid(
            "target",
            f"引用字段须指定要引用的对象，可选值为 {told.zh}。",
            f"A reference field needs the entity it refers to, one of: {told.en}.",
        )


def _choices(given: list[FieldChoice]) -> list[dict[str, str]]:
    values = [choice.value for choice in given]
    if not 1 <= len(given) <= _CHOICES or len(set(values)) != len(values):
        raise _invalid(
            "choices",
            f"单选字段须有 1 至 {_CHOICES} 个互不相同的选项。",
            f"A choice field needs 1 to {_CHOICES} different choices.",
        )
    return [
        {
            "value": clean_name(choice.value, field="choices"),
            "zh": clean_name(choice.zh, field="choices"),
            **({"en": clean_name(choice.en, field="choices")} if choice.en else {}),
        }
        for choice in given
    ]


def _more_choices(field: CustomField, given: list[FieldChoice]) -> list[dict[str, str]]:
    if field.kind != "choice":
        raise _invalid("choices", "只有单选字段才有选项。", "Only a choice field has choices.")
    wanted = _choices(given)
    if {choice["value"] for choice in field.choices or []} - {choice["value"] for choice in wanted}:
        raise _invalid("choices", "已有的选项不能删除，可以改名称。", "Existing choices may be renamed, not removed.")
    return wanted


def _invalid(field: str, zh: str, en: str) -> DefinitionInvalid:
    return DefinitionInvalid(field=field, problem_zh=zh, problem_en=en)
