"""Puts the parts together: the one place where rooms are wired to each other. Holds no rule."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from arq.connections import ArqRedis
from redis.asyncio import Redis

from infra.blobs import BlobStore, open_blobs
from infra.errors import ServiceError
from infra.roles import refuse_powerful_role
from infra.settings import Settings, SmtpSettings
from kernel.context import Committing, Parts, ScopePaths
from kernel.db import Database
from kernel.engine import Engine
from kernel.executor import CommitListener, Executor
from modules.bridges.deliveries import move_stock_out
from modules.bridges.events import clear_demo_with_trial
from modules.crm.events import erase_activities, forget_places, move_activities
from modules.inventory.events import settle_after_clearing
from modules.party.events import CustomerReassigned, PersonErased
from modules.sales.events import OrderDelivered, erase_orders, move_orders
from server.catalogue import load_rooms
from server.jobs import queue
from server.metrics import Metrics
from server.migrate import head
from server.pokes import RedisPokes
from server.revision import schema_revision
from server.synced import MeasuredSync
from sync.buckets import Buckets
from sync.files import FileService
from sync.gate import Gate
from sync.live import Air
from sync.loads import Loads
from sync.quotas import Quotas
from sync.turns import Fair
from tenants.access import AccessReader
from tenants.attachment_following import follow_records
from tenants.attachment_rules import AttachmentLimits
from tenants.authority import MemberPaths, RoleAuthorizer
from tenants.delivery.mail import MailSender, mail_sender
from tenants.delivery.sms import SmsSender, sms_sender
from tenants.events import DeviceClosed, MemberErased, TrialDataGone
from tenants.identity.passwords import PasswordWorkers
from tenants.identity.service import IdentityService
from tenants.numbering_leases import close_numbers
from values.clock import Clock, SystemClock
from values.keyring import KeyRing

# Objects that outlived those that ended, then collections of the younger generation: some requests' worth, not one's.
_COLLECTED_AFTER = (20_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Application:
    """A process's parts, from the settings down."""

    settings: Settings
    engine: Engine
    redis: Redis
    jobs: ArqRedis
    pokes: RedisPokes
    metrics: Metrics
    mail: MailSender
    sms: SmsSender
    passwords: PasswordWorkers
    identity: IdentityService
    sync: MeasuredSync
    gate: Gate
    blobs: BlobStore
    air: Air
    files: FileService

    async def check(self) -> None:
        """Refuses to serve with a role that row-level security does not bind, or on another schema. ServiceError."""
        for variable, url in (
            ("DATABASE_URL", self.settings.database_url),
            ("DATABASE_PLATFORM_URL", self.settings.database_platform_url),
            ("DATABASE_PROVISION_URL", self.settings.database_provision_url),
        ):
            await asyncio.to_thread(refuse_powerful_role, variable, url or "")
        if await schema_revision(self.engine.database) != head():
            raise ServiceError(
                "The database's schema is not that of this version: run yunfan migrate.",
                "数据库结构与当前版本不符：请运行 yunfan migrate。",
            )

    async def close(self) -> None:
        """Delivers what is under way, then ends everything that the process holds open."""
        await self.identity.close()
        await self.air.close()
        await self.pokes.close()
        await self.jobs.aclose(close_connection_pool=True)
        await self.redis.aclose()
        await self.blobs.close()
        self.passwords.close()
        await self.blobs.close()
        await self.engine.database.close()


def build(
    settings: Settings, *, clock: Clock | None = None, listeners: Sequence[CommitListener] = (), pool_size: int = 10
) -> Application:
    """Wires a process. The settings must carry the URLs of the databases and of Redis."""
    load_rooms()
    if not (settings.database_url and settings.database_platform_url and settings.database_provision_url):
        raise ValueError("the settings are not bound to a database")
    if not settings.redis_url:
        raise ValueError("the settings are not bound to Redis")
    clock = clock or SystemClock(timedelta(seconds=settings.clock_offset_seconds))
    database = Database(
        settings.database_url, settings.database_platform_url, settings.database_provision_url, pool_size=pool_size
    )
    metrics = Metrics()
    metrics.watch_pools(database)
    redis, jobs = Redis.from_url(settings.redis_url), queue(settings.redis_url)
    pokes = RedisPokes(redis, jobs, metrics.poke_failures.inc)
    told = (pokes, *listeners)
    limits = AttachmentLimits(settings.files.file_bytes, settings.files.tenant_bytes)
    parts = wiring(limits)
    executor = Executor(database, clock, AccessReader(), parts, told, metrics.command, RoleAuthorizer())
    engine = Engine(database, executor, clock, KeyRing([(key.id, key.secret) for key in settings.keys]))
    mail = mail_sender(_smtp_url(settings.smtp), settings.mail_from, settings.data_dir)
    sms, passwords = sms_sender(settings.sms_url, {}, settings.data_dir), PasswordWorkers()
    quotas = Quotas(Buckets(redis), settings.quotas, metrics.throttle)
    blobs, fair = open_blobs(settings), Fair(pool_size, quotas.ahead)
    identity = IdentityService(engine, redis, mail, sms, public_url=settings.public_url, passwords=passwords)
    return Application(
        settings=settings,
        engine=engine,
        redis=redis,
        jobs=jobs,
        pokes=pokes,
        metrics=metrics,
        mail=mail,
        sms=sms,
        passwords=passwords,
        identity=identity,
        sync=MeasuredSync(engine, Loads(engine, blobs, turns=fair.heavy, quick=fair.quick), fair=fair, metrics=metrics),
        gate=Gate(quotas),
        blobs=blobs,
        air=Air(engine, pokes, identity.sessions_in_force, fair.greetings),
        files=FileService(engine, blobs),
    )


def settle_memory() -> None:
    """What was made at start stays for good: out of the collector's sight a full collection stops requests for
    milliseconds instead of half a second. And it looks seldom: nearly all that a request makes ends without it, and
    each of its looks stops whoever is under way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def wiring(limits: AttachmentLimits) -> Parts:
    """Ports and event handlers: what one room offers to another."""
    return Parts(
        ports={ScopePaths: MemberPaths(), AttachmentLimits: limits},
        handlers={
            Committing: [follow_records],
            CustomerReassigned: [move_activities, move_orders],
            PersonErased: [erase_activities, erase_orders],
            MemberErased: [forget_places],
            DeviceClosed: [close_numbers],
            OrderDelivered: [move_stock_out],
            TrialDataGone: [settle_after_clearing, clear_demo_with_trial],
        },
    )


def _smtp_url(smtp: SmtpSettings | None) -> str | None:
    """The sender's own spelling of the checked setting."""
    if smtp is None:
        return None
    host = f"[{smtp.host}]" if ":" in smtp.host else smtp.host
    who = f"{quote(smtp.username, safe='')}:{quote(smtp.password or '', safe='')}@" if smtp.username else ""
    upgrade = "?starttls=1" if smtp.starttls else ""
    return f"{'smtps' if smtp.tls else 'smtp'}://{who}{host}:{smtp.port}{upgrade}"
