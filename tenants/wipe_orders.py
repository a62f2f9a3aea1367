"""Wipe orders and their receipts: who holds the order's one-time secret, and nobody else, can confirm the wipe.

An order names the company, the device and the request, signed, so that a receipt needs no sign-in. Its secret is
derived from the key ring and not stored; the receipt carries an HMAC made with it over all that it says.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from tenants.device_entities import Device
from tenants.errors import WipeOrderInvalid
from values.keyring import InvalidToken, KeyRing
from values.wire import to_wire

_ORDER, _SECRET = "device.wipe_order", "device.wipe_secret"


class OpenedOrder(msgspec.Struct, frozen=True, array_like=True):
    tenant_id: UUID
    device_id: UUID
    order_id: UUID


@dataclass(frozen=True, slots=True)
class WipeOrder:
    """What a device is told. `secret`: for the proof in its receipt."""

    order: str
    secret: str
    after_push: bool

    def wire(self) -> dict[str, object]:
        return {"order": self.order, "secret": self.secret, "afterPush": self.after_push}


def order_for(keys: KeyRing, device: Device) -> WipeOrder:
    """The pending order of a device: the same each time, so that a lost answer can be given again."""
    assert device.wipe_order_id is not None
    named = OpenedOrder(device.tenant_id, device.id, device.wipe_order_id)
    token = keys.sign(_ORDER, msgspec.msgpack.encode(named))
    return WipeOrder(
        token, keys.fingerprint(_SECRET, _subject(named)), device.revoked_at is None and bool(device.wipe_after_push)
    )


def opened_order(keys: KeyRing, token: str) -> OpenedOrder:
    """Raises WipeOrderInvalid for what we never gave out."""
    try:
        return msgspec.msgpack.decode(keys.verify(_ORDER, token), type=OpenedOrder)
    except (InvalidToken, msgspec.DecodeError):
        raise WipeOrderInvalid(field="order") from None


def refuse_unproven(
    keys: KeyRing, named: OpenedOrder, token: str, unsent: int | None, method: str, at: datetime, proof: str
) -> None:
    """Raises WipeOrderInvalid unless the proof was made with the order's secret over exactly this receipt."""
    message = receipt_text(named.device_id, token, unsent, method, at).encode()
    secrets = keys.fingerprints(_SECRET, _subject(named))
    made = (hmac.digest(secret.encode(), message, "sha256").hex() for secret in secrets)
    if sum(hmac.compare_digest(candidate.encode(), proof.encode()) for candidate in made) == 0:
        raise WipeOrderInvalid(field="proof")


def receipt_text(device_id: UUID, order: str, unsent: int | None, method: str, at: datetime) -> str:
    """What the proof is made over: five lines (PROTOCOL.md, Wipe)."""
    told = "-" if unsent is None else str(unsent)
    return "\n".join([str(device_id), order, told, method, str(to_wire(at))])


def _subject(named: OpenedOrder) -> str:
    return f"{named.tenant_id}:{named.device_id}:{named.order_id}"
