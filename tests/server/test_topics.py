"""The mail at the trial's end: one message for each who administers by right, whatever becomes of the others'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from billing.trials import end_trial_of
from kernel.context import Context
from kernel.db import TenantContext
from kernel.tables import Outbox
from server import leases
from server.outbox import OutboxDelivery
from server.parts import Application
from server.topics import handlers
from tenants.delivery.mail import mail_sender
from tenants.entities import Member, Role, RoleAssignment
from tests.smtp_listener import SmtpListener, smtp_listener
from tests.world import World, seed
from values.ids import new_id

PERMANENT, PASSING = "550 no such user", "451 try again later"
GONE = "RCPT TO:<chen@yunfan.example>"


async def rows(app: Application, world: World) -> list[Any]:
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
        ours = select(Outbox.__table__).where(Outbox.topic == "billing.trial_ended")
        return list(await session.core(ours.order_by(Outbox.due_at, Outbox.id)))


async def appoint(app: Application, world: World) -> None:
    """陈总 is the built-in admin; 林经理 and 王主管 administer by a role of the company's own; 小李 by none."""

    async def work(ctx: Context) -> None:
        people, role_id = world.yunfan.people, new_id()
        for who, address in (("admin", "chen"), ("lin", "lin"), ("wang", "wang"), ("li", "li")):
            (await ctx.get(Member, people[who])).email = f"{address}@yunfan.example"
        ctx.add(Role(id=role_id, key=None, name="授权员", permissions=["tenants.role.manage"], masks=[]))
        await ctx.flush()
        for who in ("lin", "wang"):
            ctx.add(
                RoleAssignment(id=new_id(), member_id=people[who], role_id=role_id, scope="all", organisation_id=None)
            )

    await seed(app, world.yunfan.tenant_id, work)


async def leave(app: Application, world: World, who: str) -> None:
    async def work(ctx: Context) -> None:
        (await ctx.get(Member, world.yunfan.people[who])).deactivated_at = ctx.now

    await seed(app, world.yunfan.tenant_id, work)


@asynccontextmanager
async def mailing(app: Application, answers: dict[str, str]) -> AsyncIterator[tuple[SmtpListener, OutboxDelivery]]:
    async with smtp_listener(SmtpListener(answers=answers)) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        mail = mail_sender(url, "Yunfan <no-reply@yunfan.example>", app.settings.data_dir)
        yield (
            server,
            OutboxDelivery(app.engine, handlers(app.engine, mail, "https://yunfan.example", app.blobs), app.metrics),
        )


def told(server: SmtpListener) -> list[str]:
    """To whom mails went, in order."""
    lines = [line.decode() for content in server.messages for line in content.splitlines()]
    return [line.removeprefix("To: ").split("@")[0] for line in lines if line.startswith("To: ")]


async def end_the_trial(app: Application, world: World, clock: Any) -> None:
    clock.move(days=16)
    await end_trial_of(app.engine, world.yunfan.tenant_id)


async def test_a_dead_mailbox_silences_nobody_else(app: Application, world: World, clock):
    await appoint(app, world)
    await end_the_trial(app, world, clock)
    async with mailing(app, {GONE: PERMANENT}) as (server, delivery):
        await delivery.deliver(world.yunfan.tenant_id)
        assert sorted(told(server)) == ["lin", "wang"]
    given_up = [row for row in await rows(app, world) if row.delivered_at is None]
    assert [(row.attempts, row.payload["memberId"]) for row in given_up] == [
        (leases.MAX_ATTEMPTS, str(world.yunfan.admin_id))
    ]


async def test_a_passing_error_repeats_no_mail_to_those_who_have_it(app: Application, world: World, clock):
    await appoint(app, world)
    await end_the_trial(app, world, clock)
    answers = {GONE: PASSING}
    async with mailing(app, answers) as (server, delivery):
        await delivery.deliver(world.yunfan.tenant_id)
        assert sorted(told(server)) == ["lin", "wang"]
        answers.clear()
        clock.instant += timedelta(minutes=1)
        await delivery.deliver(world.yunfan.tenant_id)
        assert sorted(told(server)) == ["chen", "lin", "wang"]
    assert all(row.delivered_at is not None for row in await rows(app, world))


async def test_who_left_hears_nothing_before_or_after_the_message_was_written(app: Application, world: World, clock):
    await appoint(app, world)
    await leave(app, world, "lin")
    await end_the_trial(app, world, clock)
    written = {row.payload["memberId"] for row in await rows(app, world)}
    assert written == {str(world.yunfan.admin_id), str(world.yunfan.people["wang"])}
    await leave(app, world, "wang")
    async with mailing(app, {}) as (server, delivery):
        await delivery.deliver(world.yunfan.tenant_id)
        assert told(server) == ["chen"]


async def test_an_administrator_without_an_address_is_passed_over(app: Application, world: World, clock):
    await end_the_trial(app, world, clock)
    async with mailing(app, {}) as (server, delivery):
        assert await delivery.deliver(world.yunfan.tenant_id) == 1
        assert told(server) == []
