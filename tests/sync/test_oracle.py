"""Whatever happens to rights, places, modules and rows: after a pull the replica is what the member's SELECTs return.

`oracle.py` says what that is without the engine's help. The short form runs always, the long one in `make soak`; its
seed is printed with a failure.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from billing.trials import activate_subscription_of
from infra.quota_settings import QuotaSettings
from kernel.command import command_named
from kernel.context import Context
from modules.sales.lines import NewOrderLine
from sync.client import Replica
from sync.client.errors import ReplicaError
from tenants import moves
from tenants.default_roles import DEFAULT_ROLES, permissions_of
from tenants.entities import Role, RoleAssignment
from tests import world as staffing
from tests.sales.makers import make_product, make_warehouse, move
from tests.sync.attaching import attach, pdf
from tests.sync.conftest import Doors, busy_devices
from tests.sync.oracle import differences, held_by, seen_by
from tests.tenants.test_moves import deliver, pending
from values.clock import FrozenClock
from values.errors import Refusal
from values.ids import new_id

WITH_DEVICES = ("lin", "wang", "li")
PEOPLE = ("li", "zhao", "wang", "feng")
UNITS = ("销售部", "销售一组", "采购部", "分公司业务部")
SCOPES = ("own", "department", "subtree", "all")
ROLES = ("salesperson", "department_manager", "general_manager")
VIEWS = ("party.customer.view", "party.contact.view", "sales.order.view", "crm.activity.view", "catalog.product.view")
MASKS = ("party.Customer.phone", "party.Customer.custom", "sales.SalesOrder.total_minor", "party.Contact.phone")
MODULES = (("crm", "sales", "inventory"), ("sales",), ("crm", "inventory"), ("inventory",), ("crm",), ("crm", "sales"))
SMALL = st.integers(0, 11)


class Office:
    """The company from a machine's thread: everything that may happen in it, by number."""

    def __init__(self, doors: Doors, clock: FrozenClock, replicas: dict[str, Replica]) -> None:
        self.doors, self.company, self.clock, self.replicas = doors, doors.world.yunfan, clock, replicas
        self._loop = asyncio.get_running_loop()
        self.made: dict[str, list[UUID]] = {
            name: [] for name in ("customer", "contact", "order", "tag", "attachment", "product")
        }
        self.happened: Counter[str] = Counter()
        self.away: set[str] = set()
        self.branch: UUID = UUID(int=0)
        self.moved_once = False

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def prepare(self) -> None:
        company, app = self.company, self.doors.app
        made = await self.run("admin", "tenants.create_organisation", name="杭州分公司", kind="branch")
        self.branch = made.row_id
        made = await self.run("admin", "tenants.create_department", name="分公司业务部", organisation_id=self.branch)
        company.departments["分公司业务部"] = made.row_id
        await staffing.add_member(company, "feng", "冯主管", "department_manager", "subtree", "采购部")
        field = {"entity": "party.Customer", "key": "grade", "label_zh": "星级", "kind": "text"}
        await self.run("admin", "tenants.define_custom_field", **field)
        warehouse = await make_warehouse(company)
        self.made["product"] = [await make_product(company), await make_product(company, "盐")]
        await move(company, self.made["product"][0], warehouse, "10", "receipt")
        assert app.engine.clock.now() == self.clock.now()
        self.clock.move(days=20)
        await self.buy(0)

    async def run(self, who: str, command: str, **values: Any) -> Any:
        return await self.company.run(who, command, command_named(command).input_type(**values))

    def one(self, kind: str, number: int) -> UUID:
        found = self.made[kind]
        if not found:
            raise LookupError(kind)
        return found[-1 - number % len(found)]

    async def begin_again(self) -> None:
        """All modules, and roles as they were delivered, whatever an earlier example left."""
        await self.buy(0)

        async def change(ctx: Context) -> None:
            for role in await ctx.session.scalars(select(Role).where(Role.key.in_(ROLES))):
                delivered = next(found for found in DEFAULT_ROLES if found.key == role.key)
                role.permissions, role.masks = permissions_of(delivered), []

        await staffing.seed(self.doors.app, self.company.tenant_id, change)

    async def changed(self, entity: type[Any], work: Callable[[Context, Any], None], **where: Any) -> None:
        """Set in the company's own data, as the commands would, without asking who may."""

        async def change(ctx: Context) -> None:
            found = await ctx.session.scalars(select(entity).filter_by(**where).order_by(entity.id).limit(1))
            for row in found:
                work(ctx, row)

        await staffing.seed(self.doors.app, self.company.tenant_id, change)

    # What may happen. `a` and `b` choose among what there is.

    async def scope(self, a: int, b: int) -> None:
        member = self.company.people[WITH_DEVICES[a % 3]]
        await self.changed(RoleAssignment, lambda _ctx, row: setattr(row, "scope", SCOPES[b % 4]), member_id=member)

    async def anchor(self, a: int, b: int) -> None:
        """A role in the branch besides, or no more."""
        member = self.company.people[WITH_DEVICES[a % 3]]

        async def change(ctx: Context) -> None:
            role = await ctx.session.scalar(select(Role).where(Role.key == ROLES[b % 3]))
            found = await ctx.session.scalars(
                select(RoleAssignment).where(
                    RoleAssignment.member_id == member, RoleAssignment.organisation_id == self.branch
                )
            )
            for row in found:
                await ctx.delete(row)
            if not found:
                anchored = {"scope": SCOPES[b % 4], "organisation_id": self.branch}
                ctx.add(RoleAssignment(id=new_id(), member_id=member, role_id=role.id, **anchored))

        await staffing.seed(self.doors.app, self.company.tenant_id, change)

    async def permission(self, a: int, b: int) -> None:
        view = VIEWS[b % len(VIEWS)]

        def toggle(_ctx: Context, role: Any) -> None:
            held = set(role.permissions) ^ {view}
            role.permissions = sorted(held)

        await self.changed(Role, toggle, key=ROLES[a % 2])

    async def mask(self, a: int, b: int) -> None:
        hidden = MASKS[b % len(MASKS)]
        await self.changed(
            Role, lambda _ctx, role: setattr(role, "masks", sorted(set(role.masks) ^ {hidden})), key=ROLES[a % 3]
        )

    async def move_member(self, a: int, b: int) -> None:
        department = self.company.departments[UNITS[b % 4]]
        await self.run("admin", "tenants.move_member", id=self.company.people[PEOPLE[a % 4]], department_id=department)
        await self.settle_moves()

    async def move_department(self, _a: int, b: int) -> None:
        parent = self.company.departments[("销售部", "采购部", "分公司业务部")[b % 3]]
        await self.run("admin", "tenants.move_department", id=self.company.departments["销售一组"], parent_id=parent)
        await self.settle_moves()

    async def settle_moves(self) -> None:
        for sweep in (False, True):
            for payload in await pending(self.company, sweep=sweep):
                await moves.rewrite_paths(self.doors.app.engine, self.company.tenant_id, payload)
        await deliver(self.company)

    async def turn_away(self, a: int, _b: int) -> None:
        """A member is deactivated, or comes back."""
        nick = ("li", "zhao")[a % 2]
        off = nick not in self.away
        command = "tenants.deactivate_member" if off else "tenants.reactivate_member"
        await self.run("admin", command, id=self.company.people[nick])
        self.away ^= {nick}

    async def buy(self, a: int, _b: int = 0) -> None:
        modules = list(MODULES[a % len(MODULES)])
        await activate_subscription_of(self.doors.app.engine, self.company.tenant_id, modules, None)

    async def lapse(self, a: int, _b: int) -> None:
        until = self.clock.now() + timedelta(seconds=2)
        modules = list(MODULES[a % len(MODULES)])
        await activate_subscription_of(self.doors.app.engine, self.company.tenant_id, modules, until)

    async def create_customer(self, a: int, b: int) -> None:
        given = {"name": f"客户{a}{b}", "phone": "0571-87654321", "credit_limit_minor": 10**a, "credit_currency": "CNY"}
        made = await self.run(PEOPLE[a % 4], "party.create_customer", **given, custom={"grade": f"{b}“星”\n"})
        self.made["customer"].append(made.row_id)

    async def create_contact(self, a: int, b: int) -> None:
        made = await self.run("lin", "party.create_contact", customer_id=self.one("customer", a), name=f"联系人{b}")
        self.made["contact"].append(made.row_id)

    async def log(self, a: int, _b: int) -> None:
        given = {"customer_id": self.one("customer", a), "channel": "phone", "topic": "询价"}
        await self.run("lin", "crm.log_activity", **given)

    async def edit(self, a: int, b: int) -> None:
        given = {"level": "abc"[b % 3], "notes": f"第{b}次\n\t😀", "custom": {"grade": str(b)}}
        await self.run("admin", "party.edit_customer", id=self.one("customer", a), **given)

    async def tag(self, a: int, b: int) -> None:
        if b % 3 == 0:
            made = await self.run("admin", "tenants.create_tag", name=f"标签{len(self.made['tag'])}")
            self.made["tag"].append(made.row_id)
        await self.run("admin", "party.edit_customer", id=self.one("customer", a), tag_ids=[self.one("tag", b)])

    async def assign(self, a: int, b: int) -> None:
        owner = self.company.people[PEOPLE[b % 4]]
        await self.run("admin", "party.assign_customer", id=self.one("customer", a), owner_id=owner)

    async def archive(self, a: int, b: int) -> None:
        kind = ("customer", "contact")[b % 2]
        command = f"party.{('archive', 'restore')[b // 2 % 2]}_{kind}"
        await self.run("admin", command, id=self.one(kind, a))

    async def erase(self, a: int, b: int) -> None:
        kind = ("customer", "contact")[b % 2]
        await self.run("admin", f"party.erase_{kind}", id=self.one(kind, a))

    async def order(self, a: int, b: int) -> None:
        lines = [{"product_id": self.one("product", b), "quantity": Decimal(n + 1)} for n in range(a % 3)]
        command = command_named("sales.create_order").input_type
        given = command(customer_id=self.one("customer", a), lines=[NewOrderLine(**line) for line in lines])
        made = await self.company.run("admin", "sales.create_order", given)
        self.made["order"].append(made.row_id)

    async def order_step(self, a: int, b: int) -> None:
        order = self.one("order", a)
        if b % 4 == 0:
            given = {"order_id": order, "product_id": self.one("product", b), "quantity": Decimal("2.50")}
            await self.run("admin", "sales.add_order_line", **given)
        else:
            await self.run("admin", f"sales.{('confirm', 'cancel', 'deliver')[b % 4 - 1]}_order", id=order)

    async def attach(self, a: int, b: int) -> None:
        entity, kind = (
            ("party.Customer", "customer"),
            ("party.Contact", "contact"),
            ("sales.SalesOrder", "order"),
            ("catalog.Product", "product"),
        )[b % 4]
        made = await attach(self.company, "admin", self.one(kind, a), pdf(100), entity=entity)
        self.made["attachment"].append(made.row_id)

    async def detach(self, a: int, b: int) -> None:
        command = f"tenants.{('remove', 'restore')[b % 2]}_attachment"
        await self.run("admin", command, id=self.one("attachment", a))

    async def clash(self, a: int, b: int) -> None:
        """An edit made offline meets another one: an inbox entry, whose reading goes by a row that may move."""
        who = WITH_DEVICES[b % 3]
        if who in self.away:
            return
        replica, row = self.replicas[who], self.one("customer", a)
        if replica.row("customers", str(row)) is None:
            raise LookupError("not here")
        replica.mutate("party.edit_customer", id=str(row), region=f"离线{a}", phone=f"0571-8888000{b % 10}")
        await self.run("admin", "party.edit_customer", id=row, region=f"在线{b}", phone=f"0571-8888100{a % 10}")
        await asyncio.to_thread(replica.push)

    async def decide(self, _a: int, b: int) -> None:
        who = WITH_DEVICES[b % 3]
        entries = self.replicas[who].inbox()
        if who in self.away or not entries:
            raise LookupError("inbox")
        self.replicas[who].resolve(entries[0]["id"], ("mine", "discard")[b % 2])
        await asyncio.to_thread(self.replicas[who].push)


RIGHTS = ("scope", "scope", "anchor", "permission", "permission", "mask", "move_member", "move_department", "turn_away")
ROWS = (
    "create_customer",
    "create_customer",
    "create_contact",
    "log",
    "edit",
    "tag",
    "assign",
    "assign",
    "archive",
    "erase",
    "order",
    "order",
    "order_step",
    "attach",
    "attach",
    "detach",
    "clash",
    "clash",
    "decide",
    "buy",
    "lapse",
)


@pytest.fixture
def quota_settings() -> QuotaSettings:
    """The machine's devices pull more often than a person's."""
    return busy_devices()


class Machine(RuleBasedStateMachine):
    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office = office

    @initialize()
    def begin(self) -> None:
        office = self.office
        office.wait(office.begin_again())
        for nick in sorted(office.away):
            office.wait(office.turn_away(("li", "zhao").index(nick), 0))
        for n in range(4):
            office.wait(office.create_customer(n, n))
        self.happens("order", 1, 0)
        self.happens("attach", 0, 0)
        self.happens("attach", 0, 2)

    def happens(self, kind: str, a: int, b: int) -> None:
        self.office.clock.move(seconds=1)
        with suppress(Refusal, ReplicaError, LookupError):  # what is not there, archived, not bought …
            self.office.wait(getattr(self.office, kind)(a, b))
            self.office.happened[kind] += 1

    @rule(kind=st.sampled_from(RIGHTS), a=SMALL, b=SMALL)
    def rights(self, kind: str, a: int, b: int) -> None:
        self.happens(kind, a, b)

    @rule(what=st.lists(st.tuples(st.sampled_from(ROWS), SMALL, SMALL), min_size=2, max_size=5))
    def rows(self, what: list[tuple[str, int, int]]) -> None:
        for kind, a, b in what:
            self.happens(kind, a, b)

    @rule(who=st.sampled_from(WITH_DEVICES))
    def one_page(self, who: str) -> None:
        """A pull that is cut off after its first page; the next one goes on."""
        replica = self.office.replicas[who]
        if who not in self.office.away:
            standing, page = replica._pulling.ask()
            replica._store.keep(page, standing)

    @rule(who=st.sampled_from(WITH_DEVICES))
    def pull(self, who: str) -> None:
        self.compare(who)

    def compare(self, who: str, *, verified: bool = False) -> None:
        office, replica = self.office, self.office.replicas[who]
        if who in office.away:
            return
        replica.pull()
        told = differences(office.wait(seen_by(office.company, who)), held_by(replica))
        assert told == [], (who, told[:8])
        office.happened[f"compared {who}"] += 1
        if verified:
            assert replica.verify() == []

    def teardown(self) -> None:
        for who in WITH_DEVICES:
            self.compare(who, verified=True)


async def _machine(doors: Doors, clock: FrozenClock, examples: int, steps: int, number: int) -> Office:
    """Plays it through. The clock stands still between a pull and what it is compared with."""
    replicas: dict[str, Replica] = {}
    office = Office(doors, clock, replicas)
    await office.prepare()
    for who, page_rows in zip(WITH_DEVICES, (200, 7, 3), strict=True):
        replicas[who] = await doors.device(who, who, page_rows=page_rows)
    seeded = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )

    def work() -> None:
        run_state_machine_as_test(seed(number)(lambda: Machine(office)), settings=seeded)

    await asyncio.to_thread(work)
    return office


async def test_a_replica_is_what_its_member_may_see(doors: Doors, clock: FrozenClock) -> None:
    office = await _machine(doors, clock, examples=5, steps=14, number=7)
    assert all(office.happened[f"compared {who}"] >= 3 for who in WITH_DEVICES)
    assert len(office.happened) > 15, office.happened


@pytest.mark.soak
async def test_a_replica_is_what_its_member_may_see_for_long(doors: Doors, clock: FrozenClock) -> None:
    number = random.randrange(2**32)
    print(f"seed {number}")
    office = await _machine(
        doors,
        clock,
        examples=40,
        steps=50,
        number=number,
    )
    assert {*RIGHTS, *ROWS} <= office.happened.keys(), office.happened
