"""A desk for identity tests: the real service on real PostgreSQL and Redis, its letters in a folder."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text

from kernel.command import command_named
from kernel.context import Context
from server.parts import Application
from tenants.commands.create_department import CreateDepartment
from tenants.delivery.mail import OutboxMailSender
from tenants.delivery.sms import OutboxSmsSender
from tenants.entities import Member, Organisation, Role, TenantSetting
from tenants.identity.inputs import AcceptInvitation, CreateMember, InviteMember, RequestSmsCode, SignIn, SignUp
from tenants.identity.passwords import PasswordWorkers
from tenants.identity.results import Authenticated, SignInResult, SignUpResult
from tenants.identity.service import IdentityService
from tests.world import seed
from values.clock import FrozenClock
from values.ids import new_id

PASSWORD = "桂花-酿-rainy-harbour-17"
OTHER_PASSWORD = "竹林-Kestrel-morning-42"
ADDRESS = "203.0.113.7"


@dataclass
class Desk:
    """What a test talks to. Addresses end in `suffix`, so that tests do not meet in the one database."""

    app: Application
    clock: FrozenClock
    identity: IdentityService
    outbox: Path
    suffix: str

    def email(self, name: str) -> str:
        return f"{name}.{self.suffix}@example.com"

    def phone(self, number: int = 0) -> str:
        return f"+86138{(int(self.suffix, 16) + number) % 100_000_000:08d}"

    async def sign_up(self, name: str = "chen", company: str = "云帆贸易", **more: object) -> SignUpResult:
        asked = {"company_name": company, "email": self.email(name), "password": PASSWORD, **more}
        return await self.identity.sign_up(SignUp(**asked), address=ADDRESS)

    async def sign_in(self, name: str = "chen", **more: object) -> SignInResult:
        asked = {"identifier": self.email(name), "password": PASSWORD, **more}
        return await self.identity.sign_in(SignIn(**asked), address=ADDRESS)

    async def who(self, token: str | None) -> Authenticated:
        assert token is not None
        return await self.identity.authenticate(token, address=ADDRESS)

    async def founder(self, name: str = "chen", **more: object) -> Authenticated:
        return await self.who((await self.sign_up(name, **more)).token)

    async def role(self, who: Authenticated, key: str) -> UUID:
        async with self.app.engine.reading(who.actor) as session:
            return await session.scalar(select(Role.id).where(Role.key == key))

    async def invite(self, who: Authenticated, nick: str = "li", **more: object) -> str:
        """The token of the invitation, out of the mail."""
        role_ids = [await self.role(who, "salesperson")]
        asked = {"email": self.email(nick), "name": "小李", "role_ids": role_ids, **more}
        await self.identity.invite_member(who, InviteMember(**asked))
        return await self.mailed_token("yf_inv")

    async def join(self, who: Authenticated, name: str = "li", **more: object) -> Authenticated:
        token = await self.invite(who, name, **more)
        joined = await self.identity.accept_invitation(
            AcceptInvitation(token=token, password=PASSWORD), address=ADDRESS
        )
        return await self.who(joined.token)

    async def keeper(self, who: Authenticated, account: str = "zhao") -> tuple[str, UUID]:
        """A member with an account of the company: the 组织号 and the member's id."""
        made = await self.identity.create_member(
            who,
            CreateMember(
                account=account,
                name="库管员",
                initial_password=OTHER_PASSWORD,
                role_ids=[await self.role(who, "salesperson")],
            ),
        )
        return made.org_code, made.member.id

    async def letters(self, to: str | None = None) -> list[str]:
        """The texts of all mails so far, oldest first."""
        await self.identity.close()
        found = []
        for path in sorted(self.outbox.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name)):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if to is None or to in str(message["To"]):
                body = message.get_body(("plain",))
                assert body is not None
                found.append(f"{message['Subject']}\n{body.get_content()}")
        return found

    async def mailed_token(self, prefix: str) -> str:
        tokens = re.findall(rf"#token=({prefix}_[0-9A-Za-z]+)", "\n".join(await self.letters()))
        return tokens[-1]

    async def texts(self) -> list[str]:
        await self.identity.close()
        paths = sorted(self.outbox.glob("*.txt"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [path.read_text() for path in paths]

    async def code(self, phone: str, purpose: str) -> str:
        """Asks for a code and reads it off the phone."""
        await self.identity.request_sms_code(RequestSmsCode(phone=phone, purpose=purpose), address=ADDRESS)
        return re.findall(r"\b\d{6}\b", (await self.texts())[-1])[-1]

    async def platform(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        async with self.app.engine.database.platform_session() as connection:
            result = await connection.execute(text(sql), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def users_of(self, value: str) -> list[UUID]:
        rows = await self.platform("SELECT user_id FROM platform.user_identifier WHERE value = :value", value=value)
        return [UUID(str(row[0])) for row in rows]

    async def departments(self, who: Authenticated, *names: str) -> dict[str, UUID]:
        """New departments of the head office, by name."""
        async with self.app.engine.reading(who.actor) as session:
            office = await session.scalar(select(Organisation.id).where(Organisation.parent_id.is_(None)))
        made, command = {}, command_named("tenants.create_department")
        for name in names:
            wanted = CreateDepartment(name=name, organisation_id=office)
            outcome = await self.app.engine.executor.run(who.actor, command, wanted)
            assert outcome.row_id is not None
            made[name] = outcome.row_id
        return made

    async def deactivate(self, tenant_id: UUID, member_id: UUID) -> None:
        async def work(ctx: Context) -> None:
            await ctx.update_where(Member, Member.id == member_id, {"deactivated_at": ctx.now})

        await seed(self.app, tenant_id, work)

    async def setting(self, tenant_id: UUID, name: str, value: dict[str, object]) -> None:
        async def work(ctx: Context) -> None:
            ctx.add(TenantSetting(id=new_id(), name=name, value=value))

        await seed(self.app, tenant_id, work)

    async def change_setting(self, tenant_id: UUID, name: str, value: dict[str, object]) -> None:
        async def work(ctx: Context) -> None:
            await ctx.update_where(TenantSetting, TenantSetting.name == name, {"value": value})

        await seed(self.app, tenant_id, work)

    async def suspend(self, tenant_id: UUID) -> None:
        await self.platform("UPDATE platform.tenant SET suspended_at = now() WHERE id = :id", id=tenant_id)


async def open_desk(app: Application, clock: FrozenClock, outbox: Path, passwords: PasswordWorkers) -> Desk:
    await app.redis.flushdb()
    identity = IdentityService(
        app.engine,
        app.redis,
        OutboxMailSender(outbox),
        OutboxSmsSender(outbox),
        public_url="https://crm.example.com",
        passwords=passwords,
    )
    return Desk(app, clock, identity, outbox, new_id().hex[-7:])
