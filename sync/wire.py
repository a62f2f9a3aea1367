"""The wire of /sync/v1: strict typed requests and answers, camelCase, as PROTOCOL.md describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from values.errors import InvalidInput
from values.malformed import malformed

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_MUTATIONS = 500
MAX_PAGE_ROWS = 5_000
MAX_COLLECTIONS = 100

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Hash = Annotated[str, msgspec.Meta(max_length=64)]
_Told = Annotated[str, msgspec.Meta(max_length=100)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of requests and answers."""


class About(Wire, frozen=True, kw_only=True):
    """What a device says of itself with a request; all of it claims, all of it optional.

    `client`: the sync library and its version. `persistent`: the system does not clear its storage by itself.
    """

    os_version: _Told | None = None
    app_version: _Told | None = None
    client: _Told | None = None
    oldest_queued_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    replica_bytes: _Count | None = None
    encrypted: bool | None = None
    persistent: bool | None = None


class RegisterRequest(Wire, frozen=True, kw_only=True):
    """`member_id`: whom the replica belongs to already; left out by one that was never registered."""

    device_id: UUID
    name: _Name
    platform: _Name
    member_id: UUID | None = None
    about: About | None = None


class CollectionSchema(Wire, frozen=True, kw_only=True):
    """`fields`: wire name → merge policy, for those that the member sees."""

    entity: str
    archivable: bool
    fields: dict[str, str]


class CommandSchema(Wire, frozen=True, kw_only=True):
    """What a queued command does to the replica at once. `effect`: create, edit, archive, restore or none."""

    collection: str | None
    effect: str
    fields: list[str]
    merges: bool


class Schema(Wire, frozen=True, kw_only=True):
    hash: str
    collections: dict[str, CollectionSchema]
    commands: dict[str, CommandSchema]


class RegisterResponse(Wire, frozen=True, kw_only=True):
    device_id: UUID
    member_id: UUID
    last_mutation: int
    schema: Schema
    server_time: datetime


class PullRequest(Wire, frozen=True, kw_only=True):
    """`queued`: how many mutations still wait on the device; while any does, the contact for late edits stands."""

    device_id: UUID
    cursor: Annotated[str, msgspec.Meta(max_length=8_192)] | None = None
    collections: Annotated[list[_Name], msgspec.Meta(max_length=MAX_COLLECTIONS)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE_ROWS)] = 1_000
    queued: _Count = 0
    checksums: bool = False
    schema: _Hash | None = None
    about: About | None = None


class CollectionDelta(Wire, frozen=True, kw_only=True):
    puts: list[dict[str, Any]] = []
    removes: list[UUID] = []


class Checksum(Wire, frozen=True, kw_only=True):
    """`hash`: XOR over all rows of the first 8 bytes of MD5(id:version), big-endian, as 16 hexadecimal digits."""

    count: int
    hash: str


class PullResponse(Wire, frozen=True, kw_only=True):
    """`rebase`: this page begins a fresh load. `described` comes when the request's schema is another."""

    cursor: str
    more: bool
    rebase: bool
    schema: str
    collections: dict[str, CollectionDelta]
    server_time: datetime
    described: Schema | None = None
    checksums: dict[str, Checksum] | None = None


class Mutation(Wire, frozen=True, kw_only=True):
    """`base`: what the member saw; `server_base`: the server's value where that was another (a queued edit over it).

    `unsendable`: the path of an argument that the device could not write as JSON and sent as text.
    """

    n: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    uuid: UUID
    command: _Name
    arguments: dict[str, Any]
    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    base: dict[str, Any] = {}
    server_base: dict[str, Any] = {}
    unsendable: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    schema: _Hash | None = None


class PushRequest(Wire, frozen=True, kw_only=True):
    """`queued`: how many mutations wait on the device behind these. `wipe_order`: the order that allows a last push."""

    device_id: UUID
    mutations: Annotated[list[Mutation], msgspec.Meta(max_length=MAX_MUTATIONS)]
    queued: _Count = 0
    about: About | None = None
    wipe_order: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None


class WireRefusal(Wire, frozen=True, kw_only=True):
    code: str
    message: str
    field: str | None
    remedy: str


class AppliedTo(Wire, frozen=True, kw_only=True):
    entity: str | None
    id: UUID | None
    version: int | None


class MutationOutcome(Wire, frozen=True, kw_only=True):
    """`status`: applied, merged (part of it is in the inbox), inbox or waiting."""

    n: int
    uuid: UUID
    status: str
    result: AppliedTo | None = None
    inbox_id: UUID | None = None
    error: WireRefusal | None = None


class PushResponse(Wire, frozen=True, kw_only=True):
    """`stopped`: why the rest was not taken; the device keeps it and comes again."""

    outcomes: list[MutationOutcome]
    last_mutation: int
    server_time: datetime
    stopped: WireRefusal | None = None


class PokeHello(Wire, frozen=True, kw_only=True):
    """The first message on the socket: a token never stands in a URL, which proxies log."""

    token: Annotated[str, msgspec.Meta(max_length=200)]
    device_id: UUID


WireT = TypeVar("WireT", bound=Wire)


def decode(body: bytes, kind: type[WireT]) -> WireT:
    """A request, strictly. Raises InvalidInput."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        told = malformed(str(wrong))
        raise InvalidInput(field=told.field, problem=told.problem) from None


def encode(answer: Wire) -> bytes:
    return msgspec.json.encode(answer)
