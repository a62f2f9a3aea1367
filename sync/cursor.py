"""The cursor: where a replica stands. Signed and opaque, so that a device can neither read on nor widen its scope."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from uuid import UUID

import msgspec
from msgspec import structs

from kernel.policy import Actor
from sync.errors import CursorInvalid
from sync.views import View
from values.keyring import InvalidToken, KeyRing

_PURPOSE = "sync.cursor"
_WINDOW_BITS = 12


class Fill(msgspec.Struct, frozen=True, array_like=True):
    """Rows of a collection still to be read: those under `prefixes`, or all. `after`: the last id read."""

    collection: str
    prefixes: tuple[str, ...] | None = None
    after: UUID | None = None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """`clock`: all changes up to it are known. `held`: the view of each collection that the device has, or will have
    when `fills` are read."""

    tenant_id: UUID
    member_id: UUID
    device_id: UUID
    epoch: UUID
    clock: int
    held: dict[str, View]
    fills: list[Fill] = []


def without(cursor: Cursor, collections: Iterable[str]) -> Cursor:
    """The same for a device that holds nothing of these collections."""
    return structs.replace(
        cursor, held={name: view for name, view in cursor.held.items() if name not in set(collections)}
    )


def sign(keys: KeyRing, cursor: Cursor) -> str:
    """Packed: it travels both ways with every pull, and its paths repeat each other."""
    packer = zlib.compressobj(level=1, wbits=-_WINDOW_BITS, memLevel=4)  # a small one is set up in microseconds
    return keys.sign(_PURPOSE, packer.compress(msgspec.msgpack.encode(cursor)) + packer.flush())


def read(keys: KeyRing, token: str, actor: Actor, device_id: UUID) -> Cursor:
    """The cursor, if we made it for this member on this device. Raises CursorInvalid: forged, foreign or too old."""
    try:
        cursor = msgspec.msgpack.decode(zlib.decompress(keys.verify(_PURPOSE, token), -_WINDOW_BITS), type=Cursor)
    except (InvalidToken, zlib.error, msgspec.DecodeError):
        raise CursorInvalid(field="cursor") from None
    if (cursor.tenant_id, cursor.member_id, cursor.device_id) != (actor.tenant_id, actor.member_id, device_id):
        raise CursorInvalid(field="cursor")
    return cursor
