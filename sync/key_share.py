"""The server's half of a device's key: random, sealed for its place."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from secrets import token_bytes
from uuid import UUID

from tenants.device_entities import Device
from values.errors import NotFound, Words
from values.keyring import KeyRing

_SHARE = "device.key_share"
_SHARE_BYTES = 32


def new_share(keys: KeyRing, tenant_id: UUID, device_id: UUID) -> str:
    """A random half of a key, sealed for its place."""
    return keys.encrypt(_SHARE, token_bytes(_SHARE_BYTES), _place(tenant_id, device_id))


def opened_share(keys: KeyRing, device: Device) -> str:
    """The device's share, base64url without padding. Raises NotFound when it is destroyed."""
    if device.key_share is None:
        raise NotFound(field="deviceId", entity=Words("密钥份额", "key share"))
    share = keys.decrypt(_SHARE, device.key_share, _place(device.tenant_id, device.id))
    return urlsafe_b64encode(share).rstrip(b"=").decode()


def _place(tenant_id: UUID, device_id: UUID) -> bytes:
    return f"{tenant_id}:{device_id}".encode()
