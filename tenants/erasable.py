"""That the person behind a row was erased: a fact on the row, which keeps it out of every list and the recycle bin."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import Archivable, Facet, TenantRow, Widget


class Erasable:
    """Adds the instant of the erasure. Nothing brings the row back: it stays for the documents that refer to it."""

    erased_at: Mapped[datetime | None] = mapped_column(
        sort_order=87, info={"facet": Facet("擦除时间", "Erased", wire=True, widget=Widget.INSTANT, filterable=True)}
    )


def in_recycle_bin(entity: type[TenantRow]) -> list[ColumnElement[bool]]:
    """The conditions for what was archived and can come back; what was erased cannot."""
    if not issubclass(entity, Archivable):
        return [false()]
    erased = [entity.erased_at.is_(None)] if issubclass(entity, Erasable) else []
    return [entity.archived_at.is_not(None), *erased]


__all__ = ["Erasable", "in_recycle_bin"]
