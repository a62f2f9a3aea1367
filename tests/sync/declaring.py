"""Commands and policies that no module declares yet, declared for one test on entities that are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET, UnsetType

from kernel import command as declared_commands
from kernel.command import Command, Input, command_named
from kernel.context import Context
from kernel.entity import Merge, TenantRow, facet_of, facets, table
from modules.party.commands.create_contact import CreateContact, create_contact
from modules.party.commands.create_customer import CreateCustomer, create_customer
from modules.party.entities import Customer
from sync import collections, rebasing
from values.effects import Creates, Effect, Sets


class OneCustomer(Input, frozen=True, kw_only=True):
    id: UUID


class Person(Input, frozen=True, kw_only=True):
    id: UUID
    name: str
    title: str | None = None


class CustomerWithPeople(Input, frozen=True, kw_only=True):
    name: str
    id: UUID | None = None
    people: list[Person] | UnsetType = UNSET


async def create_with_people(ctx: Context, data: CustomerWithPeople) -> Customer:
    customer = await create_customer(ctx, CreateCustomer(name=data.name, id=data.id))
    await ctx.flush()
    for person in data.people or ():
        given = CreateContact(customer_id=customer.id, id=person.id, name=person.name, title=person.title)
        await create_contact(ctx, given)
    return customer


def moves_to(state: str) -> Any:
    """A handler that sets the grade, and counts how often it did so in the customer's region."""

    async def handler(ctx: Context, data: OneCustomer) -> Customer:
        customer = await ctx.lock(Customer, data.id)
        customer.credit_grade = state
        customer.region = f"{customer.region or ''}{state}."
        return customer

    return handler


def queued_command(name: str, handler: Any, input_type: type[Input], effect: Effect, zh: str, en: str) -> Command:
    return Command(
        name=name,
        handler=handler,
        input_type=input_type,
        result_type=Customer,
        permission="party.customer.edit",
        module="crm",
        zh=zh,
        en=en,
        offline=True,
        effect=effect,
    )


GRADES = (
    queued_command(
        "party.confirm_grade", moves_to("a"), OneCustomer, Sets("credit_grade", "a", after=("b",)), "确认", "confirm"
    ),
    queued_command(
        "party.deliver_grade",
        moves_to("aa"),
        OneCustomer,
        Sets("credit_grade", "aa", after=("a",), again=False),
        "交付",
        "deliver",
    ),
    queued_command(
        "party.cancel_grade", moves_to("c"), OneCustomer, Sets("credit_grade", "c", after=("a", "b")), "取消", "cancel"
    ),
)
WITH_PEOPLE = queued_command(
    "party.create_with_people",
    create_with_people,
    CustomerWithPeople,
    Creates(children={"people": ("party.Contact", "customer_id")}),
    "新建",
    "create",
)


@contextmanager
def declared(
    monkeypatch: pytest.MonkeyPatch,
    policies: dict[tuple[type[TenantRow], str], Merge],
    *commands: Command,
) -> Iterator[None]:
    """Inside, the columns merge so and the commands are there; what is derived once is derived anew."""
    with monkeypatch.context() as patched:
        for (entity, column), merge in policies.items():
            found = table(entity).columns[column]
            patched.setitem(found.info, "facet", replace(facet_of(found), merge=merge))
        for command in commands:
            patched.setitem(declared_commands._COMMANDS, command.name, command)
        forget_derived()
        yield
    forget_derived()


def forget_derived() -> None:
    facets.cache_clear()
    collections._schema.cache_clear()
    rebasing.field_policies.cache_clear()


def input_of(name: str, **values: Any) -> Input:
    return command_named(name).input_type(**values)
