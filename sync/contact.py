"""When the server heard from a device, and what the device had queued when its company's right to write ended.

Edits made before the end still count when they come later. When they were made is a device's word; which they are is
not: at its first contact after the end it says how many wait, and what it numbers behind these was made later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from infra.questions import Asking, Question, rows_as
from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import Opening, TenantContext
from kernel.engine import Engine
from kernel.executor import OfflineClaim
from kernel.policy import Actor, Rung
from kernel.rows import loading
from sync.errors import DeviceMustEncrypt, DeviceRevoked
from sync.module_scope import Modules, within_modules
from sync.wiping import allows_last_push, refuse_wiped
from sync.wire import About
from tenants.access import standing
from tenants.device_claims import DeviceClaims
from tenants.device_entities import Device
from tenants.device_settings import ENCRYPTION_REQUIRED
from values.errors import NotFound, ReadOnlyMaintenance, Words

# What a busy person makes in the trial's fifteen days; a device that claims more has the rest wait.
MOST_QUEUED = 5_000
_ACCESS = """
SELECT a.trial_ends_at, a.subscribed_from, a.subscribed_until, s.value AS encryption,
       (SELECT array_agg(m.module) FROM app.module_entitlement AS m WHERE m.tenant_id = a.tenant_id
        AND m.starts_at <= %s AND (m.ends_at IS NULL OR m.ends_at > %s)) AS modules
FROM app.tenant_access AS a LEFT JOIN app.tenant_setting AS s ON s.tenant_id = a.tenant_id AND s.name = %s
WHERE a.tenant_id = %s
"""
_OWN = "WHERE tenant_id = %s AND id = %s AND member_id = %s"
# A heartbeat a pull would be a write a poke; to half a minute is enough for a list of devices.
_CONTACT_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Known:
    """A device as the request found it. `ended_at`: when the company's right to write ended; None while it holds.
    `must_encrypt`: the company lets only encrypted devices fetch data. `modules`: what it may use now."""

    device: Device
    ended_at: datetime | None
    must_encrypt: bool = False
    modules: Modules = None

    def reader(self, actor: Actor) -> Actor:
        """The actor as far as they may read: without what belongs to modules that the company does not have."""
        return within_modules(actor, self.modules)

    def may_fetch(self, encrypted: bool | None) -> bool:
        """Whether data may go to the device, which says so of its replica."""
        return encrypted is True or not self.must_encrypt

    def claims(self) -> bool:
        """Whether this is its first contact after that end."""
        return self.ended_at is not None and self.device.backlog_end_at != self.ended_at

    def claim(self, n: int, made_at: datetime) -> OfflineClaim | None:
        """What the device may claim for its n-th mutation; None when it cannot have been made before the end."""
        backlog_to = self.device.backlog_to if self.device.backlog_end_at == self.ended_at else 0
        if self.ended_at is not None and n > (backlog_to or 0):
            return None
        return OfflineClaim(made_at, self.device.last_contact_at)


class NoteContact(Input, frozen=True, kw_only=True):
    """`backlog_to`: the number of the last mutation that waits on the device; `heard`: none does any more.
    `pulled_clock`: the tenant clock of a pull that has just been completed."""

    id: UUID
    backlog_to: int = 0
    heard: bool = True
    claims: DeviceClaims | None = None
    pulled_clock: int | None = None


async def _note_contact(ctx: Context, data: NoteContact) -> None:
    # Not as an edit of the row: a heartbeat must neither fill the audit nor move the row's version.
    entitlements, own = ctx.entitlements, [ctx.tenant_id, data.id, ctx.actor.member_id]
    if entitlements.rung is Rung.READ_ONLY and entitlements.ends_at is not None:
        statement = (
            f"UPDATE app.device SET backlog_to = least(%s, last_mutation + {MOST_QUEUED}), backlog_end_at = %s "  # noqa: S608 - ours
            f"{_OWN} AND backlog_end_at IS DISTINCT FROM %s"
        )
        await ctx.session.write_now(statement, [data.backlog_to, entitlements.ends_at, *own, entitlements.ends_at])
    values: dict[str, Any] = {"last_seen_at": ctx.now}
    if data.claims is not None:
        values |= data.claims.columns(ctx.now)
    if data.pulled_clock is not None:
        values |= {"pulled_clock": data.pulled_clock, "pulled_at": ctx.now}
    if data.heard:
        values["last_contact_at"] = ctx.now
    if ctx.actor.session_id is not None:
        values["session_id"] = ctx.actor.session_id
    sets = ", ".join(f"{name} = %s" for name in values)  # the names are ours
    statement = f"UPDATE app.device SET {sets} {_OWN}"  # noqa: S608
    await ctx.session.write_now(statement, [*values.values(), *own])


NOTE_CONTACT = Command(
    name="sync.note_contact",
    handler=_note_contact,
    input_type=NoteContact,
    result_type=None,
    permission=None,
    module=None,
    zh="记录设备联系",
    en="Note a device's contact",
    on_read_only=True,
    api=False,
)


async def known_device(
    engine: Engine, actor: Actor, device_id: UUID, *, last_push: str | None = None, greeting: bool = False
) -> Known:
    """The member's own device; another's is as unknown as none. `last_push`: the wipe order that allows one.
    `greeting`: the door cannot hand out a wipe order. Raises NotFound, DeviceRevoked, DeviceWiped."""
    now = engine.clock.now()
    asking = Asking([_access(actor.tenant_id, now)], [loading(Device, actor.tenant_id, device_id, for_update=False)])
    context = TenantContext(actor.tenant_id, actor.member_id)
    access, loaded = await engine.database.asked(Opening(context, asking))
    if access is None or loaded is None or loaded.row.member_id != actor.member_id:
        raise NotFound(field="deviceId", entity=Words("设备", "device"))
    device: Device = loaded.row
    if not allows_last_push(engine.keys, device, last_push):
        await refuse_wiped(engine, device, hand_out=not greeting)
    if device.revoked_at is not None:
        raise DeviceRevoked(field="deviceId")
    must_encrypt = (access.encryption or {}).get("on") is True
    return Known(device, access.ended_at(now), must_encrypt, access.readable(now))


async def reader_now(engine: Engine, actor: Actor) -> Actor:
    """As `Known.reader`, of a member whose device is not known yet."""
    now = engine.clock.now()
    asking = Asking([_access(actor.tenant_id, now)], [])
    [access] = await engine.database.asked(Opening(TenantContext(actor.tenant_id, actor.member_id), asking))
    return within_modules(actor, access.readable(now)) if access is not None else actor


class _Access(msgspec.Struct):
    """Where the company stands, the modules in force, and its setting about encryption."""

    trial_ends_at: datetime
    subscribed_from: datetime | None
    subscribed_until: datetime | None
    encryption: dict[str, Any] | None
    modules: list[str] | None

    def ended_at(self, now: datetime) -> datetime | None:
        """When the company's right to write ended; None while it holds."""
        rung, ends_at = standing(self.trial_ends_at, self.subscribed_from, self.subscribed_until, now)
        return ends_at if rung is Rung.READ_ONLY else None

    def readable(self, now: datetime) -> Modules:
        return None if self.ended_at(now) is not None else frozenset(self.modules or ())


def _access(tenant_id: UUID, now: datetime) -> Question[_Access | None]:
    def answer(rows: str | None) -> _Access | None:
        return next(iter(rows_as(_Access, rows)), None)

    return Question(_ACCESS, [now, now, ENCRYPTION_REQUIRED, tenant_id], answer)


def refuse_unencrypted(known: Known, about: About | None) -> None:
    """Before data goes to a device. What waits on it may still come from it. Raises DeviceMustEncrypt."""
    if not known.may_fetch(about.encrypted if about is not None else None):
        raise DeviceMustEncrypt(field="about.encrypted")


def claims_of(about: About | None, queued: int, schema_hash: str | None = None) -> DeviceClaims:
    """What a request says of its device, as the registry keeps it."""
    said = structs.asdict(about) if about is not None else {}
    return DeviceClaims(**said, queued=queued, schema_hash=schema_hash)


async def note_contact(
    engine: Engine,
    actor: Actor,
    known: Known,
    backlog_to: int,
    queued: int,
    claims: DeviceClaims | None = None,
    pulled_clock: int | None = None,
) -> None:
    """While mutations wait on the device the last contact stands still: they were made after that one, and a queue that
    comes in several pieces must not make its own later pieces late. `queued`: how many wait still."""
    now, device = engine.clock.now(), known.device
    heard = not queued and now - device.last_contact_at >= _CONTACT_EVERY
    seen = now - device.last_seen_at >= _CONTACT_EVERY
    first_load = pulled_clock is not None and device.pulled_clock is None
    changed = claims is not None and claims.encrypted not in (None, device.encrypted)
    signed_in_anew = actor.session_id is not None and actor.session_id != device.session_id
    if not (heard or seen or first_load or changed or known.claims() or signed_in_anew):
        return
    data = NoteContact(id=device.id, backlog_to=backlog_to, heard=heard, claims=claims, pulled_clock=pulled_clock)
    try:
        await engine.executor.run_internal(actor.with_device(known.device.id), NOTE_CONTACT, data)
    except ReadOnlyMaintenance:
        return  # reading goes on during maintenance, and nothing is taken; the next contact is noted
