"""The products that a document's lines name: all of them in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from kernel.context import Context
from kernel.entity import described
from modules.catalog.entities import Product
from modules.catalog.rows import refuse_archived
from values.errors import NotFound, Words


async def products_named(
    ctx: Context, ids: Sequence[UUID], fields: Sequence[str], *, in_use: bool = True
) -> dict[UUID, Product]:
    """The products by id. `fields` say, one for each id, which input field names it.

    `in_use`: archived ones are refused. Raises NotFound for unknown and invisible alike, MasterDataArchived.
    """
    wanted = select(Product).where(Product.tenant_id == ctx.tenant_id, Product.id.in_(set(ids)))
    held = ctx.actor.authority.holds(described(Product).view_permission)
    found = {row.id: row for row in await ctx.session.scalars(wanted)} if held and ids else {}
    about = described(Product)
    for row_id, field in zip(ids, fields, strict=True):
        if row_id not in found:
            raise NotFound(field=field, entity=Words(about.zh, about.en.lower()))
        if in_use:
            refuse_archived(found[row_id], field)
    return found
