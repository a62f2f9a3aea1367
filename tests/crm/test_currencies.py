"""Currencies on documents: what was legal tender on the document's day, and nothing that has never been one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from kernel.context import Context
from modules.crm.entities import Activity
from modules.party.commands.edit_customer import EditCustomer
from modules.party.entities import Customer
from modules.party.errors import CurrencyUnknown, CurrencyWithdrawn
from server.parts import Application
from tenants.commands.create_organisation import CreateOrganisation, NewLegalEntity
from tenants.commands.define_custom_field import DefineCustomField
from tenants.custom_field_errors import DefinitionInvalid
from tests.party.makers import make_activity, make_customer, row_of
from tests.world import World, seed
from values.errors import AmountInvalid


@pytest.mark.parametrize("code", ["BGN", "HRK"])
async def test_a_new_record_takes_no_withdrawn_currency(world: World, code: str) -> None:
    company = world.yunfan
    customer = await make_customer(company)
    attempts: list[Any] = [
        make_customer(company, name="甲", credit_limit_minor=100, credit_currency=code),
        make_activity(company, "admin", customer, budget_minor=100, budget_currency=code),
    ]
    for attempt in attempts:
        with pytest.raises(CurrencyWithdrawn) as refused:
            await attempt
        assert "EUR" in refused.value.remedy()
        assert "EUR" in refused.value.remedy("en")
    with pytest.raises(CurrencyUnknown):
        await make_customer(company, name="甲", credit_limit_minor=100, credit_currency="ABC")


async def test_a_document_of_the_time_keeps_its_currency(world: World) -> None:
    company = world.yunfan
    customer = await make_customer(company)
    then = datetime(2026, 1, 30, 8, tzinfo=UTC)
    made = await make_activity(company, "admin", customer, budget_minor=1250, budget_currency="BGN", happened_at=then)
    row = await row_of(company, Activity, made)
    assert (row.budget_minor, row.budget_currency) == (1250, "BGN")


async def test_a_record_that_holds_one_stays_editable(world: World, app: Application) -> None:
    company = world.yunfan
    made = await make_customer(company, credit_limit_minor=100, credit_currency="EUR")

    async def lev(ctx: Context) -> None:
        await ctx.session.core(text("UPDATE app.customer SET credit_currency = 'BGN' WHERE id = :id"), {"id": made})

    await seed(app, company.tenant_id, lev)
    await company.run(
        "admin", "party.edit_customer", EditCustomer(id=made, credit_currency="BGN", credit_limit_minor=200)
    )
    row = await row_of(company, Customer, made)
    assert (row.credit_limit_minor, row.credit_currency) == (200, "BGN")
    with pytest.raises(CurrencyWithdrawn):
        await company.run("admin", "party.edit_customer", EditCustomer(id=made, credit_currency="HRK"))


@pytest.mark.parametrize("code", ["BGN", "ABC"])
async def test_nothing_new_is_kept_in_a_currency_that_is_not_in_use(world: World, code: str) -> None:
    books = NewLegalEntity(name="新", currency=code)
    with pytest.raises(AmountInvalid):
        await world.yunfan.run(
            "admin", "tenants.create_organisation", CreateOrganisation(name="分", kind="branch", legal_entity=books)
        )
    field = DefineCustomField(entity="party.Customer", key="worth", label_zh="身价", kind="money", currency=code)
    with pytest.raises(DefinitionInvalid):
        await world.yunfan.run("admin", "tenants.define_custom_field", field)
