"""Every refusal of the product: the closed set that docs/guide/api.md lists."""

from __future__ import annotations

import importlib
import pkgutil

from values.errors import Refusal, all_refusals

ROOMS = ("values", "kernel", "tenants", "modules", "billing", "exchange", "graphql_api", "sync", "server")


def load_refusals() -> None:
    """Imports every room's `errors.py` and `*_errors.py`, where alone refusals are defined."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if found.name.endswith("errors"):
                importlib.import_module(found.name)


def product_refusals() -> list[type[Refusal]]:
    """In the order of their codes; those of tests are left out."""
    load_refusals()
    own = [found for found in all_refusals() if found.__module__.split(".")[0] in ROOMS]
    return sorted(own, key=lambda found: found.code)
