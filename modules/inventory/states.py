"""The states of a stock count."""

from __future__ import annotations

from modules.inventory.entities import COUNT_STATES
from values.errors import Words
from values.transitions import Lifecycle

COUNT_LIFE = Lifecycle(
    states={choice.value: Words(choice.zh, choice.en.lower()) for choice in COUNT_STATES},
    steps={("draft", "posted"): Words("过账", "post")},
)
