"""What the decoder of msgspec found wrong, in words that a caller reads: Chinese and English, with the field's path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from values.errors import Words
from values.wire import wire_name

_PLACE = re.compile(r" - at `\$((?:\.\w+|\[[^\]]*\])+)`$")
_STEP = re.compile(r"\w+")
_LACKING = re.compile(r"Object missing required field `(\w+)`")
_LACKING_WORDS = ("缺少必填字段{}", "the field {} is missing")
_KINDS = {
    "str": ("文本", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "bool": ("true 或 false", "true or false"),
    "array": ("列表", "a list"),
    "object": ("对象", "an object"),
    "null": ("空值", "null"),
    "uuid": ("UUID", "a UUID"),
    "decimal": ("十进制数", "a decimal number"),
    "datetime": ("时间", "an instant"),
    "date": ("日期", "a day"),
}
_BOUNDS_ZH = {"<=": "不超过", ">=": "不小于", "<": "小于", ">": "大于", "==": "等于"}
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Malformed(Words):
    """A phrase without a full stop, under wire names. `field`: the wire path (`rows.0.name`), None for the whole input.

    `phrase`: the same without the field in front; `{}` in it stands for `missing`, the wire path of what is left out.
    """

    field: str | None
    phrase: Words
    missing: str | None = None

    def called(self, label: Callable[[str], Words | None]) -> Words:
        """With what people call the fields (`label`, of a wire path: `“数量”` and `Quantity`), as far as that tells."""
        missing = _named_by(label, self.missing) if self.missing else Words("", "")
        zh, en = self.phrase.zh.replace("{}", missing.zh), self.phrase.en.replace("{}", missing.en)
        if self.field is None or self.missing:
            return Words(zh, en)
        about = _named_by(label, self.field)
        return Words(f"{about.zh}{zh}", f"{about.en}: {en}")


def malformed(message: str) -> Malformed:
    """The text of a `msgspec.ValidationError` or `DecodeError`, told again."""
    place = _PLACE.search(message)
    field = ".".join(wire_name(step) for step in _STEP.findall(place[1])) if place else None
    text = message[: place.start()] if place else message
    lacking = _LACKING.match(text)
    name = wire_name(lacking[1]) if lacking else None
    missing = f"{field}.{name}" if field and name else name
    told = Malformed("", "", field, Words(*(_LACKING_WORDS if lacking else _told(text))), missing)
    wired = told.called(lambda _path: None)
    return replace(told, zh=wired.zh, en=wired.en)


def _named_by(label: Callable[[str], Words | None], path: str) -> Words:
    return label(path) or Words(f"“{path}”", path)


def _told(text: str) -> Pair:
    for pattern, words in _PATTERNS:
        found = pattern.match(text)
        if found:
            return words(found)
    return "格式不正确", "this is not well formed"


def _kinds(text: str) -> Pair:
    found = [_KINDS.get(part.strip(), (part.strip(), part.strip())) for part in text.split("|")]
    zh = found[0][0]
    for other, _ in found[1:]:  # blanks stand beside Latin letters alone
        zh += f"{' ' if zh[-1:].isascii() else ''}或{_spaced(other)}"
    return zh, " or ".join(en for _, en in found)


def _expected(found: re.Match[str]) -> Pair:
    (zh, en), (got_zh, got_en) = _kinds(found[1]), _kinds(found[2])
    return f"应为{_spaced(zh)}，收到的是{_spaced(got_zh)}", f"{en} is expected, not {got_en}"


def _bounded(found: re.Match[str]) -> Pair:
    zh, en = _kinds(found[1])
    sign, bound = found[3], found[4]
    return (
        f"应为{_spaced(zh)}，且{'长度' if found[2] else ''}{_BOUNDS_ZH[sign]} {bound}",
        f"{en}{' of length' if found[2] else ''} {sign} {bound}",
    )


def _spaced(zh: str) -> str:
    """With a blank before Latin letters, as Chinese text is set."""
    return f" {zh}" if zh[:1].isascii() else zh


def _same(zh: str, en: str) -> Callable[[re.Match[str]], Pair]:
    return lambda _found: (zh, en)


def _named(zh: str, en: str) -> Callable[[re.Match[str]], Pair]:
    return lambda found: (zh.format(wire_name(found[1])), en.format(wire_name(found[1])))


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Pair]], ...] = (
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _expected),
    (re.compile(r"Expected `([^`]+)` (of length )?(<=|>=|<|>|==) ?(-?[\d.]+)"), _bounded),
    (
        re.compile(r"Expected `datetime` with a timezone component"),
        _same("缺少时区，如 +08:00", "an offset like +08:00 or Z is missing"),
    ),
    (re.compile(r"Object contains unknown field `(\w+)`"), _named("没有字段“{}”", "there is no field {}")),
    (re.compile(r"Invalid UUID"), _same("不是有效的 UUID", "this is not a UUID")),
    (re.compile(r"Invalid RFC3339 encoded datetime"), _same("不是有效的时间（ISO 8601）", "no ISO 8601 instant")),
    (re.compile(r"Invalid RFC3339 encoded date"), _same("不是有效的日期，如 2026-03-02", "no day like 2026-03-02")),
    (re.compile(r"Invalid decimal string"), _same("不是有效的数字", "this is not a number")),
    (re.compile(r"Invalid enum value (.+)"), _same("不在可选值之内", "this is none of the options")),
    (re.compile(r"(?:Integer|Number) value out of range"), _same("数字超出范围", "the number is out of range")),
    (re.compile(r"Input data was truncated|JSON is malformed"), _same("不是有效的 JSON", "this is not valid JSON")),
)
