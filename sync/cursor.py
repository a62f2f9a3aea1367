"""The cursor: where a replica stands. Signed and opaque, so that a device can neither read on nor widen its scope."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

import msgspec

from kernel.entity import ScopedRow, described, entities
from kernel.policy import Actor
from kernel.query import NARROWED
from sync.collections import Collection, shape_hash
from sync.errors import CursorInvalid
from tenants.device_entities import InboxEntry
from values.keyring import InvalidToken, KeyRing

_PURPOSE = "sync.cursor"


class Loading(msgspec.Struct, frozen=True, array_like=True):
    """A first load in progress: the collections still to read, and the last id read of the first of them."""

    collections: list[str]
    after: UUID | None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """`clock`: all changes up to it are known. `scope`: hash of what the member may see, and how, by collection."""

    tenant_id: UUID
    member_id: UUID
    device_id: UUID
    epoch: UUID
    clock: int
    scope: str
    loading: Loading | None = None


def scope_hash(actor: Actor, collections: Mapping[str, Collection]) -> str:
    """Changes with a grant, a move of the member, a mask or the schema: then the replica loads afresh."""
    parts: list[object] = [shape_hash(), sorted(actor.authority.masks)]
    for name, found in sorted(collections.items()):
        held = actor.authority.prefixes(described(found.entity).view_permission)
        # An entity without a data scope is seen whole or not at all, wherever the permission holds.
        parts.append([name, sorted(held) if issubclass(found.entity, ScopedRow) else []])
    if any(found.entity is InboxEntry or found.entity in NARROWED for found in collections.values()):
        # What these show goes by the view of the row that they are about, whichever collections are asked for.
        views = sorted({described(entity).view_permission for entity in entities()})
        parts.append([[view, sorted(actor.authority.prefixes(view))] for view in views])
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def sign(keys: KeyRing, cursor: Cursor) -> str:
    return keys.sign(_PURPOSE, msgspec.msgpack.encode(cursor))


def read(keys: KeyRing, token: str, actor: Actor, device_id: UUID) -> Cursor:
    """The cursor, if we made it for this member on this device. Raises CursorInvalid: forged, foreign or too old."""
    try:
        cursor = msgspec.msgpack.decode(keys.verify(_PURPOSE, token), type=Cursor)
    except (InvalidToken, msgspec.DecodeError):
        raise CursorInvalid(field="cursor") from None
    if (cursor.tenant_id, cursor.member_id, cursor.device_id) != (actor.tenant_id, actor.member_id, device_id):
        raise CursorInvalid(field="cursor")
    return cursor
