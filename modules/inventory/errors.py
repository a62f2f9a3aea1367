"""What the inventory room refuses."""

from __future__ import annotations

from values.errors import Kind, Refusal


class WarehouseMissing(Refusal):
    code, kind = "WAREHOUSE_MISSING", Kind.CONFLICT
    zh, en = "贵公司还没有仓库，无法出库。", "To deliver from stock you must have a warehouse."
    remedy_zh, remedy_en = "请先新建仓库，再出库。", "Create a warehouse first, then deliver."


class WarehouseNotChosen(Refusal):
    code, kind = "WAREHOUSE_NOT_CHOSEN", Kind.CONFLICT
    zh, en = (
        "贵公司有多个仓库，请指定从哪个仓库出库。",
        "To deliver from stock you must say from which of your warehouses.",
    )
    remedy_zh, remedy_en = "请选择仓库后重新提交。", "Choose the warehouse and submit again."


class WarehouseHoldsStock(Refusal):
    code, kind = "WAREHOUSE_HOLDS_STOCK", Kind.CONFLICT
    zh, en = (
        "该仓库还有 {count} 种商品的现存量不为零，不能归档。",
        "To archive this warehouse you must empty it: {count} products are not at zero.",
    )
    remedy_zh, remedy_en = "请先把库存转出或盘点为零。", "Move the stock out, or count it to zero."


class MoveDirectionWrong(Refusal):
    code = "MOVE_DIRECTION_WRONG"
    zh, en = (
        "“{kind}”的数量必须为{sign}。",
        "To record this kind of move ({kind}) you must give a {sign} quantity.",
    )
    remedy_zh, remedy_en = "入库填正数，出库填负数。", "Goods that come in are positive, those that go out negative."


class MoveWithoutQuantity(Refusal):
    code = "MOVE_WITHOUT_QUANTITY"
    zh, en = "库存移动的数量不能为 0。", "To record a stock move you must give a quantity other than 0."
    remedy_zh, remedy_en = "入库填正数，出库填负数。", "Goods that come in are positive, those that go out negative."


class MovedLater(Refusal):
    code = "MOVED_LATER"
    zh, en = "发生时间不能晚于现在。", "To record a stock move you must give a time that is not in the future."
    remedy_zh, remedy_en = "请核对时间后重新提交。", "Correct it and submit again."


class CountElsewhere(Refusal):
    code, kind = "COUNT_ELSEWHERE", Kind.CONFLICT
    zh, en = "这张盘点单属于另一个仓库。", "To post this count you must name the warehouse that it was begun for."
    remedy_zh, remedy_en = "请核对仓库，或新建盘点单。", "Check the warehouse, or begin another count."


class CountedTwice(Refusal):
    code = "COUNTED_TWICE"
    zh, en = "同一商品在一张盘点单中只能出现一次。", "To post a count you must give each product once."
    remedy_zh, remedy_en = "请合并该商品的数量。", "Add its quantities up."
