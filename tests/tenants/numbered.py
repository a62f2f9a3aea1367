"""A series and a numbered document of the tests' own: a customer whose code is its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kernel import command as kernel_command
from kernel.command import Command, Input, command_named
from kernel.context import Context
from kernel.policy import Actor
from modules.party.commands.create_customer import CreateCustomer, create_customer
from modules.party.entities import Customer
from sync import collections
from tenants import numbering_series
from tenants.device_entities import Device
from tenants.numbering import declare_series, take_number
from tenants.numbering_entities import NumberLease
from tenants.numbering_report import NumberSeriesEvidence, number_evidence
from tenants.numbering_series import number_text
from tests.world import Company, seed
from values.ids import new_id

KEY, PREFIX = "tests.document", "TD"
CREATE = "tests.create_document"


class CreateDocument(Input, frozen=True, kw_only=True):
    name: str = "单据"
    id: UUID | None = None
    number: str | None = None
    series: str = KEY


async def create_document(ctx: Context, data: CreateDocument) -> Customer:
    """The number last, as every numbered document takes it."""
    row_id = data.id or ctx.new_id()
    document = await create_customer(ctx, CreateCustomer(name=data.name, id=row_id))
    document.code = await take_number(ctx, data.series, data.number, entity=Customer, row_id=row_id, field="code")
    return document


COMMAND = Command(
    name=CREATE,
    handler=create_document,
    input_type=CreateDocument,
    result_type=Customer,
    permission="party.customer.create",
    module="crm",
    zh="新建单据",
    en="Create a document",
    offline=True,
    api=False,
)


@contextmanager
def numbered() -> Iterator[None]:
    """The series and the command are there, and gone again afterwards: no generated file tells of them."""
    declare_series(KEY, "测试单", "Test document", PREFIX, brought_by=CREATE)
    kernel_command._COMMANDS[CREATE] = COMMAND
    collections._schema.cache_clear()
    yield
    collections._schema.cache_clear()
    del kernel_command._COMMANDS[CREATE], numbering_series._SERIES[KEY]


def td(value: int) -> str:
    return number_text(PREFIX, value)


async def add_device(company: Company, who: str) -> UUID:
    device_id = new_id()

    async def work(ctx: Context) -> None:
        ctx.add(
            Device(
                id=device_id,
                member_id=company.people[who],
                name="手机",
                platform="test",
                last_mutation=0,
                last_contact_at=ctx.now,
                last_seen_at=ctx.now,
                revoked_at=None,
            )
        )

    await seed(company.app, company.tenant_id, work)
    return device_id


async def run_on(company: Company, who: str, device_id: UUID | None, name: str, /, **values: Any) -> Any:
    """Runs a command as a person on a device and returns what it answered."""
    actor: Actor = await company.actor(who, device_id=device_id)
    command = COMMAND if name == CREATE else command_named(name)
    return (await company.app.engine.executor.run(actor, command, command.input_type(**values))).value


async def lease(company: Company, who: str, device_id: UUID, count: int = 5, **values: Any) -> NumberLease:
    values.setdefault("series", KEY)
    found: NumberLease = await run_on(company, who, device_id, "tenants.lease_numbers", count=count, **values)
    return found


async def use(company: Company, who: str, device_id: UUID | None, number: str | None, **values: Any) -> str:
    """The number that the new document has."""
    document: Customer = await run_on(company, who, device_id, CREATE, number=number, **values)
    return str(document.code)


async def evidence(company: Company, key: str = KEY) -> NumberSeriesEvidence:
    async with company.app.engine.reading(await company.actor(), snapshot=True) as session:
        [found] = await number_evidence(session, key)
    return found
