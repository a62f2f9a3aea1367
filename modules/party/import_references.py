"""What the rows of an import name in words: owners, tags, customers, rows behind custom fields. One statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.db import TenantSession
from kernel.policy import Actor
from kernel.query import visible
from modules.party.entities import Customer
from modules.party.import_errors import OwnerAmbiguous, OwnerUnknown, ReferenceAmbiguous, ReferenceUnknown, TagMissing
from modules.party.import_rows import PreparedRow, plain_name
from tenants.entities import Member, Tag
from values.pinyin import sort_key


class Owners:
    """Active members by account or name."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._by_account: dict[str, Member] = {}
        self._by_name: dict[str, list[Member]] = defaultdict(list)
        for member in members:
            self._by_name[plain_name(member.name)].append(member)
            if member.account:
                self._by_account[member.account.casefold()] = member

    @classmethod
    async def named(cls, session: TenantSession, texts: Iterable[str], *, writing: bool) -> Owners:
        """Those who are called so. Writing holds them in place: a row lies where its owner sits."""
        wanted = {text for text in texts if text}
        if not wanted:
            return cls([])
        keys = [sort_key(text) for text in wanted]
        statement = select(Member).where(
            Member.tenant_id == session.tenant_id,
            Member.deactivated_at.is_(None),
            or_(Member.name_key.in_(keys), Member.account.in_([text.casefold() for text in wanted])),
        )
        if writing:
            statement = statement.order_by(Member.id).with_for_update(read=True)
        return cls(await session.scalars(statement))

    def find(self, text: str) -> Member:
        """Raises OwnerUnknown, OwnerAmbiguous."""
        by_account = self._by_account.get(text.casefold())
        if by_account is not None:
            return by_account
        found = self._by_name.get(plain_name(text), [])
        if not found:
            raise OwnerUnknown(field="ownerId", name=text[:60])
        if len(found) > 1:
            raise OwnerAmbiguous(field="ownerId", name=text[:60], count=len(found))
        return found[0]


class Tags:
    """Tags in use, by name."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._by_name = {plain_name(tag.name): tag.id for tag in tags}

    @classmethod
    async def known(cls, session: TenantSession, rows: list[PreparedRow]) -> Tags:
        if not any(row.tags for row in rows):
            return cls([])
        in_use = select(Tag).where(Tag.tenant_id == session.tenant_id, Tag.archived_at.is_(None))
        return cls(await session.scalars(in_use))

    def find(self, names: list[str]) -> list[UUID]:
        """Raises TagMissing."""
        for name in names:
            if plain_name(name) not in self._by_name:
                raise TagMissing(field="tagIds", name=name[:60])
        return list(dict.fromkeys(self._by_name[plain_name(name)] for name in names))


class Customers:
    """Customers that the importer may see, by code or name; those that the same import makes count too."""

    def __init__(self) -> None:
        self._by_code: dict[str, tuple[UUID, str]] = {}
        self._by_name: dict[str, dict[UUID, str]] = defaultdict(dict)

    async def load(self, session: TenantSession, actor: Actor, texts: Iterable[str]) -> None:
        """Adds the visible customers called or coded so."""
        wanted = {text for text in texts if text}
        if not wanted:
            return
        called = or_(Customer.code.in_(wanted), Customer.name_key.in_({sort_key(text) for text in wanted}))
        columns = select(Customer.id, Customer.code, Customer.name, Customer.scope_path)
        for row in await session.execute(columns.where(*visible(Customer, actor), called)):
            self.add(row.id, row.code, row.name, row.scope_path)

    def add(self, row_id: UUID, code: str | None, name: str, path: str) -> None:
        if code:
            self._by_code[code] = (row_id, path)
        self._by_name[plain_name(name)][row_id] = path

    @property
    def ids(self) -> set[UUID]:
        return {row_id for namesakes in self._by_name.values() for row_id in namesakes}

    def find(self, text: str, field: str) -> tuple[UUID, str]:
        """Id and scope path. Raises ReferenceUnknown, ReferenceAmbiguous."""
        if text in self._by_code:
            return self._by_code[text]
        found = self._by_name.get(plain_name(text), {})
        if not found:
            raise ReferenceUnknown(field=field, name=text[:60])
        if len(found) > 1:
            raise ReferenceAmbiguous(field=field, name=text[:60], count=len(found))
        return next(iter(found.items()))


def among(column: Any, values: Iterable[str] | Iterable[UUID]) -> ColumnElement[bool]:
    """One array of the column's type instead of a thousand parameters.

    Unnested, for a plan made once compares every row it reads with every element of an array.
    """
    wanted = select(func.unnest(literal(sorted(values), ARRAY(column.type))))
    found: ColumnElement[bool] = column.in_(wanted)
    return found
