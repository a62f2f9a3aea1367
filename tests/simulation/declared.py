"""What the protocol knows and no module declares yet, declared on orders for as long as a history is played: steps of
an order as transitions, its lines as children, the packed quantity as a counter. What a module declares stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

from kernel import command as commands
from kernel.command import command_named
from kernel.entity import Merge, facet_of, facets, table
from modules.sales.entities import SalesOrder, SalesOrderLine
from sync import collections, rebasing
from values.effects import Creates, Effect, Sets

_EFFECTS: dict[str, Effect] = {
    "sales.create_order": Creates(children={"lines": ("sales.SalesOrderLine", "order_id")}),
    "sales.confirm_order": Sets("state", "confirmed", after=("draft",)),
    "sales.deliver_order": Sets("state", "delivered", after=("confirmed",), again=False),
    "sales.cancel_order": Sets("state", "cancelled", after=("draft", "confirmed")),
}
_POLICIES = ((SalesOrder, "state", Merge.TRANSITION), (SalesOrderLine, "packed_quantity", Merge.COUNTER))


@contextmanager
def declared_trade() -> Iterator[None]:
    with ExitStack() as stack:
        for entity, column, merge in _POLICIES:
            info = table(entity).columns[column].info
            stack.enter_context(
                patch.dict(info, {"facet": replace(facet_of(table(entity).columns[column]), merge=merge)})
            )
        for name, effect in _EFFECTS.items():
            found = command_named(name)
            if found.effect is None:
                stack.enter_context(patch.dict(commands._COMMANDS, {name: replace(found, effect=effect)}))
        _forget_derived()
        yield
    _forget_derived()


def _forget_derived() -> None:
    facets.cache_clear()
    collections._schema.cache_clear()
    rebasing.field_policies.cache_clear()
