"""The audit trail tells what people did apart from what devices and the product do for themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel.command import command_named
from modules.sales.commands.create_order import SERIES
from tenants.commands.lease_numbers import CloseLease, LeaseNumbers
from tenants.commands.register_device import RegisterDevice
from tests.graphql_api.conftest import Api
from tests.party.makers import make_customer
from tests.sales.makers import make_order
from tests.world import Company, World
from values.ids import new_id

NODES = "totalCount nodes { entity command systemRecord }"
TRAIL = f"query($f: AuditFilter) {{ auditEntries(first: 100, filter: $f) {{ {NODES} }} }}"


async def leased(company: Company) -> UUID:
    """小李's device is known, and has numbers of its own. Returns the lease's id."""
    actor = await company.actor("li")
    device = RegisterDevice(id=new_id(), name="手机", platform="android")
    await company.app.engine.executor.run_internal(actor, command_named("tenants.register_device"), device)
    data = LeaseNumbers(id=new_id(), series=SERIES, device_id=device.id, count=5)
    made = await company.run("li", "tenants.lease_numbers", data)
    assert made.row_id is not None
    return made.row_id


async def trail(api: Api, company: Company, **asked: Any) -> list[dict[str, Any]]:
    found = (await api.data(company, "admin", TRAIL, f=asked))["auditEntries"]
    assert found["totalCount"] == len(found["nodes"])
    return list(found["nodes"])


async def test_system_records_are_told_apart(api: Api, world: World) -> None:
    company = world.yunfan
    await leased(company)
    await make_order(company, "li", await make_customer(company, "li"))
    whole, people, system = (
        await trail(api, company),
        await trail(api, company, systemRecords=False),
        await trail(api, company, systemRecords=True),
    )
    assert len(people) + len(system) == len(whole)
    assert not any(entry["systemRecord"] for entry in people)
    assert all(entry["systemRecord"] for entry in system)
    assert {"tenants.lease_numbers", "tenants.register_device"} <= {entry["command"] for entry in system}
    assert not {entry["entity"] for entry in people} & {"tenants.NumberLease", "tenants.NumberSeries"}
    assert {"party.Customer", "sales.SalesOrder"} <= {entry["entity"] for entry in people}
    assert not {entry["entity"] for entry in system} & {"party.Customer", "sales.SalesOrder"}


async def test_what_a_person_did_to_numbers_is_theirs(api: Api, world: World) -> None:
    company = world.yunfan
    await company.run("admin", "tenants.close_lease", CloseLease(id=await leased(company)))
    assert "tenants.close_lease" in {entry["command"] for entry in await trail(api, company, systemRecords=False)}
