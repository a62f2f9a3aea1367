"""The opening of every history: two companies at work, pairs of rows that always change together, some devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kernel.context import Context
from modules.party.entities import Contact, Customer
from tenants.custom_field_entities import CustomField
from tenants.entities import Tag
from tests.simulation.device import Device
from tests.world import seed
from values.errors import InvalidTransition, Words
from values.ids import new_id

if TYPE_CHECKING:
    from tests.simulation.run import Run

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
TRIAL = timedelta(days=15, hours=14, minutes=30)  # 15 days, and what is left of the day in Shanghai
RIVAL = "鲨鱼机密"  # stands in every row of the rival company, and may stand nowhere else
OURS = "成对"  # begins names of ours, and may not reach the rival
HANDS = ("li", "zhao", "wang", "lin", "admin", "zhou")


@dataclass
class Pair:
    """A customer and its contact that every writing transaction gives one marker (industry, title)."""

    customer: UUID
    contact: UUID


@dataclass
class Stage:
    """What the opening made. `marker`: the last one written."""

    pairs: list[Pair] = field(default_factory=list)
    tag_pair: tuple[UUID, UUID] = (UUID(int=0), UUID(int=0))
    tags: list[UUID] = field(default_factory=list)
    memo_key: str = "memo"
    roles: list[UUID] = field(default_factory=list)
    rivals: list[UUID] = field(default_factory=list)
    products: list[UUID] = field(default_factory=list)
    warehouses: list[UUID] = field(default_factory=list)
    marker: int = 0


async def set_stage(run: Run) -> Stage:
    stage = Stage()
    run.stage = stage
    await seed(run.company.app, run.company.tenant_id, lambda ctx: _shared_rows(ctx, stage))
    for owner in ("li", "zhao"):
        customer = await run.online(owner, "party.create_customer", name=f"{OURS} {owner}", industry="0")
        contact = await run.online(
            owner, "party.create_contact", customer_id=customer.row_id, name=f"{OURS}联系人", title="0"
        )
        stage.pairs.append(Pair(customer.row_id, contact.row_id))
    for owner in ("li", "zhao", "wang"):
        made = await run.online(owner, "party.create_customer", name=run.next_token(), level="c", region="华北")
        run.customers.append(made.row_id)
    made = await run.online("admin", "tenants.create_role", name="外勤", permissions=_FIELD_WORK, masks=_MASKED)
    stage.roles.append(made.row_id)
    await _stock(run)
    for _ in range(2):
        await edit_rival(run)
    for number in range(run.chance.randint(2, 3)):
        await add_device(run, HANDS[(number + run.chance.randrange(3)) % len(HANDS)] if number else "li")
    return stage


async def _stock(run: Run) -> None:
    for price in ("12.50", "0.995", "3"):
        name = run.next_token()
        made = await run.online(
            "admin", "catalog.create_product", name=name, unit="盒", list_price=Decimal(price), currency="CNY"
        )
        run.stage.products.append(made.row_id)
    for name in ("下沙仓", "滨江仓"):
        made = await run.online("admin", "inventory.create_warehouse", name=name)
        run.stage.warehouses.append(made.row_id)


# Customers further than contacts: who holds both roles sees one entity where they do not see the other.
_FIELD_WORK = ["party.customer.view", "tenants.inbox.view"]
_MASKED = ["party.Customer.phone", "party.Customer.custom"]


async def _shared_rows(ctx: Context, stage: Stage) -> None:
    tags = [Tag(id=new_id(), name=f"标签{i}", colour="0", archived_at=None, archived_by_id=None) for i in range(5)]
    for tag in tags:
        ctx.add(tag)
    stage.tag_pair = (tags[0].id, tags[1].id)
    stage.tags = [tag.id for tag in tags[2:]]
    ctx.add(
        CustomField(
            id=new_id(),
            entity="party.Customer",
            key=stage.memo_key,
            label_zh="备忘",
            label_en=None,
            kind="text",
            required=False,
            filterable=True,
            choices=None,
            currency=None,
            target=None,
            position=0,
            archived_at=None,
            archived_by_id=None,
        )
    )


async def add_device(run: Run, who: str) -> Device:
    """A new device of somebody, its clock off by up to two days and up to one percent wrong."""
    chance = run.chance
    name = f"{who}{1 + sum(device.who == who for device in run.devices)}"
    skew = timedelta(seconds=chance.choice((0, 0, chance.uniform(-172_800, 172_800))))
    app = chance.choice((1, 2, *[run.upgrades.version] * 3))
    device = Device(
        run, name, who, skew=skew, drift=chance.uniform(-0.01, 0.01), page_rows=chance.choice((4, 10, 500)), app=app
    )
    run.devices.append(device)
    run.tell(f"  device {name}: {device.page_rows} rows a page, app {app}, clock off by {skew}")
    await device.syncs()
    return device


async def write_pair(run: Run) -> None:
    """One transaction writes both rows of a pair; sometimes a part of it was rolled back first."""
    pair, marker, torn = run.chance.choice(run.stage.pairs), _next(run), run.chance.random() < 0.3

    async def work(ctx: Context) -> None:
        if torn:
            await _rolled_back(ctx, pair)
        await ctx.update_where(Customer, Customer.id == pair.customer, {"industry": str(marker)})
        await ctx.update_where(Contact, Contact.id == pair.contact, {"title": str(marker)})

    await seed(run.company.app, run.company.tenant_id, work)
    run.tell(f"  pair {str(pair.customer)[-12:]} := {marker}")


async def write_tag_pair(run: Run) -> None:
    """The same for two rows that everybody sees."""
    marker, tags = _next(run), run.stage.tag_pair
    await seed(
        run.company.app,
        run.company.tenant_id,
        lambda ctx: ctx.update_where(Tag, Tag.id.in_(tags), {"colour": str(marker)}),
    )
    run.tell(f"  pair of tags := {marker}")


async def edit_rival(run: Run) -> None:
    """The other company works all along; every text of its rows carries its mark."""
    rival, text = run.world.seagull, f"{RIVAL}{run.next_token()}"
    if run.stage.rivals and run.chance.random() < 0.5:
        row = run.chance.choice(run.stage.rivals)
        await run.online("qian", "party.edit_customer", rival, id=row, notes=text, name=text)
        return
    made: Any = await run.online("qian", "party.create_customer", rival, name=text, notes=text)
    if made is not None:
        run.stage.rivals.append(made.row_id)
        await run.online("qian", "party.create_contact", rival, customer_id=made.row_id, name=text)
        await run.online("admin", "tenants.create_tag", rival, name=text[:20])


async def _rolled_back(ctx: Context, pair: Pair) -> None:
    try:
        async with ctx.savepoint():
            await ctx.update_where(Customer, Customer.id == pair.customer, {"industry": "-1"})
            raise InvalidTransition(state=Words("甲", "x"), action=Words("乙", "y"), possible=Words("丙", "z"))
    except InvalidTransition:
        return


def _next(run: Run) -> int:
    run.stage.marker += 1
    return run.stage.marker
