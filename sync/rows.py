"""A row's text: the JSON that devices keep, hash and show. PostgreSQL writes it, so that no row passes through Python.

One text for one state of a row, whichever way it travels (page, live delta, load file, repair): a replica keeps the
bytes as they came, and both sides hash them (PROTOCOL.md, "Rows"). Rows whose content goes by their reader are the
exception: inbox entries and roles, and what devices of an older version are told otherwise, are encoded here in Python,
everywhere alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy import any_ as any_of

from kernel.db import TenantSession
from kernel.entity import TenantRow, described
from kernel.policy import Actor
from kernel.query import visible
from sync.collections import Collection
from sync.spelling import spelled
from tenants.device_entities import InboxEntry
from tenants.entities import Role
from tenants.inbox_reach import shown_rows
from tenants.mask_names import with_wire_masks
from tenants.masking import without_masked
from values.wire import to_wire, wire_name

_BY_READER: frozenset[type[TenantRow]] = frozenset({InboxEntry, Role})
_FETCHED = 500  # most rows are below a kilobyte: what PostgreSQL gathers beyond half a megabyte it copies once more
ID = slice(7, 43)  # {"id":"01890a5d-ac96-774b-bcce-b302099a8057",…


def id_of(text: str) -> str:
    """The id in a row's text: always its first member."""
    return text[ID]


def digest_of(text: str) -> int:
    """64 bits of a row's content. MD5 is no secret here: it only spreads the bits alike on server and device."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "big")


def by_reader(found: Collection) -> bool:
    """Whether PostgreSQL cannot write the collection's texts: two readers with the same rights may read different ones
    of one row, or the device is of an older version that is told the row otherwise."""
    return found.entity in _BY_READER or found.told is not None


def text_of(found: Collection, actor: Actor, *conditions: ColumnElement[bool]) -> Select[Any]:
    """A select of (text) for the rows of the collection that the actor may view; not for rows by reader."""
    return text_where(found.shown_to(actor), found.entity, *visible(found.entity, actor, archived=True), *conditions)


def text_where(
    columns: Sequence[Column[Any]], entity: type[TenantRow], *conditions: ColumnElement[bool]
) -> Select[Any]:
    """The same for the rows that meet the conditions, whoever may view them: for who says so there."""
    return select(spelled(columns).label("text")).select_from(entity).where(*conditions)


def of_ids(entity: type[TenantRow], ids: Iterable[str]) -> ColumnElement[bool]:
    """`id = ANY(array)`: one parameter however many they are, which PostgreSQL reads."""
    listed = f"{{{','.join(ids)}}}"
    return entity.id == any_of(cast(bindparam("ids", listed, type_=Text()), ARRAY(Uuid())))


async def texts(
    session: TenantSession, actor: Actor, found: Collection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[str]:
    """The texts of the collection's visible rows, in id order if there is a limit."""
    if by_reader(found):
        return await _texts_by_reader(session, actor, found, *conditions, limit=limit)
    if limit is None:
        return list((await session.core(text_of(found, actor, *conditions))).scalars())
    ids = select(found.entity.id).where(*visible(found.entity, actor, archived=True), *conditions)
    page = ids.order_by(found.entity.id).limit(limit).scalar_subquery()
    chosen = found.entity.id.in_(page)
    rows = list((await session.core(text_of(found, actor, chosen))).scalars())
    return sorted(rows, key=id_of)


async def all_texts(
    session: TenantSession,
    actor: Actor,
    found: Collection,
    *conditions: ColumnElement[bool],
    beside: Sequence[Column[Any]] = (),
) -> AsyncGenerator[list[bytes], None]:
    """Every visible row in id order, in UTF-8, some hundred at a time, which keeps the memory bounded. In a snapshot.

    PostgreSQL hands out hundreds of texts as one value: a row by itself costs both sides as much again on its way.
    `beside`: text columns without nulls and line ends, which follow each text, a tab before each of them: JSON has
    none. Rows by reader have no such columns.
    """
    if by_reader(found):
        async for some in all_by_reader(session, actor, found, *conditions):
            yield [text.encode() for text in some]
        return
    entity, after = found.entity, UUID(int=0)
    behind = entity.id > bindparam("after", after, type_=Uuid())
    page = text_of(found, actor, *conditions, behind).add_columns(*beside).order_by(entity.id).limit(_FETCHED)
    rows_of = page.subquery("r")
    line = func.concat_ws(literal_column("E'\\t'"), rows_of.c.text, *(rows_of.c[column.name] for column in beside))
    statement = select(func.string_agg(line if beside else rows_of.c.text, literal_column("E'\\n'")))
    compiled = statement.compile(dialect=_dialect(session), compile_kwargs={"render_postcompile": True})
    query, given = str(compiled).encode(), dict(compiled.params)
    connection = await session.raw()
    async with connection.cursor() as cursor:
        cursor.adapters.register_loader("text", _Undecoded)
        while True:
            await cursor.execute(query, {**given, "after": after}, prepare=True)
            (joined,) = await cursor.fetchone() or (None,)
            rows: list[bytes] = joined.split(b"\n") if joined is not None else []
            if rows:
                yield rows
            if len(rows) < _FETCHED:
                return
            after = UUID(rows[-1][ID].decode())


async def all_by_reader(
    session: TenantSession, actor: Actor, found: Collection, *conditions: ColumnElement[bool]
) -> AsyncGenerator[list[str], None]:
    """The same for a collection whose texts are made here."""
    after = UUID(int=0)
    while True:
        behind = found.entity.id > after
        rows = await _texts_by_reader(session, actor, found, *conditions, behind, limit=_FETCHED)
        if rows:
            yield rows
        if len(rows) < _FETCHED:
            return
        after = UUID(id_of(rows[-1]))


class _Undecoded(Loader):
    """A text as PostgreSQL sent it."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _dialect(session: TenantSession) -> Any:
    return session.orm.get_bind().dialect


async def _texts_by_reader(
    session: TenantSession, actor: Actor, found: Collection, *conditions: ColumnElement[bool], limit: int | None
) -> list[str]:
    columns = found.shown_to(actor)
    statement = select(*columns).where(*visible(found.entity, actor, archived=True), *conditions)
    read = await session.core(statement.order_by(found.entity.id).limit(limit))
    rows: Sequence[Any] = [row._mapping for row in read]
    if found.entity is InboxEntry:
        seen = await shown_rows(session, actor, rows)
        rows = [without_masked(entry, actor.authority) for entry in seen]
    encoded = ({wire_name(name): to_wire(value) for name, value in row.items()} for row in rows)
    named: Iterable[dict[str, Any]] = (with_wire_masks(described(found.entity).name, row) for row in encoded)
    if found.told is not None and found.told.convert is not None:
        named = map(found.told.convert, named)
    return [msgspec.json.encode(row).decode() for row in named]


def digest_sql(texts_of: Select[Any]) -> Any:
    """A subquery (id, digest) over a select of texts; the digest is `digest_of` as a signed 64-bit integer."""
    rows = texts_of.subquery("t")
    number = literal_column("('x' || left(md5(t.text), 16))::bit(64)::bigint", BigInteger)
    row_id = func.substr(rows.c.text, ID.start + 1, ID.stop - ID.start)
    return select(row_id.label("id"), number.label("digest")).select_from(rows)
