"""What billing refuses."""

from __future__ import annotations

from values.errors import Kind, Refusal


class TrialStillRuns(Refusal):
    code, kind = "TRIAL_STILL_RUNS", Kind.CONFLICT
    zh, en = "试用期到 {ends_at} 才结束。", "To end this trial you must wait until {ends_at}."
    remedy_zh, remedy_en = "到期后再执行。", "Run it again after that instant."


class TrialEndInvalid(Refusal):
    code = "TRIAL_END_INVALID"
    zh = "新的试用截止时间必须晚于现在和原截止时间。"
    en = "To extend a trial you must give an end after now and after the present end."
    remedy_zh, remedy_en = "请填写晚于 {ends_at} 的时间。", "Give an instant after {ends_at}."


class SubscriptionEndInvalid(Refusal):
    code = "SUBSCRIPTION_END_INVALID"
    zh, en = "订阅截止时间必须晚于现在。", "To activate a subscription you must give an end in the future."
    remedy_zh, remedy_en = "请填写未来的时间。", "Give a later instant."


class ModuleUnknown(Refusal):
    code = "MODULE_UNKNOWN"
    zh, en = "没有“{module}”这个模块。", "To subscribe you must choose existing modules; {module} is none."
    remedy_zh, remedy_en = "可选模块：{modules}。", "Choose among: {modules}."
