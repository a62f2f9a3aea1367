"""Who sees an invitation's link: the invited person alone, and the inviter only where nothing reaches people."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenants.delivery.mail import Mail
from tenants.delivery.sms import OutboxSmsSender
from tenants.identity.inputs import AcceptInvitation, InviteMember
from tenants.identity.service import IdentityService
from tests.tenants.identity_desk import ADDRESS, PASSWORD, Desk


@dataclass
class Gateway:
    """A mail server that takes everything."""

    taken: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        self.taken.append(mail)


async def test_where_mail_reaches_people_the_inviter_never_sees_the_link(desk: Desk) -> None:
    admin = await desk.founder()
    gateway = Gateway()
    passwords = desk.identity._parts.passwords
    sends = IdentityService(
        desk.app.engine,
        desk.app.redis,
        gateway,
        OutboxSmsSender(desk.outbox),
        public_url="https://crm.example.com",
        passwords=passwords,
    )
    asked = InviteMember(email=desk.email("li"), name="小李", role_ids=[await desk.role(admin, "salesperson")])
    invited = await sends.invite_member(admin, asked)
    await sends.close()
    assert invited.link is None
    assert "#token=" in gateway.taken[-1].text


async def test_without_a_gateway_the_inviter_hands_it_over_and_it_works_once(desk: Desk) -> None:
    admin = await desk.founder()
    asked = InviteMember(email=desk.email("li"), name="小李", role_ids=[await desk.role(admin, "salesperson")])
    invited = await desk.identity.invite_member(admin, asked)
    assert invited.link is not None
    assert invited.link in (await desk.letters(desk.email("li")))[-1]
    token = invited.link.partition("#token=")[2]
    joined = await desk.identity.accept_invitation(AcceptInvitation(token=token, password=PASSWORD), address=ADDRESS)
    assert joined.member is not None
    assert joined.member.name == "小李"
    kept = await desk.platform("SELECT details::text FROM platform.link_token WHERE purpose = 'invitation'")
    assert not any(token in str(row) for row in kept)
