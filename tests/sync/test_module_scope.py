"""A module ends and its collections leave the devices; it is bought again and they are back. No row is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from billing.trials import activate_subscription_of, extend_trial_of
from kernel.command import command_named
from kernel.entity import entities
from modules.party.commands.create_contact import CreateContact
from sync import loads, poke
from sync.client import Replica, SyncRefused
from sync.client.errors import UnknownCollection, UnknownCommand
from sync.http import routes
from sync.live import Air
from sync.module_scope import modules_of
from sync.poke import Stopping
from sync.service import SyncService
from sync.waiting import apply_waiting
from tenants.commands.edit_member import MemberById
from tests.party.makers import make_customer
from tests.sales.makers import line, make_order, make_product, make_warehouse, move
from tests.sync.attaching import attach, pdf
from tests.sync.conftest import Doors, served
from tests.sync.test_live import on_air
from tests.sync.test_views import Watched
from tests.tenants.conftest import desk, passwords  # noqa: F401 - fixtures
from tests.tenants.identity_desk import Desk
from tests.tenants.rows import rows_of
from values.clock import FrozenClock

SALES = ("salesOrders", "salesOrderLines")
STOCK = ("stockMoves", "stockBalances", "warehouses")


async def buy(doors: Doors, *modules: str, days: int | None = None) -> None:
    until = doors.app.engine.clock.now() + timedelta(days=days) if days else None
    await activate_subscription_of(doors.app.engine, doors.world.yunfan.tenant_id, list(modules), until)


@pytest.fixture
async def trade(doors: Doors, clock: FrozenClock) -> Doors:
    """Customers, an order with a file, and stock; the trial is over."""
    company = doors.world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    customer = await make_customer(company, "li")
    await company.run("li", "party.create_contact", CreateContact(customer_id=customer, name="张三"))
    order = await make_order(company, "li", customer, [line(tea)])
    await attach(company, "li", order, pdf(1_000), entity="sales.SalesOrder")
    await attach(company, "li", customer, pdf(1_000))
    await move(company, tea, warehouse, "5", "receipt")
    await buy(doors, "crm", "sales", "inventory")
    clock.move(days=20)
    return doors


async def test_a_module_that_ends_takes_its_collections_and_brings_them_back(trade: Doors) -> None:
    lin = await trade.device("lin", "lin")
    watched = Watched(lin)
    shown = {name: lin.rows(name) for name in (*SALES, *STOCK, "customers", "contacts", "products", "attachments")}
    assert all(shown.values())
    versions = await _versions(trade)

    await buy(trade, "crm", "inventory")
    pulled = await watched.pull()
    assert {name for name, part in pulled.items() if part[0] == "drop"} == set(SALES)
    assert [name for name in shown if not lin.rows(name)] == ["salesOrders", "salesOrderLines"]
    assert {a["entity"] for a in lin.rows("attachments")} == {"party.Customer"}  # the order's file went with it
    assert set(SALES).isdisjoint(lin.checksums())
    with pytest.raises(UnknownCommand):
        lin.mutate("sales.create_order", customerId=lin.rows("customers")[0]["id"])
    assert await asyncio.to_thread(lin.verify) == []

    await buy(trade, "crm", "sales", "inventory")
    await watched.pull()
    assert {name: lin.rows(name) for name in shown} == shown
    assert lin.mutate("sales.create_order", customerId=lin.rows("customers")[0]["id"])
    assert await asyncio.to_thread(lin.verify) == []
    assert await _versions(trade) == versions


async def test_customers_stay_with_a_company_that_only_sells(trade: Doors) -> None:
    lin = await trade.device("lin", "lin")
    await buy(trade, "sales")
    await asyncio.to_thread(lin.pull)
    assert all(lin.rows(name) for name in (*SALES, "customers", "contacts", "products", "members"))
    assert not any(lin.rows(name) for name in STOCK)
    with pytest.raises(UnknownCommand):
        lin.mutate("party.edit_customer", id=lin.rows("customers")[0]["id"], level="a")
    await buy(trade, "office")
    await asyncio.to_thread(lin.pull)
    assert not any(lin.rows(name) for name in (*SALES, *STOCK, "customers", "contacts"))
    assert all(lin.rows(name) for name in ("products", "members", "departments"))
    assert await asyncio.to_thread(lin.verify) == []


async def test_nothing_is_dropped_when_the_subscription_is_over(trade: Doors, clock: FrozenClock) -> None:
    await buy(trade, "crm", "sales", "inventory", days=10)
    lin = await trade.device("lin", "lin")
    clock.move(days=11)
    watched = Watched(lin)
    pulled = await watched.pull()
    assert [name for name, part in pulled.items() if part[0] != "delta"] == []
    assert all(lin.rows(name) for name in (*SALES, *STOCK, "customers"))
    # Whoever lets it lapse reads everything that is there, whatever was bought last.
    await buy(trade, "crm", days=10)
    await watched.pull()
    assert not any(lin.rows(name) for name in (*SALES, *STOCK))
    clock.move(days=11)
    await watched.pull()
    assert all(lin.rows(name) for name in (*SALES, *STOCK, "customers"))
    assert await asyncio.to_thread(lin.verify) == []


async def test_the_rival_notices_nothing(trade: Doors) -> None:
    qian = await trade.device("qian", "qian", company=trade.world.seagull)
    watched = Watched(qian)
    before = await watched.pull()
    await buy(trade, "office")
    assert await watched.pull() == before
    assert set(SALES) <= set(qian.checksums())


async def test_what_waits_on_the_device_survives_the_end_of_its_module(trade: Doors) -> None:
    lin = await trade.device("lin", "lin")
    order = lin.mutate("sales.create_order", customerId=lin.rows("customers")[0]["id"])
    await buy(trade, "crm", "inventory")
    await asyncio.to_thread(lin.pull)
    assert len(lin.pending()) == 1
    await asyncio.to_thread(lin.sync)
    [entry] = lin.inbox()
    assert (entry["code"], entry["state"]) == ("MODULE_NOT_BOUGHT", "waiting")
    await buy(trade, "crm", "sales", "inventory")
    await apply_waiting(trade.app.engine, trade.world.yunfan.tenant_id)
    await asyncio.to_thread(lin.pull)
    assert lin.row("salesOrders", order) is not None


async def test_it_is_online_within_five_seconds(trade: Doors) -> None:
    lin = await trade.device("lin", "lin")
    async with on_air(lin):
        await buy(trade, "crm", "inventory")
        await _until(lambda: not lin.rows("salesOrders"))
        assert lin.rows("customers")
        await buy(trade, "crm", "sales", "inventory")
        await _until(lambda: bool(lin.rows("salesOrders")))


async def test_an_extended_trial_is_poked_too(doors: Doors, clock: FrozenClock) -> None:
    lin = await doors.device("lin", "lin")
    async with doors.app.pokes.subscribe(doors.world.yunfan.tenant_id) as heard:
        until = clock.now() + timedelta(days=30)
        await extend_trial_of(doors.app.engine, doors.world.yunfan.tenant_id, until)
        async with asyncio.timeout(30):
            assert "tenants.ModuleEntitlement" in await anext(heard)
    assert lin.rows("members")


async def test_an_end_by_time_alone_is_noticed_on_the_air(
    doors: Doors, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who subscribes during the trial keeps all modules up to its end."""
    monkeypatch.setattr(poke, "RECHECK_SECONDS", 0.4)
    company = doors.world.yunfan
    await make_order(company, "li", await make_customer(company, "li"), [])
    await buy(doors, "crm")
    lin = await doors.device("lin", "lin")
    assert lin.rows("salesOrders")
    async with on_air(lin):
        clock.move(days=16)
        await _until(lambda: not lin.rows("salesOrders"))
        assert lin.rows("customers")


async def test_a_file_of_a_first_load_goes_with_its_module(trade: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "_PAGED_ROWS", 1)
    await buy(trade, "crm", "inventory")
    lin = await trade.device("lin", "lin")
    assert set(SALES).isdisjoint(lin.checksums())
    assert lin.rows("customers")
    await buy(trade, "crm", "sales")
    other = await trade.device("lin", "other")
    assert all(other.rows(name) for name in SALES)
    for name in STOCK:
        with pytest.raises(UnknownCollection):
            other.rows(name)
    assert await asyncio.to_thread(other.verify) == []


async def _versions(doors: Doors) -> list[tuple[str, int]]:
    """Every row of the modules, with its version: what a change would move on."""
    found: list[tuple[str, int]] = []
    for entity in filter(modules_of, entities()):
        told = await rows_of(
            doors.app, doors.world.yunfan.tenant_id, f"SELECT id, version FROM app.{entity.__tablename__} ORDER BY id"
        )
        found += [(str(row.id), row.version) for row in told]
    return found


async def test_a_member_whose_seat_is_taken_away_is_told_and_keeps_the_outbox(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    identity, engine = desk.identity, desk.app.engine
    admin = await desk.founder()
    li = await desk.join(admin)
    air = Air(engine, desk.app.pokes, identity.sessions_in_force)
    handlers = routes(SyncService(engine), identity.authenticate, identity.watch, air, Stopping(), identity)
    async with served(handlers) as url:
        token = str((await desk.sign_in("li")).token)
        with Replica(tmp_path / "li.sqlite", url, token, now=desk.clock.now, sleep=lambda _s: None) as replica:
            await asyncio.to_thread(replica.register, "li")
            await asyncio.to_thread(replica.pull)
            async with on_air(replica) as [following]:
                made = replica.mutate("party.create_customer", name="离线客户")
                command = command_named("tenants.deactivate_member")
                await engine.executor.run(admin.actor, command, MemberById(id=li.member_id))
                async with asyncio.timeout(30):
                    with pytest.raises(SyncRefused, match="NOT_SIGNED_IN"):
                        await following
            for ask in (replica.push, replica.pull, replica.sync):
                with pytest.raises(SyncRefused) as told:
                    await asyncio.to_thread(ask)
                assert (told.value.status, told.value.code) == (401, "NOT_SIGNED_IN")
            assert [mutation["command"] for mutation in replica.pending()] == ["party.create_customer"]
            assert replica.row("customers", made)["name"] == "离线客户"
            # The seat comes back, they sign in anew: what they wrote is not lost.
            command = command_named("tenants.reactivate_member")
            await engine.executor.run(admin.actor, command, MemberById(id=li.member_id))
            replica.token = str((await desk.sign_in("li")).token)
            assert (await asyncio.to_thread(replica.sync))["pushed"] == {"applied": 1}
            assert replica.row("customers", made)["version"] == 1
        await air.close()


async def _until(holds: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)
