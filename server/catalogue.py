"""Which rooms this process is made of. Importing them registers their entities and commands."""

from __future__ import annotations

import importlib

from tenants.permission_names import permission_names
from values.errors import name_permissions

_ROOMS = (
    "kernel.tables",
    "tenants.entities",
    "tenants.custom_field_entities",
    "tenants.device_entities",
    "tenants.attachment_entities",
    "tenants.numbering_entities",
    "tenants.saved_view_entities",
    "modules.party.entities",
    "modules.catalog.entities",
    "modules.crm.entities",
    "modules.inventory.entities",
    "modules.sales.entities",
    "tenants.commands.found_company",
    "tenants.commands.create_member",
    "tenants.commands.accept_invitation",
    "tenants.commands.invite_member",
    "tenants.commands.register_device",
    "tenants.commands.revoke_device",
    "tenants.commands.wipe_device",
    "tenants.commands.rename_device",
    "tenants.commands.file_inbox_entry",
    "tenants.commands.resolve_inbox_entry",
    "tenants.commands.undo_merge",
    "tenants.commands.define_custom_field",
    "tenants.commands.create_tag",
    "tenants.commands.create_saved_view",
    "modules.party.commands.create_customer",
    "modules.party.commands.edit_customer",
    "modules.party.commands.archive_customer",
    "modules.party.commands.assign_customer",
    "modules.party.commands.create_contact",
    "modules.party.commands.edit_contact",
    "modules.party.commands.archive_contact",
    "modules.party.commands.empty_recycle_bin",
    "modules.crm.commands.log_activity",
    "modules.catalog.commands.create_product",
    "modules.catalog.commands.edit_product",
    "modules.catalog.commands.archive_product",
    "modules.inventory.commands.create_warehouse",
    "modules.inventory.commands.edit_warehouse",
    "modules.inventory.commands.archive_warehouse",
    "modules.inventory.commands.record_stock_move",
    "modules.inventory.commands.create_stock_count",
    "modules.inventory.commands.post_stock_count",
    "modules.sales.commands.create_order",
    "modules.sales.commands.edit_order",
    "modules.sales.commands.add_order_line",
    "modules.sales.commands.edit_order_line",
    "modules.sales.commands.remove_order_line",
    "modules.sales.commands.confirm_order",
    "modules.sales.commands.deliver_order",
    "modules.sales.commands.cancel_order",
    "billing.commands.end_trial",
    "billing.commands.extend_trial",
    "billing.commands.activate_subscription",
    "tenants.commands.create_role",
    "tenants.commands.assign_role",
    "modules.party.commands.import_customers",
    "modules.party.commands.import_contacts",
    "modules.party.commands.erase_customer",
    "modules.party.commands.erase_contact",
    "tenants.commands.export_company",
    "exchange.commands.record_export",
    "tenants.commands.rewrite_paths",
    "tenants.commands.create_organisation",
    "tenants.commands.create_department",
    "tenants.commands.edit_member",
    "modules.bridges.deliveries",
    "modules.bridges.commands.fill_demo_data",
    "modules.bridges.commands.clear_demo_data",
    "tenants.commands.set_setting",
    "tenants.commands.erase_member",
    "tenants.commands.clear_trial_data",
    "tenants.commands.attach_file",
    "tenants.commands.store_attachment",
    "tenants.commands.lease_numbers",
)


def load_rooms() -> None:
    """Imports every room's entities and commands, once."""
    for room in _ROOMS:
        importlib.import_module(room)
    name_permissions(permission_names())
