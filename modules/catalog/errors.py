"""What the catalog refuses, and what is wrong with a price or a quantity wherever one is given."""

from __future__ import annotations

from values.errors import Kind, Refusal


class PriceInvalid(Refusal):
    code = "PRICE_INVALID"
    zh = "“{label}”不能为负数，最多 12 位整数和 6 位小数。"
    en = "To save {label} you must give 0 or more, with at most 12 digits before and 6 behind the point."
    remedy_zh, remedy_en = "请核对后重新填写，如 12.5。", "Correct it, like 12.5."


class QuantityNotPositive(Refusal):
    code = "QUANTITY_NOT_POSITIVE"
    zh, en = "“{label}”必须大于 0。", "To save {label} you must give more than 0."
    remedy_zh, remedy_en = "请填写大于 0 的数量。", "Give a number greater than 0."


class QuantityNegative(Refusal):
    code = "QUANTITY_NEGATIVE"
    zh, en = "“{label}”不能小于 0。", "To save {label} you must give 0 or more."
    remedy_zh, remedy_en = "请填写 0 或更大的数量。", "Give 0 or a number greater than 0."


class MasterDataArchived(Refusal):
    code, kind = "MASTER_DATA_ARCHIVED", Kind.CONFLICT
    zh, en = "“{name}”已归档，不能再使用。", "To use {name} you must restore it first."
    remedy_zh, remedy_en = "请恢复后再用，或改选其他{entity}。", "Restore it, or choose another {entity}."


class ProductAmbiguous(Refusal):
    code, kind = "IMPORT_PRODUCT_AMBIGUOUS", Kind.CONFLICT
    zh, en = "有 {count} 个商品都叫“{name}”，无法确定更新哪一个。", "{count} products are called {name}."
    remedy_zh, remedy_en = (
        "请在文件中填写商品编码或规格型号加以区分。",
        "Tell them apart by code or specification in the file.",
    )
