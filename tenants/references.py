"""Which rows nothing refers to any more: derived from the foreign keys of every loaded table."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, select, true

from kernel.entity import Base, TenantRow, table, tables, targets


def unreferenced(entity: type[TenantRow]) -> ColumnElement[bool]:
    """The condition that no row of any table points to this row of `entity`."""
    own = table(entity)
    arms: list[ColumnElement[bool]] = []
    for other in tables():
        for column, target in _links(other).items():
            if target == own.fullname:
                pointing = table(other).alias()
                arms.append(
                    ~exists(select(1).where(pointing.c.tenant_id == own.c.tenant_id, pointing.c[column] == own.c.id))
                )
    return and_(true(), *arms)


def _links(mapped: type[Base]) -> dict[str, str]:
    return targets(mapped) if issubclass(mapped, TenantRow) else {}
