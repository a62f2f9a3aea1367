"""The wire of /sync/v1: strict typed requests and answers, camelCase, as PROTOCOL.md describes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec

from values.errors import InvalidInput, RequestMalformed
from values.malformed import malformed

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_MUTATIONS = 500
MAX_PAGE_ROWS = 5_000
MAX_COLLECTIONS = 100

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Hash = Annotated[str, msgspec.Meta(max_length=64)]
_Told = Annotated[str, msgspec.Meta(max_length=100)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
FirstFile = Literal["alone", "none"]
_Version = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]  # of the schema; not told: the first


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
    """`member_id`: whom the replica belongs to already; left out by one that was never registered. `origin_id`: the
    device whose replica this one was copied from."""

    device_id: UUID
    name: _Name
    platform: _Name
    member_id: UUID | None = None
    origin_id: UUID | None = None
    about: About | None = None
    schema_version: _Version = 1


class CollectionSchema(Wire, frozen=True, kw_only=True):
    """`fields`: wire name → merge policy, for those that the member sees."""

    entity: str
    archivable: bool
    fields: dict[str, str]


class ChildRows(Wire, frozen=True, kw_only=True):
    """A list argument whose items are rows of another collection. `parent`: their field that names the new row."""

    collection: str
    parent: str


class AddsTo(Wire, frozen=True, kw_only=True):
    """What each item of the list argument `of`, or the command itself, adds to a row of another collection."""

    collection: str
    match: list[str]
    number: str
    plus: str
    minus: str | None
    of: str | None
    sets: dict[str, str]


class TakesFrom(Wire, frozen=True, kw_only=True):
    """What a transition takes from rows of another collection, by the rows under the one that it moves."""

    collection: str
    rows: str
    parent: str
    match: list[str]
    number: str
    minus: str
    only: dict[str, str]


def places_of(takes: TakesFrom) -> set[str]:
    """The collections that it speaks of."""
    return {takes.collection, takes.rows, *takes.only.values()}


class CommandSchema(Wire, frozen=True, kw_only=True):
    """What a queued command does to the replica at once.

    `effect`: create, edit, archive, restore, transition or none. `sets`: the fields that a transition sets,
    or with which a new row begins. `children`: of a creation, list argument → the rows that it makes;
    `adds`: what it adds to a row of another collection; `takes`: what a transition takes from such rows.
    """

    collection: str | None
    effect: str
    fields: list[str]
    merges: bool
    sets: dict[str, Any] = {}
    children: dict[str, ChildRows] = {}
    adds: AddsTo | None = None
    takes: TakesFrom | None = None


class Schema(Wire, frozen=True, kw_only=True):
    hash: str
    collections: dict[str, CollectionSchema]
    commands: dict[str, CommandSchema]


class RegisterResponse(Wire, frozen=True, kw_only=True):
    device_id: UUID
    member_id: UUID
    last_mutation: int
    schema: Schema
    schema_version: int
    server_time: datetime


class Repair(Wire, frozen=True, kw_only=True):
    """What the device has in one bucket of a collection: id → digest, 16 hexadecimal digits. `of`: so many hashes were
    told."""

    collection: _Name
    bucket: Annotated[int, msgspec.Meta(ge=0, lt=1_024)]
    of: Annotated[int, msgspec.Meta(ge=1, le=1_024)] = 1_024
    have: dict[str, str]


class PullRequest(Wire, frozen=True, kw_only=True):
    """`queued`: how many mutations still wait on the device; while any does, the contact for late edits stands.

    `reload`: collections to begin afresh. `checksums`, `buckets` (of one collection) and `repair` are answered with the
    last page: at the instant that it completes. `at_least`: the `clock` of an answer to a push, which this answer must
    contain.
    """

    device_id: UUID
    cursor: Annotated[str, msgspec.Meta(max_length=65_536)] | None = None
    collections: Annotated[list[_Name], msgspec.Meta(max_length=MAX_COLLECTIONS)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE_ROWS)] = 1_000
    queued: _Count = 0
    reload: Annotated[list[_Name], msgspec.Meta(max_length=MAX_COLLECTIONS)] = []
    checksums: bool = False
    buckets: _Name | None = None
    repair: Repair | None = None
    schema: _Hash | None = None
    schema_version: _Version = 1
    at_least: Annotated[str, msgspec.Meta(max_length=1_024)] | None = None
    about: About | None = None

    @property
    def reads_all(self) -> bool:
        """Whether all rows of something are read, not only what changed."""
        return self.checksums or self.buckets is not None or self.repair is not None


class SectionHeader(Wire, frozen=True, kw_only=True):
    """One collection's part of the body: `removes` lines with an id each, then `puts` lines with a row each.

    `mode`: delta, replace, drop or repair.
    """

    name: str
    mode: str
    removes: int
    puts: int


class Checksum(Wire, frozen=True, kw_only=True):
    """`hash`: XOR over all rows of the first 8 bytes of MD5(the row's text), big-endian, as 16 hexadecimal digits."""

    count: int
    hash: str


class PullHeader(Wire, frozen=True, kw_only=True):
    """The first line of the answer. `rebase`: this page begins a fresh load; what is staged is void.

    `described` comes when the request's schema is another.
    """

    cursor: str
    more: bool
    rebase: bool
    schema: str
    sections: list[SectionHeader]
    server_time: datetime
    follows: str | None = None  # on the air: SHA-256 of the cursor that this page leads on from, 16 digits
    described: Schema | None = None
    checksums: dict[str, Checksum] | None = None
    buckets: list[str] | None = None


class LoadRequest(Wire, frozen=True, kw_only=True):
    """`encodings`: what the device can unpack, best first: zstd, gzip. `lists`: the hash of the list tables that the
    app was built with, for files that hold them filled. `first`: whether the part to begin with comes alone, before the
    whole is made, or not at all; else together."""

    device_id: UUID
    collections: Annotated[list[_Name], msgspec.Meta(max_length=MAX_COLLECTIONS)] | None = None
    encodings: Annotated[list[_Name], msgspec.Meta(max_length=10)] = []
    first: FirstFile | None = None
    lists: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    schema_version: _Version = 1
    about: About | None = None


class AheadRequest(Wire, frozen=True, kw_only=True):
    """Says that a first load is about to be asked for, as LoadRequest will: the device is not registered yet."""

    encodings: Annotated[list[_Name], msgspec.Meta(max_length=10)] = []
    lists: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    schema_version: _Version = 1


class AheadResponse(Wire, frozen=True, kw_only=True):
    """It is being made, or there is nothing to make: nobody is told which."""

    server_time: datetime


class LoadFile(Wire, frozen=True, kw_only=True):
    """A compressed SQLite file. `name`: first (a part, to work with meanwhile) or whole. `sha256`: of its bytes."""

    name: str
    path: str
    encoding: str
    rows: int
    bytes: int
    raw_bytes: int
    sha256: str


class LoadResponse(Wire, frozen=True, kw_only=True):
    """`cursor`: where a device stands that has imported the whole. Without files a first pull brings everything; files
    without a cursor: the whole is being made, ask again."""

    cursor: str | None
    files: list[LoadFile]
    server_time: datetime


@dataclass(frozen=True, slots=True)
class PullResponse:
    """A header line and, for each section in order, its lines."""

    header: PullHeader
    lines: list[str]

    def encoded(self) -> bytes:
        return b"\n".join((msgspec.json.encode(self.header), "\n".join(self.lines).encode()))


class Mutation(Wire, frozen=True, kw_only=True):
    """`base`: what the member saw; `server_base`: the server's value where that was another (a queued edit over it).

    `unsendable`: the path of an argument that the device could not write as JSON and sent as text. `schema_version`: of
    the app when it was made; None: as the push says.
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
    schema_version: _Version | None = None


class PushRequest(Wire, frozen=True, kw_only=True):
    """`queued`: how many mutations wait on the device behind these. `skip_to`: the first number that the device still
    has, when the server asked for one before it that is gone. `wipe_order`: the order that allows a last push."""

    device_id: UUID
    mutations: Annotated[list[Mutation], msgspec.Meta(max_length=MAX_MUTATIONS)]
    queued: _Count = 0
    skip_to: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    about: About | None = None
    wipe_order: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None
    schema_version: _Version = 1


class WireRefusal(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """`problems`: where several fields are wrong at once, each in this form; `message` tells them all."""

    code: str
    message: str
    field: str | None
    remedy: str
    problems: list[WireRefusal] = []


class AppliedTo(Wire, frozen=True, kw_only=True):
    entity: str | None
    id: UUID | None
    version: int | None


class MutationOutcome(Wire, frozen=True, kw_only=True):
    """`status`: applied, merged (part of it is in the inbox), inbox, waiting, parked or settled (a decision about an
    inbox entry that somebody had decided before). `waits_for`: the entries behind which a parked one waits."""

    n: int
    uuid: UUID
    status: str
    result: AppliedTo | None = None
    inbox_id: UUID | None = None
    error: WireRefusal | None = None
    waits_for: list[UUID] = []


class PushResponse(Wire, frozen=True, kw_only=True):
    """`stopped`: why the rest was not taken; the device keeps it and comes again, `retry_after` seconds later if told.

    `clock`: a state that contains every mutation up to `last_mutation`; a pull may ask for it.
    """

    outcomes: list[MutationOutcome]
    last_mutation: int
    clock: str
    server_time: datetime
    stopped: WireRefusal | None = None
    retry_after: int | None = None


class PokeHello(Wire, frozen=True, kw_only=True):
    """The first message on the socket: a token never stands in a URL, which proxies log.

    `cursor`: where the device stands, if pages are to come on the socket.
    """

    token: Annotated[str, msgspec.Meta(max_length=200)]
    device_id: UUID
    cursor: Annotated[str, msgspec.Meta(max_length=65_536)] | None = None
    schema_version: _Version = 1


class PokeStanding(Wire, frozen=True, kw_only=True):
    """A later message of the device: it pulled by itself and stands here now."""

    cursor: Annotated[str, msgspec.Meta(max_length=65_536)] | None


WireT = TypeVar("WireT", bound=Wire)


def decode(body: bytes, kind: type[WireT]) -> WireT:
    """A request, strictly. Raises RequestMalformed for what is no JSON, InvalidInput for what says something else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as wrong:
        told = malformed(str(wrong))
        raise InvalidInput(field=told.field, problem=told) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestMalformed(expected="JSON") from None


def encode(answer: Wire) -> bytes:
    return msgspec.json.encode(answer)
