"""What happens outside when a message leaves the outbox: one handler a topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select

from infra.blobs import BlobStore
from kernel.db import TenantContext
from kernel.engine import Engine
from server.demo import fill_company
from server.outbox import Delivery, Handler
from sync.waiting import apply_waiting, release_parked
from tenants.attachment_blobs import forget_files
from tenants.attachment_following import TOPIC as FILES_UNREFERENCED
from tenants.commands.resolve_inbox_entry import RELEASE
from tenants.delivery.mail import Language, MailSender
from tenants.delivery.messages import trial_ended
from tenants.entities import Member
from tenants.granting import active_administrators
from tenants.moves import rewrite_paths
from tenants.platform_tables import Tenant
from tenants.trial_data import clear_trial_rows

_log = structlog.get_logger()


def handlers(engine: Engine, mail: MailSender, public_url: str, blobs: BlobStore) -> Mapping[str, Handler]:
    """Every topic that a command enqueues."""

    async def subscribed(delivery: Delivery) -> None:
        """Edits that waited for the subscription are applied now."""
        await apply_waiting(engine, delivery.tenant_id)

    async def trial_has_ended(delivery: Delivery) -> None:
        """A mail to one administrator who has an address. A second attempt may repeat this mail, nobody else's."""
        recipient = await _administrator(engine, delivery.tenant_id, UUID(str(delivery.payload["memberId"])))
        if recipient is None:
            _log.info("billing.trial_end_untold")
            return
        message = trial_ended(recipient.language, tenant_name=recipient.company, link=f"{public_url}/")
        await mail.send(message.mail(recipient.address))

    async def trial_was_extended(delivery: Delivery) -> None:
        """Edits that waited in the inbox since the old end may be applied again."""
        await apply_waiting(engine, delivery.tenant_id)

    async def inbox_settled(delivery: Delivery) -> None:
        """Somebody decided about an entry: what was parked behind it is run now."""
        await release_parked(engine, delivery.tenant_id, UUID(str(delivery.payload["ownerId"])))

    async def demo_data_requested(delivery: Delivery) -> None:
        """Sign-up asked for an example company to look at."""
        await fill_company(engine, delivery.tenant_id, UUID(str(delivery.payload["memberId"])))

    async def paths_to_rewrite(delivery: Delivery) -> None:
        """The rest of a department's move, in batches; leaves a new message while there is more."""
        await rewrite_paths(engine, delivery.tenant_id, delivery.payload)

    async def trial_rows_to_clear(delivery: Delivery) -> None:
        """The rest of what the admin cleared, in batches; leaves a new message while there is more."""
        await clear_trial_rows(engine, delivery.tenant_id, delivery.payload)

    async def files_unreferenced(delivery: Delivery) -> None:
        """The bytes of attachments that were deleted, unless others have the same."""
        await forget_files(engine, blobs, delivery.tenant_id, delivery.payload)

    return {
        FILES_UNREFERENCED: files_unreferenced,
        "tenants.demo_data_requested": demo_data_requested,
        "tenants.rewrite_paths": paths_to_rewrite,
        "tenants.clear_trial_rows": trial_rows_to_clear,
        RELEASE: inbox_settled,
        "billing.subscribed": subscribed,
        "billing.trial_ended": trial_has_ended,
        "billing.trial_extended": trial_was_extended,
    }


@dataclass(frozen=True, slots=True)
class _Recipient:
    company: str
    address: str
    language: Language


async def _administrator(engine: Engine, tenant_id: UUID, member_id: UUID) -> _Recipient | None:
    """None: they have left or administer no more since the message was written, or have no address."""
    async with engine.database.platform_session() as platform:
        name = (await platform.execute(select(Tenant.name).where(Tenant.id == tenant_id))).scalar_one_or_none()
    async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
        if member_id not in await active_administrators(session, tenant_id):
            return None
        statement = select(Member).where(Member.tenant_id == tenant_id, Member.id == member_id)
        member = await session.scalar(statement)
        if member is None or member.email is None:
            return None
        return _Recipient(name or "", member.email, _language(member.language))


def _language(text: str) -> Language:
    return "en" if text.startswith("en") else "zh-CN"
