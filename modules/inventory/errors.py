"""What the inventory room refuses."""

from __future__ import annotations

from values.clashing import Clash
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


class OpeningStockMoved(Refusal):
    code, kind = "OPENING_STOCK_MOVED", Kind.CONFLICT
    zh = "该商品在该仓库已有出入库，账面现存量为 {on_hand}，不能再导入期初库存。"
    en = "To import opening stock a product must be new in the warehouse: the books already say {on_hand}."
    remedy_zh, remedy_en = "请用库存盘点调整数量。", "Put the quantity right by a stock count."


class OpeningStockTwice(Refusal):
    code, kind = "OPENING_STOCK_TWICE", Kind.CONFLICT
    zh, en = "该商品在该仓库与第 {first} 行重复。", "The product stands in row {first} for this warehouse already."
    remedy_zh, remedy_en = "请合并这两行的数量。", "Add the quantities of the two rows up."


class LinesCountedMeanwhile(Clash, Refusal):
    """Of a count that came from a device: its other lines are posted."""

    code, kind = "LINES_COUNTED_MEANWHILE", Kind.CONFLICT
    zh = "盘点期间，下列商品已有另一次盘点过账：{found}。为避免重复调整库存，这些商品未过账；本次盘点的其他商品已过账。"
    en = (
        "Another count was posted which yours did not know ({found}). These products are not posted, so as not to "
        "adjust twice; the others of your count are."
    )
    remedy_zh = (
        "采用我的：这些商品以您的实盘数取代对方的盘点，其他出入库不受影响。采用对方的：这些商品不过账。"
        "拿不准就重新清点。"
    )
    remedy_en = (
        "Take yours: for these products your figures take the place of the other count's, receipts and issues stay. "
        "Take the other: these products are not posted. If in doubt, count again."
    )


class CountedMeanwhile(Clash, Refusal):
    """Another count of the same product came in which this one did not know. `found`: what both counted."""

    code, kind, partly = "COUNTED_MEANWHILE", Kind.CONFLICT, LinesCountedMeanwhile
    zh = "盘点期间，下列商品已有另一次盘点过账：{found}。为避免重复调整库存，本次盘点未过账。"
    en = "Another count was posted which yours did not know ({found}). Yours is not posted, so as not to adjust twice."
    remedy_zh = (
        "采用我的：以您的实盘数取代对方的盘点，其他出入库不受影响。采用对方的：本单全部不过账。拿不准就重新清点。"
    )
    remedy_en = (
        "Take yours: your figures take the place of the other count's, receipts and issues stay. Take the other: "
        "nothing of this count is posted. If in doubt, count again."
    )
