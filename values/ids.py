"""Row ids: UUIDv7, made by whoever creates the row, a device included."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

from values.errors import InvalidInput, Words

TenantId = NewType("TenantId", UUID)
MemberId = NewType("MemberId", UUID)
UserId = NewType("UserId", UUID)
DeviceId = NewType("DeviceId", UUID)
SessionId = NewType("SessionId", UUID)


def new_id() -> UUID:
    """A UUIDv7: its first 48 bits are the Unix time in milliseconds, so new rows lie together in an index."""
    return uuid7()


def caller_made(row_id: UUID, field: str) -> UUID:
    """The id that a caller made for a new row. Raises InvalidInput unless it is a UUIDv7.

    Other versions would scatter new rows over the index, and the nil id is nobody's.
    """
    if row_id.version != 7:
        raise InvalidInput(field=field, problem=Words(f"{field} 必须是 UUIDv7", f"{field} must be a UUIDv7"))
    return row_id


def path_key(row_id: UUID) -> str:
    """The 12 hexadecimal digits (48 random bits) that stand for a row in a scope path."""
    return row_id.hex[-12:]
