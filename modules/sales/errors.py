"""What the sales room refuses."""

from __future__ import annotations

from values.clashing import Clash
from values.errors import Kind, Refusal


class OrderSettled(Refusal):
    code, kind = "ORDER_SETTLED", Kind.CONFLICT
    zh, en = "销售单的状态为“{state}”，不能再修改这项内容。", "To change this the sales order must not be {state}."
    remedy_zh, remedy_en = "可用的操作：{possible}。", "Possible: {possible}."


class OrderWithoutLines(Refusal):
    code, kind = "ORDER_WITHOUT_LINES", Kind.CONFLICT
    zh, en = "销售单没有明细，不能确认。", "To confirm a sales order you must give it a line."
    remedy_zh, remedy_en = "请先添加商品明细。", "Add a product first."


class PriceMissing(Refusal):
    code = "PRICE_MISSING"
    zh, en = (
        "“{product}”没有 {currency} 标准售价，请填写单价。",
        "To sell {product} you must give a unit price: it has no list price in {currency}.",
    )
    remedy_zh, remedy_en = "请填写单价，或先在商品资料中维护标准售价。", "Give a unit price, or set the list price."


class LineRemoved(Refusal):
    code, kind = "LINE_REMOVED", Kind.CONFLICT
    zh, en = "这条明细已被移除，不能修改。", "To change this line it must still be in the order; it was removed."
    remedy_zh, remedy_en = (
        "请刷新销售单；如仍需要，请重新添加。",
        "Reload the order, and add the product again if needed.",
    )


class OrderChangedSinceSeen(Clash, Refusal):
    """`found`: what was seen and what stands, in words."""

    code, kind = "ORDER_CHANGED_SINCE_SEEN", Kind.CONFLICT
    zh, en = (
        "{found}。您看到之后销售单有改动，所以没有确认。",
        "To confirm the order you must have seen it as it stands: {found}.",
    )
    remedy_zh, remedy_en = (
        "请核对现在的明细和合计，再决定仍要确认，或暂不确认。",
        "Look at its lines and total as they are now, then confirm it all the same or leave it as it is.",
    )
