"""What the party room refuses."""

from __future__ import annotations

from collections.abc import Sequence

from values.errors import Kind, Refusal, Words


class TextTooLong(Refusal):
    code = "TEXT_TOO_LONG"
    zh, en = "“{label}”最多 {limit} 个字。", "To save {label} you must keep it within {limit} characters."
    remedy_zh, remedy_en = "请删减后重新提交。", "Shorten it and submit again."


class PhoneInvalid(Refusal):
    code = "PHONE_INVALID"
    zh, en = "“{label}”不是有效的电话号码。", "To save {label} you must give a valid telephone number."
    remedy_zh, remedy_en = (
        "手机填 11 位号码，座机请带区号，如 0571-88888888；境外号码请带国家区号，如 +85291234567。",
        "Give a mobile number, a landline with its area code (0571-88888888), or +country code and number.",
    )


class EmailInvalid(Refusal):
    code = "EMAIL_INVALID"
    zh, en = "“{label}”的格式不正确。", "To save {label} you must give a valid e-mail address."
    remedy_zh, remedy_en = "请核对邮箱地址，如 name@example.com。", "Check the address, like name@example.com."


class WebsiteInvalid(Refusal):
    code = "WEBSITE_INVALID"
    zh, en = "“{label}”不是有效的网址。", "To save {label} you must give a web address."
    remedy_zh, remedy_en = (
        "请填写域名或以 http://、https:// 开头的网址，如 www.example.com。",
        "Give a domain or an address that begins with http:// or https://, like www.example.com.",
    )


class ChoiceUnknown(Refusal):
    code = "CHOICE_UNKNOWN"
    zh, en = "“{label}”没有这个选项。", "To save {label} you must choose one of its options."
    remedy_zh, remedy_en = "可选值：{choices}。", "Choose one of: {choices}."


class AmountOutOfRange(Refusal):
    code = "AMOUNT_OUT_OF_RANGE"
    zh, en = "“{label}”不能为负数，也不能过大。", "To save {label} you must give 0 to {largest}."
    remedy_zh, remedy_en = (
        "请以最小货币单位（如分）填写 0 到 {largest}。",
        "Give whole minor units.",
    )


class CurrencyUnknown(Refusal):
    code = "CURRENCY_UNKNOWN"
    zh, en = (
        "“{label}”不是通用的币种代码（ISO 4217）。",
        "To save {label} you must give a currency code in use (ISO 4217).",
    )
    remedy_zh, remedy_en = "请填写币种代码，如 CNY、USD、HKD。", "Give a code like CNY, USD or HKD."


class CurrencyWithdrawn(Refusal):
    code = "CURRENCY_WITHDRAWN"
    zh = "{currency} 已于 {last_day} 停止流通，“{label}”不能再使用。"
    en = "To save {label} you must give a currency in use: {currency} was legal tender until {last_day}."
    remedy_zh, remedy_en = "请改用 {successor}。", "Use {successor} instead."


class CurrencyWithoutAmount(Refusal):
    code = "CURRENCY_WITHOUT_AMOUNT"
    zh, en = "填写“{label}”前请先填写金额。", "To save {label} you must give the amount with it."
    remedy_zh, remedy_en = "请补填金额，或清空币种。", "Fill in the amount or clear the currency."


class DateOutOfRange(Refusal):
    code = "DATE_OUT_OF_RANGE"
    zh, en = "“{label}”超出允许的日期范围。", "To save {label} you must choose a date within the allowed range."
    remedy_zh, remedy_en = "请选择 {earliest} 至 {latest} 之间的日期。", "Choose a date from {earliest} to {latest}."


class FieldHiddenFromYou(Refusal):
    code, kind = "FIELD_HIDDEN", Kind.FORBIDDEN
    zh, en = "“{label}”对您的角色隐藏，不能填写。", "To change {label} you must hold a role that may see it."
    remedy_zh, remedy_en = "请去掉该字段后提交，或联系管理员。", "Leave the field out, or ask an admin."


class FieldsWrong(Refusal):
    """Several fields at once, each with its own refusal in `problems`. Made of such as quote nothing of any row."""

    code = "FIELDS_WRONG"
    zh, en = "有 {count} 处需要修改：{problems}", "{count} fields must be corrected: {problems}"
    remedy_zh, remedy_en = "请逐项修改后重新提交。", "Correct each of them and submit again."

    @classmethod
    def of(cls, wrong: Sequence[Refusal]) -> FieldsWrong:
        """`field` is the first one's."""
        sentences = Words(
            "".join(one.sentence("zh-CN") for one in wrong), " ".join(one.sentence("en") for one in wrong)
        )
        found = cls(field=wrong[0].field, count=len(wrong), problems=sentences)
        found.parts = tuple(wrong)
        return found


class RecordArchived(Refusal):
    code, kind = "RECORD_ARCHIVED", Kind.CONFLICT
    zh, en = (
        "该{entity}在回收站中，不能修改。",
        "To change this {entity} you must restore it first.",
    )
    remedy_zh, remedy_en = "请先从回收站恢复。", "Restore it from the recycle bin, then try again."


class RecycleBinExpired(Refusal):
    code, kind = "RECYCLE_BIN_EXPIRED", Kind.CONFLICT
    zh, en = "已超过 {days} 天保留期，不能恢复。", "To restore a record you must do so within {days} days."
    remedy_zh, remedy_en = "请重新新建该记录。", "Create the record anew."


class CustomerParentCycle(Refusal):
    code, kind = "CUSTOMER_PARENT_CYCLE", Kind.CONFLICT
    zh = "上级单位不能是该客户自己或它的下级单位。"
    en = "To set a parent company you must choose one that is not the customer itself or below it."
    remedy_zh, remedy_en = "请选择其他上级单位。", "Choose another parent company."


class CustomerTreeTooDeep(Refusal):
    code, kind = "CUSTOMER_TREE_TOO_DEEP", Kind.CONFLICT
    zh, en = "上级单位最多 {levels} 层。", "To set a parent company you must keep the group within {levels} levels."
    remedy_zh, remedy_en = "请选择层级更高的上级单位。", "Choose a parent company nearer to the top of the group."


class OwnerDeactivated(Refusal):
    code, kind = "OWNER_DEACTIVATED", Kind.CONFLICT
    zh, en = "该成员已停用，不能作为负责人。", "To assign this you must choose a member who is still active."
    remedy_zh, remedy_en = "请选择其他在职成员。", "Choose another member."


class TooManyRows(Refusal):
    code = "TOO_MANY_ROWS"
    zh, en = "一次最多处理 {largest} 条记录。", "To do this you must choose at most {largest} records at a time."
    remedy_zh, remedy_en = "请分批处理。", "Do it in several steps."
