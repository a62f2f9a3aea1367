"""Which rooms this process is made of. Importing them registers their entities and commands."""

from __future__ import annotations

import importlib

_ROOMS = (
    "kernel.tables",
    "tenants.entities",
    "tenants.custom_field_entities",
    "tenants.device_entities",
    "modules.party.entities",
    "modules.crm.entities",
    "tenants.commands.found_company",
    "tenants.commands.register_device",
    "tenants.commands.file_inbox_entry",
    "tenants.commands.resolve_inbox_entry",
)


def load_rooms() -> None:
    """Imports every room's entities and commands, once."""
    for room in _ROOMS:
        importlib.import_module(room)
