"""What saved views refuse."""

from __future__ import annotations

from values.errors import Kind, Refusal


class ViewConfigInvalid(Refusal):
    code = "VIEW_CONFIG_INVALID"
    zh = "列表视图的设置有误：{problem_zh}"
    en = "To save a view you must give settings that lists have: {problem_en}"
    remedy_zh, remedy_en = "请重新设置筛选、排序和列后再保存。", "Set its filters, order and columns again."


class ViewCollectionUnknown(Refusal):
    code = "VIEW_COLLECTION_UNKNOWN"
    zh, en = "没有名为“{name}”的列表。", "There is no list called {name}."
    remedy_zh, remedy_en = "请在要保存的列表中新建视图。", "Save the view from its list."


class TooManySavedViews(Refusal):
    code, kind = "TOO_MANY_SAVED_VIEWS", Kind.CONFLICT
    zh, en = "每人最多保存 {limit} 个列表视图。", "Nobody may save more than {limit} views."
    remedy_zh, remedy_en = "请先删除不再使用的视图。", "Remove views that you no longer use."
