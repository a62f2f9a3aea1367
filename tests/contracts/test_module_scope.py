"""Over every entity: which modules bring its rows to devices. Whoever adds an entity or a module says so here."""

from __future__ import annotations

from kernel.entity import described, entities
from server.catalogue import load_rooms
from sync.module_scope import modules_of, views_away
from values.modules import MODULE_WORDS

load_rooms()
PARTY = {"crm", "sales"}
BY_MODULE = {
    "crm.Activity": {"crm"},
    "inventory.StockBalance": {"inventory"},
    "inventory.StockCount": {"inventory"},
    "inventory.StockCountLine": {"inventory"},
    "inventory.StockMove": {"inventory"},
    "inventory.Warehouse": {"inventory"},
    "party.Contact": PARTY,
    "party.Customer": PARTY,
    "sales.SalesOrder": {"sales"},
    "sales.SalesOrderLine": {"sales"},
}


def test_which_modules_bring_which_entities() -> None:
    found = {described(entity).name: set(modules_of(entity)) for entity in entities()}
    assert {name: modules for name, modules in found.items() if modules} == BY_MODULE
    assert found["catalog.Product"] == found["tenants.Member"] == set()  # every company may change these
    assert set().union(*found.values()) <= MODULE_WORDS.keys()


def test_entities_that_are_viewed_by_one_permission_come_and_go_together() -> None:
    """Rights are taken out by view permission (`within_modules`)."""
    by_view: dict[str, set[frozenset[str]]] = {}
    for entity in entities():
        by_view.setdefault(described(entity).view_permission, set()).add(modules_of(entity))
    assert {view for view, modules in by_view.items() if len(modules) > 1} == set()


def test_what_a_company_has_nothing_of() -> None:
    assert views_away(frozenset(MODULE_WORDS)) == frozenset()
    assert views_away(frozenset({"sales", "inventory"})) == {"crm.activity.view"}
    assert {"party.customer.view", "party.contact.view"} <= views_away(frozenset({"inventory"}))
    assert not {"catalog.product.view", "tenants.member.view", "tenants.inbox.view"} & views_away(frozenset())
