"""What was erased stays erased: it says so, is in no list, and no door brings it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from exchange.exporting import export_entity
from exchange.importing import import_rows
from kernel.context import Context
from kernel.query import select_visible
from modules.crm.commands.log_activity import LogActivity
from modules.party.commands.archive_contact import RestoreContact
from modules.party.commands.archive_customer import ArchiveCustomer, RestoreCustomer, RestoreCustomers
from modules.party.commands.create_contact import CreateContact
from modules.party.commands.create_customer import CreateCustomer
from modules.party.commands.edit_contact import EditContact
from modules.party.commands.edit_customer import EditCustomer
from modules.party.commands.erase_contact import EraseContact
from modules.party.commands.erase_customer import EraseCustomer
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.erasable import in_recycle_bin
from tenants.errors import RecordErased
from tests.conftest import NOW
from tests.exchange.import_world import csv_file
from tests.party.makers import make_activity, make_contact, make_customer, row_of, rows_of
from tests.world import Company, World, seed
from values.clock import FrozenClock
from values.errors import LANGUAGES, InvalidInput


@dataclass
class Erased:
    company: Company
    customer: UUID
    contact: UUID


@pytest.fixture
async def erased(world: World) -> Erased:
    """小李's customer 金丝雀 (code K-1) with one contact and a follow-up, erased by the admin."""
    company = world.yunfan
    customer = await make_customer(company, "li", "金丝雀", code="K-1")
    contact = await make_contact(company, "li", customer, "周敏")
    await make_activity(company, "li", customer, contact_id=contact)
    await company.run("admin", "party.erase_customer", EraseCustomer(id=customer))
    return Erased(company, customer, contact)


async def test_nothing_changes_it_and_nothing_joins_it(erased: Erased) -> None:
    company, customer, contact = erased.company, erased.customer, erased.contact
    other = await make_customer(company, "lin", "别家")
    log = LogActivity(customer_id=customer, channel="phone", topic="询价")
    attempts: list[tuple[str, Any, str | None]] = [
        ("party.edit_customer", EditCustomer(id=customer, name="金丝雀"), None),
        ("party.restore_customer", RestoreCustomer(id=customer), None),
        ("party.edit_contact", EditContact(id=contact, name="周敏"), None),
        ("party.restore_contact", RestoreContact(id=contact), None),
        ("party.create_contact", CreateContact(customer_id=customer, name="新人"), "customerId"),
        ("party.create_customer", CreateCustomer(name="子公司", parent_id=customer), "parentId"),
        ("party.edit_customer", EditCustomer(id=other, parent_id=customer), "parentId"),
        ("crm.log_activity", log, "customerId"),
    ]
    before = [(await row_of(company, e, i)).version for e, i in ((Customer, customer), (Contact, contact))]
    for command, data, field in attempts:
        with pytest.raises(RecordErased) as refused:
            await company.run("lin", command, data)
        assert refused.value.field == field, command
    after = [(await row_of(company, e, i)).version for e, i in ((Customer, customer), (Contact, contact))]
    assert after == before
    assert refused.value.sentence() == "该客户的资料已应要求擦除，不能恢复或修改。"
    assert refused.value.sentence("en").startswith("To work with this customer")
    assert all(refused.value.remedy(language) for language in LANGUAGES)


async def test_a_bulk_restore_tells_it_row_by_row(erased: Erased) -> None:
    company = erased.company
    other = await make_customer(company, "lin", "别家")
    await company.run("lin", "party.archive_customer", ArchiveCustomer(id=other))
    done = await company.run("lin", "party.restore_customers", RestoreCustomers(ids=[erased.customer, other]))
    assert [(row["applied"], row["code"]) for row in done.result["rows"]] == [(False, "RECORD_ERASED"), (True, None)]


async def test_it_says_when_and_keeps_the_first_instant(erased: Erased, clock: FrozenClock) -> None:
    company = erased.company
    clock.move(days=1)
    await company.run("admin", "party.erase_customer", EraseCustomer(id=erased.customer))
    for entity, row_id in ((Customer, erased.customer), (Contact, erased.contact)):
        row = await row_of(company, entity, row_id)
        assert (row.erased_at, row.archived_at) == (NOW, NOW)


async def test_it_is_in_no_list_and_in_no_recycle_bin(erased: Erased, app: Application) -> None:
    company = erased.company
    binned = await make_customer(company, "lin", "回收站里的")
    await company.run("lin", "party.archive_customer", ArchiveCustomer(id=binned))
    lin = await company.actor("lin")
    for entity, expected in ((Customer, ["回收站里的"]), (Contact, [])):
        assert await rows_of(company, "lin", select_visible(entity, lin)) == []
        in_bin = select_visible(entity, lin, archived=True).where(*in_recycle_bin(entity))
        assert [row.name for row in await rows_of(company, "lin", in_bin)] == expected
        assert "已删除" not in (await export_entity(app.engine, lin, entity, "csv")).decode("utf-8-sig")


async def test_an_import_never_revives_it(erased: Erased, app: Application) -> None:
    lin = await erased.company.actor("lin")
    rows = [["客户名称", "客户编码"], ["旧名", "K-1"], ["已删除", ""], ["金丝雀", ""]]
    for dry_run in (True, False):
        report = await import_rows(app.engine, lin, Customer, csv_file(rows), "a.csv", dry_run=dry_run)
        assert [(p.row, p.code) for p in report.problems] == [(2, "IMPORT_CODE_ERASED")]
        assert (report.created, report.updated) == (2, 0)
    contacts = csv_file([["所属客户", "姓名"], ["K-1", "周敏"]])
    report = await import_rows(app.engine, lin, Contact, contacts, "b.csv", dry_run=False)
    assert [p.code for p in report.problems] == ["IMPORT_REFERENCE_UNKNOWN"]
    assert (await row_of(erased.company, Customer, erased.customer)).name == "已删除"


async def test_a_restored_customer_does_not_bring_an_erased_contact_back(world: World) -> None:
    """Both went to the recycle bin in one instant, which marks what comes back together."""
    company = world.yunfan
    customer = await make_customer(company, "lin", "鸿达")
    gone, stays = [await make_contact(company, "lin", customer, name) for name in ("金丝雀", "周敏")]
    await company.run("lin", "party.archive_customer", ArchiveCustomer(id=customer))
    await company.run("admin", "party.erase_contact", EraseContact(id=gone))
    await company.run("lin", "party.restore_customer", RestoreCustomer(id=customer))
    assert (await row_of(company, Contact, stays)).archived_at is None
    row = await row_of(company, Contact, gone)
    assert (row.archived_at, row.erased_at) == (NOW, NOW)


async def test_the_database_keeps_an_erased_row_out_of_the_lists(erased: Erased, app: Application) -> None:
    async def revive(ctx: Context) -> None:
        await ctx.session.core(text("UPDATE app.customer SET archived_at = NULL WHERE erased_at IS NOT NULL"))

    with pytest.raises(InvalidInput, match="customer_erased"):
        await seed(app, erased.company.tenant_id, revive)
