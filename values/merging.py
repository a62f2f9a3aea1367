"""How an offline edit of a field meets a newer server value: the policies that an entity declares, also in words."""

from __future__ import annotations

from enum import Enum

from values.errors import Words


class Merge(Enum):
    """What happens when a device's offline edit meets a newer server value of the same field."""

    THREE_WAY = "three_way"  # untouched on the server: mine; touched differently: the server's, mine goes to the inbox
    ADD_REMOVE = "add_remove"  # a set: my additions and removals apply to the server's set
    COUNTER = "counter"  # a number that people add to: what I added or took away applies to the server's number
    TEXT = "text"  # a long text: both sides' changes by lines, and by words inside a line; overlaps go to the inbox
    TRANSITION = "transition"  # a state: moved by its own commands, never set by an edit
    APPEND_ONLY = "append_only"  # written once
    SERVER = "server"  # the server computes it


_TOLD = {
    "three_way": Words(
        "他人未改时采用我的；他人改过则保留服务器的值，我的进入待处理",
        "untouched by others: mine; otherwise the server's stands and mine goes to the inbox",
    ),
    "add_remove": Words(
        "我的增加与移除并入服务器的集合，从不冲突", "my additions and removals apply to the server's set; never a clash"
    ),
    "counter": Words(
        "我的增减量加到服务器的数值上，从不冲突；结果超出范围则进入待处理",
        "what I added or took away applies to the server's number; never a clash; out of range goes to the inbox",
    ),
    "text": Words(
        "按行、行内按词合并双方的修改；只有改到同一处才进入待处理",
        "both sides' changes by lines, and by words inside a line; only true overlaps go to the inbox",
    ),
    "transition": Words(
        "只能通过状态操作变更；当前状态不允许时进入待处理",
        "moved by its own commands only; what its state does not allow goes to the inbox",
    ),
    "append_only": Words("只填写一次，之后不再改变", "written once; a second value goes to the inbox"),
    "server": Words("由服务器计算", "the server computes it"),
    "per_key": Words(
        "逐个自定义字段合并：他人未改时采用我的", "each custom field by itself: untouched by others: mine"
    ),
}


def policy_words(policy: str) -> Words:
    """What a policy does, for people. `policy` is as the wire names it."""
    return _TOLD[policy]
