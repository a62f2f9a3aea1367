"""The modules that a company buys, as people call them."""

from __future__ import annotations

from values.errors import Words

MODULE_WORDS = {
    "crm": Words("客户关系", "Customer relations"),
    "sales": Words("销售管理", "Sales management"),
    "purchasing": Words("采购管理", "Purchasing management"),
    "inventory": Words("库存管理", "Stock management"),
    "finance": Words("财务管理", "Financial management"),
    "service": Words("售后服务", "After-sales service"),
    "office": Words("协同办公", "Office work"),
    "analytics": Words("数据分析", "Data analysis"),
}
"""Code → name, in the order of the price list."""


def module_words(code: str) -> Words:
    """The module's name; a code that nobody knows stands for itself."""
    return MODULE_WORDS.get(code, Words(code, code))
