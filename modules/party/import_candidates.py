"""The rows that an import's rows may be about: by their codes and names, one statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select

from kernel.context import Context
from modules.party.import_references import among
from modules.party.import_rows import PreparedRow, plain_name
from values.pinyin import sort_key


class Coded(Protocol):
    """What such a row has."""

    id: Any
    code: Any
    name: Any
    archived_at: Any


CodedT = TypeVar("CodedT", bound=Coded)


class Candidates(Generic[CodedT]):
    """Grows with every batch of a file. Writing holds the rows in place.

    By code those of the whole company, archived ones too, for a code stands once; by name those in use that `found`
    admits.
    """

    def __init__(
        self, ctx: Context, entity: type[CodedT], found: Callable[[CodedT], bool] = lambda _: True, *, writing: bool
    ) -> None:
        self._ctx, self._found, self._writing = ctx, found, writing
        self._entity: Any = entity
        self._by_code: dict[str, CodedT] = {}
        self._by_name: dict[str, dict[UUID, CodedT]] = defaultdict(dict)

    async def load(self, rows: Sequence[PreparedRow]) -> None:
        codes = {str(row.values["code"]) for row in rows if row.values.get("code")}
        keys = {sort_key(str(row.values["name"])) for row in rows if row.values.get("name")}
        for row in await self._asked(among(self._entity.code, codes)) if codes else []:
            self._by_code[str(row.code)] = row
            self._index_name(row)
        for row in await self._asked(among(self._entity.name_key, keys)) if keys else []:
            self._index_name(row)

    def coded(self, code: str | None) -> CodedT | None:
        """None where no code is given, or nothing has it."""
        return self._by_code.get(code) if code else None

    def named(self, name: str | None) -> Iterable[CodedT]:
        """Those under the name: width, case and blanks aside."""
        return self._by_name[plain_name(name)].values() if name else ()

    async def _asked(self, condition: ColumnElement[bool]) -> Sequence[CodedT]:
        entity = self._entity
        statement = select(entity).where(entity.tenant_id == self._ctx.tenant_id, condition).order_by(entity.id)
        if self._writing:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found: Sequence[CodedT] = await self._ctx.session.scalars(statement)
        return found

    def _index_name(self, row: CodedT) -> None:
        if row.archived_at is None and self._found(row):
            self._by_name[plain_name(row.name)][row.id] = row
