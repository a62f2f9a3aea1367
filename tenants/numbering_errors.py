"""What document numbering refuses. None of it tells what another member, let alone another company, was given."""

from __future__ import annotations

from values.errors import Kind, Refusal

_WITHOUT_ZH = "请不带编号重新提交，系统会给出下一个编号。"
_WITHOUT_EN = "Submit it again without a number: it takes the next one."


class SeriesUnknown(Refusal):
    code = "SERIES_UNKNOWN"
    zh, en = "没有编号系列“{series}”。", "There is no number series {series}."
    remedy_zh, remedy_en = "请从编号系列中选择：{choices}。", "Choose one of: {choices}."


class NumberMalformed(Refusal):
    code = "NUMBER_MALFORMED"
    zh, en = "“{number}”不是本系列的编号。", "To use {number} it must be a number of this series."
    remedy_zh = "编号应形如 {example}；也可以不带编号提交，由系统给出。"
    remedy_en = "Write it like {example}, or submit without a number and take the next one."


class NumberNotLeased(Refusal):
    code, kind = "NUMBER_NOT_LEASED", Kind.CONFLICT
    zh, en = "编号 {number} 不在您领用的号段内。", "To use {number} it must be out of a range leased to you."
    remedy_zh, remedy_en = _WITHOUT_ZH, _WITHOUT_EN


class NumberTaken(Refusal):
    code, kind = "NUMBER_TAKEN", Kind.CONFLICT
    zh, en = "编号 {number} 已被另一张单据使用。", "To use {number} no other document may have it; one does."
    remedy_zh, remedy_en = _WITHOUT_ZH, _WITHOUT_EN


class NumberVoided(Refusal):
    code, kind = "NUMBER_VOIDED", Kind.CONFLICT
    zh, en = "编号 {number} 已作废，不能使用。", "To number a document you must not use {number}: it was voided."
    remedy_zh, remedy_en = _WITHOUT_ZH, _WITHOUT_EN


class TooManyLeases(Refusal):
    code, kind = "TOO_MANY_LEASES", Kind.CONFLICT
    zh = "本设备在该系列已有 {limit} 个未用完的号段。"
    en = "To lease more numbers the device must have fewer than {limit} ranges of this series that are not used up."
    remedy_zh = "请先用完已领的号段，或关闭不再使用的号段。"
    remedy_en = "Use up what it has, or close a range that it no longer needs."


class LeaseClosed(Refusal):
    code, kind = "LEASE_CLOSED", Kind.CONFLICT
    zh, en = "该号段已关闭。", "To close a range it must be open; this one is closed."
    remedy_zh, remedy_en = "刷新后即可看到。", "Refresh to see it."
