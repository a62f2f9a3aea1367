"""What custom fields and tags refuse."""

from __future__ import annotations

from values.errors import Kind, Refusal


class CustomFieldUnknown(Refusal):
    code, kind = "CUSTOM_FIELD_UNKNOWN", Kind.INVALID
    zh, en = "没有标识为“{key}”的自定义字段。", "There is no custom field {key}."
    remedy_zh, remedy_en = "请刷新后重试，或在设置中定义该字段。", "Refresh and try again, or define the field first."


class CustomFieldRequired(Refusal):
    code = "CUSTOM_FIELD_REQUIRED"
    zh, en = "“{label_zh}”不能为空。", "To save this you must fill in {label_en}."
    remedy_zh, remedy_en = "请填写后重新提交。", "Fill it in and submit again."


class TextExpected(Refusal):
    code = "CUSTOM_TEXT_EXPECTED"
    zh, en = "“{label_zh}”应为不超过 {limit} 个字的文本。", "{label_en} takes a text of at most {limit} characters."
    remedy_zh, remedy_en = "请缩短后重新提交。", "Shorten it and submit again."


class NumberExpected(Refusal):
    code = "CUSTOM_NUMBER_EXPECTED"
    zh, en = "“{label_zh}”应为数字，“{value}”不是。", "{label_en} takes a number, and {value} is not one."
    remedy_zh, remedy_en = "请填写数字，例如 12.5。", "Enter a number such as 12.5."


class AmountExpected(Refusal):
    code = "CUSTOM_AMOUNT_EXPECTED"
    zh, en = "“{label_zh}”应为 {currency} 金额。", "{label_en} takes an amount in {currency}."
    remedy_zh, remedy_en = (
        "请填写该币种允许的小数位数内的金额。",
        "Enter an amount in that currency, within its decimals.",
    )


class DateExpected(Refusal):
    code = "CUSTOM_DATE_EXPECTED"
    zh, en = "“{label_zh}”应为日期，“{value}”不是。", "{label_en} takes a date, and {value} is not one."
    remedy_zh, remedy_en = "请按 2026-03-02 的格式填写。", "Write it as 2026-03-02."


class YesNoExpected(Refusal):
    code = "CUSTOM_YES_NO_EXPECTED"
    zh, en = "“{label_zh}”只能是“是”或“否”。", "{label_en} takes yes or no."
    remedy_zh, remedy_en = "请选择“是”或“否”。", "Choose yes or no."


class ChoiceExpected(Refusal):
    code = "CUSTOM_CHOICE_EXPECTED"
    zh, en = "“{label_zh}”没有选项“{value}”。", "{label_en} has no choice {value}."
    remedy_zh, remedy_en = "可选：{choices}。", "Choose one of: {choices}."


class ReferenceExpected(Refusal):
    code = "CUSTOM_REFERENCE_EXPECTED"
    zh, en = "“{label_zh}”应引用一条您能查看的记录。", "{label_en} takes a record that you can see."
    remedy_zh, remedy_en = "请从列表中选择。", "Choose one from the list."


class FilterNotPossible(Refusal):
    code = "CUSTOM_FILTER_NOT_POSSIBLE"
    zh, en = "“{label_zh}”不支持这种筛选。", "{label_en} cannot be filtered in this way."
    remedy_zh, remedy_en = "请换一种筛选条件。", "Use another condition."


class NotCustomisable(Refusal):
    code = "NOT_CUSTOMISABLE"
    zh, en = "“{entity}”不支持自定义字段。", "{entity} takes no custom fields."
    remedy_zh, remedy_en = "请选择：{choices}。", "Choose one of: {choices}."


class TooManyCustomFields(Refusal):
    code, kind = "TOO_MANY_CUSTOM_FIELDS", Kind.CONFLICT
    zh, en = "每个对象最多 {limit} 个自定义字段。", "An entity takes at most {limit} custom fields."
    remedy_zh, remedy_en = "请先归档不再使用的字段。", "Archive fields that are no longer used."


class DefinitionInvalid(Refusal):
    code = "CUSTOM_FIELD_DEFINITION_INVALID"
    zh, en = "自定义字段的定义不完整：{problem_zh}", "This definition cannot be used: {problem_en}"
    remedy_zh, remedy_en = "请按提示修改后重新提交。", "Correct it and submit again."


class TagUnknown(Refusal):
    code, kind = "TAG_UNKNOWN", Kind.NOT_FOUND
    zh, en = "标签不存在或已归档。", "This tag does not exist or is archived."
    remedy_zh, remedy_en = "请刷新标签列表后重新选择。", "Refresh the tags and choose again."


class TooManyTags(Refusal):
    code = "TOO_MANY_TAGS"
    zh, en = "一条记录最多 {limit} 个标签。", "A record takes at most {limit} tags."
    remedy_zh, remedy_en = "请去掉一些标签。", "Remove some of them."
