"""What the GraphQL library finds wrong with a request, in Chinese. Its English is kept for English callers."""

from __future__ import annotations

import re

_NAME = r"'([^']*)'"
_PLACE = re.compile(r"^Variable '\$(\w+)' has invalid value at ((?:\.\w+|\[\d+\])+):")
# The library's sentence → ours. Types and fields keep their names: they are what the caller must type.
_SENTENCES = (
    (rf"Cannot query field {_NAME} on type {_NAME}\.", r"类型 \2 没有字段“\1”。"),
    (rf"Unknown argument {_NAME} on field {_NAME}\.", r"字段 \2 没有参数“\1”。"),
    (rf"Argument {_NAME} of type {_NAME} is required, but it was not provided\.", r"缺少必填参数 \1（\2）。"),
    (rf"Field {_NAME} of type {_NAME} must have a selection of subfields\.", r"字段“\1”（\2）需要写明子字段。"),
    (rf"Field {_NAME} must not have a selection since type {_NAME} has no subfields\.", r"字段“\1”（\2）没有子字段。"),
    (rf"Expected value of type {_NAME} to include required field {_NAME}", r"\1 缺少必填字段“\2”。"),
    (rf"Expected value of type {_NAME} not to include unknown field {_NAME}", r"\1 没有字段“\2”。"),
    (rf"Expected a value of non-null type {_NAME} to be provided\.", r"必须填写（\1）。"),
    (rf"Expected value of non-null type {_NAME} not to be None\.", r"不能为空（\1）。"),
    (rf"Value {_NAME} does not exist in {_NAME} enum\.", r"“\1”不是 \2 的可选值。"),
    (r"(?:Enum|Int) .*\bcannot represent non 32-bit signed integer value: (.*)", r"整数 \1 超出范围。"),
    (r"Int cannot represent non-integer value: (.*)", r"应为整数，收到的是 \1。"),
    (r"Float cannot represent non numeric value: (.*)", r"应为数字，收到的是 \1。"),
    (r"String cannot represent a non string value: (.*)", r"应为文本，收到的是 \1。"),
    (r"Boolean cannot represent a non boolean value: (.*)", r"应为 true 或 false，收到的是 \1。"),
    (r"ID cannot represent (?:a non-string and non-integer value|value): (.*)", r"应为编号，收到的是 \1。"),
    (r"DateTime takes an ISO 8601 instant .*", "应为带时区的时间（ISO 8601），如 2026-03-02T01:30Z。"),
    (r"DateTime is out of range\.", "时间超出范围。"),
    (r"Date takes an ISO 8601 day, .*", "应为日期，如 2026-03-02。"),
    (r"Decimal takes a string\.", "十进制数应写成字符串。"),
    (r"Decimal takes a finite number .*", "应为有限的、长度合理的十进制数。"),
    (r"BigInt takes an integer .*", "应为不超过 64 位的整数，最好写成字符串。"),
    (r"Variable '\$(\w+)' is not defined(?: by operation '\w+')?\.", r"变量 $\1 没有声明。"),
    (r"Variable '\$(\w+)' is never used(?: in operation '\w+')?\.", r"变量 $\1 没有用到。"),
    (rf"Variable '\$(\w+)' of type {_NAME} used in position expecting type {_NAME}\.", r"变量 $\1 的类型 \2 应为 \3。"),
    (rf"Unknown type {_NAME}\.", r"没有类型“\1”。"),
    (rf"Unknown fragment {_NAME}\.", r"没有片段“\1”。"),
    (rf"Fragment {_NAME} is never used\.", r"片段“\1”没有用到。"),
    (rf"Unknown directive {_NAME}\.", r"没有指令“\1”。"),
    (rf"Fields {_NAME} conflict because .*", r"“\1”指向不同的字段，请使用不同的别名。"),
    (r"Syntax Error: Expected ([^,]+), found (.*)\.", r"语法错误：此处应为 \1，实际是 \2。"),
    (r"Syntax Error: Unexpected (.*)\.", r"语法错误：不应出现 \1。"),
    (r"Syntax Error: (.*)", r"语法错误：\1"),
    (r"name one of the document's operations", "请用 operationName 指明文档中的一个操作。"),
    (r"subscriptions travel over graphql-transport-ws", "订阅请使用 WebSocket（graphql-transport-ws）。"),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), ours) for pattern, ours in _SENTENCES)
_VARIABLE = re.compile(r"^Variable '\$(\w+)' (?:has|got) invalid value(?: at ([^:]+))?: (.*)$", re.DOTALL)


def in_chinese(message: str) -> str:
    """The sentence in Chinese; one that is not known here says no more than that the request is not valid."""
    about = _VARIABLE.match(message)
    if about is not None:
        place = f"“{_wire(about[2])}”" if about[2] else ""
        return f"变量 ${about[1]} {place}{in_chinese(about[3])}".replace(" “", "的“")
    for pattern, ours in _COMPILED:
        found = pattern.match(message)
        if found is not None:
            return found.expand(ours)
    return "写法不正确。"


def field_of(message: str) -> str | None:
    """The input's wire path when the sentence names one: `filter.createdAt.gt`, without the variable's name."""
    found = _PLACE.match(message)
    return _wire(found[2]) if found else None


def _wire(path: str) -> str:
    return ".".join(re.findall(r"\w+", path))
