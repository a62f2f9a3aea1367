"""Demo data for a company that wants to look around before it enters its own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from modules.bridges.demo_rows import demo_customers, demo_id
from modules.bridges.demo_trade import fill_trade
from modules.bridges.demo_words import CHINESE, DemoWords
from modules.bridges.demo_words_english import ENGLISH
from modules.crm.commands.log_activity import log_activity
from modules.party.commands.create_contact import create_contact
from modules.party.commands.create_customer import create_customer
from modules.party.entities import Customer
from tenants.commands.create_tag import CreateTag, create_tag
from tenants.commands.define_custom_field import DefineCustomField, FieldChoice, define_custom_field
from tenants.custom_fields import definitions
from tenants.entities import Tag


class FillDemoData(Input, frozen=True, kw_only=True):
    """`owner_ids`: who the customers are spread over, in turn; without any, all of them are the actor's."""

    owner_ids: list[UUID]


class DemoDataFilled(Result, frozen=True, kw_only=True):
    """How many rows were made; all zero when the company had its demo data already."""

    customers: int
    contacts: int
    activities: int
    products: int
    orders: int


@command(zh="填充示例数据", en="Fill in demo data", permission="tenants.setting.manage", module="crm", api=False)
async def fill_demo_data(ctx: Context, data: FillDemoData) -> DemoDataFilled:
    """Makes tags, custom fields, 60 customers with contacts and follow-ups, and with the modules for them products,
    stock and two orders, through their own commands, all or nothing.

    In the actor's language. A second call changes nothing.
    """
    if await ctx.get(Customer, demo_id(ctx.tenant_id, "customer", 0)) is not None or ctx.actor.member_id is None:
        return DemoDataFilled(customers=0, contacts=0, activities=0, products=0, orders=0)
    words = ENGLISH if ctx.actor.language.startswith("en") else CHINESE
    tags = await _tags(ctx, words)
    await _custom_fields(ctx)
    customers = contacts = activities = 0
    owners = data.owner_ids or [ctx.actor.member_id]
    for made in demo_customers(ctx.tenant_id, owners, tags, ctx.now, words):
        await create_customer(ctx, made.customer)
        for contact in made.contacts:
            await create_contact(ctx, contact)
        await ctx.flush()
        for activity in made.activities:
            await log_activity(ctx, activity)
        customers, contacts = customers + 1, contacts + len(made.contacts)
        activities += len(made.activities)
    products, orders = await fill_trade(ctx, words)
    return DemoDataFilled(
        customers=customers, contacts=contacts, activities=activities, products=products, orders=orders
    )


async def _tags(ctx: Context, words: DemoWords) -> list[UUID]:
    """The demo tags; one that the company has under that name is used as it is."""
    known = {tag.name: tag for tag in await ctx.session.scalars(select(Tag).where(Tag.tenant_id == ctx.tenant_id))}
    tags = [
        known.get(name) or await create_tag(ctx, CreateTag(name=name, colour=colour)) for name, colour in words.tags
    ]
    await ctx.flush()
    return [tag.id for tag in tags if tag.archived_at is None]


async def _custom_fields(ctx: Context) -> None:
    if any(field.key.startswith("demo_") for field in await definitions(ctx.session, "party.Customer", archived=True)):
        return
    await define_custom_field(
        ctx,
        DefineCustomField(
            entity="party.Customer",
            key="demo_payment_days",
            label_zh="账期（天）",
            label_en="Payment days",
            kind="number",
        ),
    )
    await ctx.flush()
    await define_custom_field(
        ctx,
        DefineCustomField(
            entity="party.Customer",
            key="demo_settlement",
            label_zh="结算方式",
            label_en="Settlement",
            kind="choice",
            choices=[
                FieldChoice(value="cash", zh="现结", en="Cash"),
                FieldChoice(value="monthly", zh="月结", en="Monthly"),
                FieldChoice(value="prepaid", zh="预付", en="Prepaid"),
            ],
        ),
    )
    await ctx.flush()
