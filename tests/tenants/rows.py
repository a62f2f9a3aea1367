"""Rows and hands for the tests of this room: work done as a person, customers written directly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.entities import Member
from tests.world import Company, Nothing, seed
from values.ids import new_id
from values.pinyin import sort_key


async def as_person(company: Company, who: str, work: Callable[[Context], Awaitable[Any]]) -> Any:
    """Runs `work` in a command of a person, with the rights they have now; gives back what it returns."""
    given: list[Any] = []

    async def handler(ctx: Context, _data: Input) -> None:
        given.append(await work(ctx))

    command = Command(
        name="tests.work",
        handler=handler,
        input_type=Nothing,
        result_type=None,
        permission=None,
        module=None,
        zh="",
        en="",
    )
    await company.app.engine.executor.run(await company.actor(who), command, Nothing())
    return given[-1]


async def add_customer(company: Company, name: str, owner: str | None, **columns: Any) -> UUID:
    """A customer of a person, where that person sits."""
    row_id = new_id()

    async def work(ctx: Context) -> None:
        member = await ctx.get(Member, company.people[owner]) if owner else None
        path = columns.pop("scope_path", None) or (member.path if member else "/")
        ctx.add(
            Customer(
                id=row_id,
                name=name,
                name_key=sort_key(name),
                owner_id=member.id if member else None,
                scope_path=path,
                **columns,
            )
        )

    await seed(company.app, company.tenant_id, work)
    return row_id


async def add_contact(company: Company, customer_id: UUID, name: str, **columns: Any) -> UUID:
    """A contact of a customer, in the customer's place."""
    row_id = new_id()

    async def work(ctx: Context) -> None:
        customer = await ctx.get(Customer, customer_id)
        assert customer is not None
        ctx.add(
            Contact(
                id=row_id,
                customer_id=customer_id,
                name=name,
                name_key=sort_key(name),
                owner_id=customer.owner_id,
                scope_path=customer.scope_path,
                **columns,
            )
        )

    await seed(company.app, company.tenant_id, work)
    return row_id


async def rows_of(app: Application, tenant_id: UUID, statement: str, **parameters: Any) -> list[Any]:
    """A raw statement inside the tenant, unscoped: what stands in the tables."""
    async with app.engine.database.tenant(TenantContext(tenant_id, None, EVERYTHING)) as session:
        return list((await session.execute(text(statement), parameters)).all())
