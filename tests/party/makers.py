"""Plain keyword makers for this room's tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.crm.commands.log_activity import LogActivity
from modules.party.commands.create_contact import CreateContact
from modules.party.commands.create_customer import CreateCustomer
from tests.world import Company


async def make_customer(company: Company, who: str = "admin", name: str = "西湖茶业", **fields: Any) -> UUID:
    made = await company.run(who, "party.create_customer", CreateCustomer(name=name, **fields))
    assert made.row_id is not None
    return made.row_id


async def make_contact(company: Company, who: str, customer_id: UUID, name: str = "周敏", **fields: Any) -> UUID:
    made = await company.run(who, "party.create_contact", CreateContact(customer_id=customer_id, name=name, **fields))
    assert made.row_id is not None
    return made.row_id


async def make_activity(company: Company, who: str, customer_id: UUID, **fields: Any) -> UUID:
    given = {"channel": "phone", "topic": "询价", **fields}
    made = await company.run(who, "crm.log_activity", LogActivity(customer_id=customer_id, **given))
    assert made.row_id is not None
    return made.row_id


async def row_of(company: Company, entity: type[Any], row_id: UUID) -> Any:
    """The row as it is stored, whoever may see it; None when it is gone."""
    async with company.app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        row = await session.orm.get(entity, (company.tenant_id, row_id))
        session.orm.expunge_all()  # the end of the transaction would forget the values
        return row


async def rows_of(company: Company, who: str, statement: Any) -> list[Any]:
    """What a query finds under a person's own rights."""
    async with company.app.engine.reading(await company.actor(who)) as session:
        rows = list(await session.scalars(statement))
        session.orm.expunge_all()
        return rows
