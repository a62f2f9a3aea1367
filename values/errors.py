"""The closed set of refusals.

Every refusal is a class: a stable code, a kind (mapped once to HTTP, GraphQL and sync), a sentence of the form
"To X you must Y" and a remedy, in Chinese and English. Rooms define their own subclasses in their `errors.py`.
A refusal never tells whether another tenant's row exists: unknown and invisible are the same `NotFound`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

DEFAULT_LANGUAGE = "zh-CN"
LANGUAGES = ("zh-CN", "en")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A detail of a refusal that reads differently in each language: a field's label, an entity's name, a list."""

    zh: str
    en: str

    @classmethod
    def listed(cls, values: Iterable[str]) -> Words:
        """Values as each language lists them: `甲、乙` and `a, b`."""
        found = list(values)
        return cls("、".join(found), ", ".join(found))

    def __str__(self) -> str:
        return self.zh

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


class Kind(Enum):
    """What a refusal means to a caller: (HTTP status, may the same request succeed later without a change)."""

    UNAUTHENTICATED = (401, False)
    FORBIDDEN = (403, False)
    NOT_FOUND = (404, False)
    INVALID = (422, False)
    CONFLICT = (409, False)
    READ_ONLY = (402, True)
    THROTTLED = (429, True)
    UNAVAILABLE = (503, True)

    @property
    def http_status(self) -> int:
        return self.value[0]

    @property
    def transient(self) -> bool:
        return self.value[1]


class Refusal(Exception):
    """Base of every expected "no". `field` is the camelCase wire path of the offending input, if there is one.

    Details fill the places of the sentences; one that differs by language is given as `Words`. A refusal is read in
    languages that are not known where it is raised: the inbox keeps it in all of them.
    """

    code: ClassVar[str] = ""
    kind: ClassVar[Kind] = Kind.INVALID
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    remedy_zh: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""
    status: ClassVar[int | None] = None  # the HTTP status where the kind's is too coarse
    parts: tuple[Refusal, ...] = ()  # what it consists of, where several fields are wrong at once

    def __init__(self, *, field: str | None = None, **details: object) -> None:
        self.field = field
        self.details = {key: str(value) for key, value in details.items()}
        self._words = {key: value for key, value in details.items() if isinstance(value, Words)}
        super().__init__(f"{self.code} {field or ''} {self.details}".strip())

    @property
    def http_status(self) -> int:
        return self.status or self.kind.http_status

    def worded(self, name: str) -> Words | None:
        """A detail that differs by language, as it was given."""
        return self._words.get(name)

    def sentence(self, language: str = DEFAULT_LANGUAGE) -> str:
        return self._fill(self.en if language.startswith("en") else self.zh, language)

    def remedy(self, language: str = DEFAULT_LANGUAGE) -> str:
        return self._fill(self.remedy_en if language.startswith("en") else self.remedy_zh, language)

    def each(self, language: str = DEFAULT_LANGUAGE) -> list[dict[str, str | None]]:
        """Of a refusal about several fields the wire form of each; otherwise nothing."""
        return [part.to_wire(language) for part in self.parts]

    def to_wire(self, language: str = DEFAULT_LANGUAGE) -> dict[str, str | None]:
        """`{code, message, field, remedy}` for any door."""
        return {
            "code": self.code,
            "message": self.sentence(language),
            "field": self.field,
            "remedy": self.remedy(language),
        }

    def _fill(self, template: str, language: str) -> str:
        values = {**self.details, **{key: words.in_language(language) for key, words in self._words.items()}}
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def all_refusals() -> Iterator[type[Refusal]]:
    """Every concrete refusal that the loaded rooms define, in definition order."""
    pending: list[type[Refusal]] = [Refusal]
    while pending:
        parent = pending.pop(0)
        for child in parent.__subclasses__():
            pending.append(child)
            if child.code:
                yield child


class NotSignedIn(Refusal):
    code, kind = "NOT_SIGNED_IN", Kind.UNAUTHENTICATED
    zh, en = "请先登录。", "To do this you must sign in."
    remedy_zh, remedy_en = "登录后重试。", "Sign in and try again."


_permission_names: dict[str, Words] = {}


def name_permissions(names: Mapping[str, Words]) -> None:
    """Tells how people call the permissions (`party.customer.edit`: 修改客户); who declares them names them."""
    _permission_names.update(names)


class PermissionDenied(Refusal):
    code, kind = "PERMISSION_DENIED", Kind.FORBIDDEN
    zh, en = "您没有“{permission}”权限。", 'To do this you must hold the permission "{permission}".'
    remedy_zh, remedy_en = "请联系管理员为您的角色开通该权限。", "Ask an admin to add it to one of your roles."

    def __init__(self, *, permission: str, field: str | None = None) -> None:
        super().__init__(field=field, permission=_permission_names.get(permission, permission))


class NotFound(Refusal):
    code, kind = "NOT_FOUND", Kind.NOT_FOUND
    zh, en = "找不到该{entity}，或您无权查看。", "This {entity} does not exist or is not yours to see."
    remedy_zh, remedy_en = (
        "刷新列表后重试；如需查看他人数据，请联系管理员。",
        "Refresh the list, or ask an admin for access.",
    )


class RequestMalformed(Refusal):
    code, status = "REQUEST_MALFORMED", 400
    zh, en = "请求体必须是 {expected}。", "The request body must be {expected}."
    remedy_zh, remedy_en = "请按接口说明重新发送。", "Send it as the API guide says."


class BodyTooLarge(Refusal):
    code, status = "BODY_TOO_LARGE", 413
    zh, en = "请求体超过 {limit} 字节。", "The request body is larger than {limit} bytes."
    remedy_zh, remedy_en = "请拆分后分批提交。", "Split it and send the parts."


class BodyTooSlow(Refusal):
    code, kind, status = "BODY_TOO_SLOW", Kind.UNAVAILABLE, 408
    zh, en = "请求内容迟迟没有传完，本次未处理。", "The request did not arrive in time; nothing of it was done."
    remedy_zh, remedy_en = "请检查网络后重试。", "Check the network and send it again."


class InvalidInput(Refusal):
    code = "INVALID_INPUT"
    zh, en = "填写的内容不符合要求：{problem}", "This value cannot be accepted: {problem}"
    remedy_zh, remedy_en = "请按提示修改后重新提交。", "Correct the field and submit again."


class Required(Refusal):
    code = "REQUIRED"
    zh, en = "“{label}”不能为空。", "To save this you must fill in {label}."
    remedy_zh, remedy_en = "请填写后重新提交。", "Fill it in and submit again."


class TextUnreadable(Refusal):
    code = "TEXT_UNREADABLE"
    zh, en = "“{label}”含有无法保存的控制字符。", "To save {label} you must remove its control characters."
    remedy_zh, remedy_en = "请删除不可见字符或重新输入。", "Remove invisible characters or type it again."


class AlreadyTaken(Refusal):
    code, kind = "ALREADY_TAKEN", Kind.CONFLICT
    zh, en = "“{value}”已被使用。", "{value} is already in use."
    remedy_zh, remedy_en = "请换一个值，或打开已有的记录。", "Choose another value or open the existing record."


class VersionConflict(Refusal):
    code, kind = "VERSION_CONFLICT", Kind.CONFLICT
    zh = "这条记录刚被他人修改（当前版本 {version}），您的修改尚未保存。"
    en = "Somebody changed this record meanwhile (it is at version {version}); your change is not saved."
    remedy_zh, remedy_en = "刷新后核对差异，再次保存。", "Reload, compare, and save again."


class StillInUse(Refusal):
    code, kind = "STILL_IN_USE", Kind.CONFLICT
    zh, en = "仍有其他记录引用它，不能这样处理。", "Other records still refer to it, so this cannot be done."
    remedy_zh, remedy_en = "请先处理引用它的记录。", "Deal with the records that refer to it first."


class KeyReused(Refusal):
    code, kind = "IDEMPOTENCY_KEY_REUSED", Kind.CONFLICT
    zh = "这次提交的编号已被另一次内容不同的提交使用，本次没有执行。"
    en = "To save this you must submit it anew: its number already belongs to a submission with other content."
    remedy_zh, remedy_en = (
        "请重新打开页面，核对是否已经保存，再重新提交。",
        "Open the page again, see whether it is saved already, and submit it anew.",
    )


class ReadOnlyMaintenance(Refusal):
    code, kind = "READ_ONLY_MAINTENANCE", Kind.UNAVAILABLE
    zh, en = "系统维护中，暂时只能查看：{reason}", "The service is read-only for maintenance: {reason}"
    remedy_zh, remedy_en = "请稍后重试；离线修改不会丢失。", "Try again later; edits made offline are kept."


class SubscriptionLapsed(Refusal):
    code, kind = "SUBSCRIPTION_LAPSED", Kind.READ_ONLY
    zh = "试用或订阅已于 {ended_at} 到期，目前只能查看和导出。"
    en = "Your trial or subscription ended at {ended_at}; you can read and export, but not change anything."
    remedy_zh, remedy_en = "请管理员订阅后继续使用，数据全部保留。", "Ask an admin to subscribe; all data is kept."


class ModuleNotBought(Refusal):
    code, kind = "MODULE_NOT_BOUGHT", Kind.READ_ONLY
    zh, en = "贵公司尚未开通“{module}”模块。", "To do this your company must have the module {module}."
    remedy_zh, remedy_en = "请管理员在订阅中开通该模块。", "Ask an admin to add it to the subscription."


class FieldMasked(Refusal):
    code, kind = "FIELD_MASKED", Kind.FORBIDDEN
    zh, en = "您的角色不能使用字段“{label}”。", "Your roles may not use the field {label}."
    remedy_zh, remedy_en = "请去掉该字段，包括筛选和排序。", "Leave the field out, also in filters and sort orders."


class InvalidTransition(Refusal):
    code, kind = "INVALID_TRANSITION", Kind.CONFLICT
    zh, en = "当前状态为“{state}”，不能{action}。", "To {action} it must be in another state than {state}."
    remedy_zh, remedy_en = "请刷新后再试。可用的操作：{possible}。", "Refresh and look again. Possible: {possible}."

    def __init__(self, *, state: Words, action: Words, possible: Words, field: str | None = None) -> None:
        super().__init__(field=field, state=state, action=action, possible=possible)


class AmountInvalid(Refusal):
    code = "AMOUNT_INVALID"
    zh, en = "金额“{value}”无效。", "{value} is not a valid amount."
    remedy_zh, remedy_en = "请输入该币种允许的小数位数内的数字。", "Enter a number within the currency's decimals."


class QuantityInvalid(Refusal):
    code = "QUANTITY_INVALID"
    zh, en = "数量“{value}”无效。", "{value} is not a valid quantity."
    remedy_zh, remedy_en = "请输入数字，最多 9 位小数。", "Enter a number with at most 9 decimals."


class CurrencyMismatch(Refusal):
    code, kind = "CURRENCY_MISMATCH", Kind.CONFLICT
    zh, en = "不能把 {left} 和 {right} 直接相加。", "{left} and {right} cannot be added."
    remedy_zh, remedy_en = "请先按汇率换算。", "Convert one of them first."


class Throttled(Refusal):
    code, kind = "THROTTLED", Kind.THROTTLED
    zh, en = "操作过于频繁，请 {seconds} 秒后再试。", "Too many attempts; wait {seconds} seconds."
    remedy_zh, remedy_en = "请稍候再试。", "Wait and try again."


class Busy(Refusal):
    code, kind = "BUSY", Kind.UNAVAILABLE
    zh, en = "当前请求较多，本次未能完成。", "Too much is asked at once; this was not done."
    remedy_zh, remedy_en = "请稍候重试。", "Try again in a moment."


class InternalError(Refusal):
    code, kind, status = "INTERNAL", Kind.UNAVAILABLE, 500
    zh = "系统出错，本次操作没有完成（编号 {reference}）。"
    en = "Something broke on our side; this was not done (reference {reference})."
    remedy_zh = "请稍后重试；若仍失败，请把编号 {reference} 告诉客服。"
    remedy_en = "Try again; if it stays, tell support the reference {reference}."
