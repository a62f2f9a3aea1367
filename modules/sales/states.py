"""The states of a sales order and the steps between them."""

from __future__ import annotations

from modules.sales.entities import ORDER_STATES, SalesOrder
from modules.sales.errors import OrderSettled
from values.errors import Words
from values.transitions import Lifecycle

ORDER_LIFE = Lifecycle(
    states={choice.value: Words(choice.zh, choice.en.lower()) for choice in ORDER_STATES},
    steps={
        ("draft", "confirmed"): Words("确认", "confirm"),
        ("draft", "cancelled"): Words("取消", "cancel"),
        ("confirmed", "delivered"): Words("出库", "deliver"),
        ("confirmed", "cancelled"): Words("取消", "cancel"),
    },
)


def require_draft(order: SalesOrder, field: str | None = None) -> None:
    """What the customer was promised does not change any more. Raises OrderSettled."""
    require_state(order, ("draft",), field)


def require_state(order: SalesOrder, states: tuple[str, ...], field: str | None = None) -> None:
    """Raises OrderSettled unless the order is in one of the states."""
    if order.state not in states:
        raise OrderSettled(field=field, state=ORDER_LIFE.states[order.state], possible=ORDER_LIFE.possible(order.state))
