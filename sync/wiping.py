"""Wipes: who is told to erase, who may push once more before, and what a receipt must prove."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.command import declared
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.policy import Actor, Authority
from sync.device_wire import WipedRequest, WipedResponse
from sync.errors import DeviceRevoked, DeviceWiped
from tenants.commands.wipe_device import ConfirmWipe, HandOutWipe, confirm_wipe, hand_out_wipe
from tenants.device_entities import Device
from tenants.errors import WipeOrderInvalid
from tenants.identity.rotation import EndedSession
from tenants.wipe_orders import opened_order, order_for, refuse_unproven
from values.keyring import KeyRing


def is_pending(device: Device) -> bool:
    return device.wipe_requested_at is not None and device.wiped_at is None


def allows_last_push(keys: KeyRing, device: Device, order: str | None) -> bool:
    """Whether this is the push that the pending order asked for first."""
    if order is None or not is_pending(device) or not order_for(keys, device).after_push:
        return False
    named = opened_order(keys, order)
    return (named.tenant_id, named.device_id, named.order_id) == (device.tenant_id, device.id, device.wipe_order_id)


async def refuse_wiped(engine: Engine, device: Device, *, hand_out: bool = True) -> None:
    """Raises DeviceWiped while a wipe is pending: with the order, from then on not to be called off, or without."""
    if not is_pending(device):
        return
    if not hand_out:
        raise DeviceWiped
    actor = Actor(device.tenant_id, None, Authority(), on_behalf_of="sync").with_device(device.id)
    # During maintenance this refuses: an order that might yet be called off must not leave.
    told = await engine.executor.run_internal(actor, declared(hand_out_wipe), HandOutWipe(id=device.id))
    if told.value is not None:  # else it was called off this moment
        raise DeviceWiped(order_for(engine.keys, told.value))


async def refuse_ended(engine: Engine, ended: EndedSession, device_id: UUID) -> None:
    """For a device whose sign-in is over: a wipe reaches it all the same. Raises DeviceWiped, DeviceRevoked."""
    async with engine.database.tenant(TenantContext(ended.tenant_id, ended.member_id)) as session:
        device: Device | None = await session.scalar(
            select(Device).where(
                Device.tenant_id == ended.tenant_id, Device.id == device_id, Device.member_id == ended.member_id
            )
        )
        session.orm.expunge_all()
    # Of several devices of one member each has its own sign-ins: another's says nothing about this one.
    if device is not None and (device_id in ended.device_ids or device.session_id == ended.session_id):
        await refuse_wiped(engine, device)
        if device.revoked_at is not None:
            raise DeviceRevoked(field="deviceId")


async def take_receipt(engine: Engine, request: WipedRequest) -> WipedResponse:
    """Needs no sign-in: that ended with the wipe. Raises WipeOrderInvalid."""
    named = opened_order(engine.keys, request.order)
    if named.device_id != request.device_id:
        raise WipeOrderInvalid(field="deviceId")
    refuse_unproven(engine.keys, named, request.order, request.unsent, request.method, request.at, request.proof)
    actor = Actor(named.tenant_id, None, Authority(), on_behalf_of="sync").with_device(named.device_id)
    data = ConfirmWipe(
        id=named.device_id,
        order_id=named.order_id,
        unsent=request.unsent,
        method=request.method,
        at=request.at,
    )
    outcome = await engine.executor.run_internal(actor, declared(confirm_wipe), data)
    return WipedResponse(device_id=named.device_id, received_at=outcome.value.received_at)
