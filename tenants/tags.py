"""Tags on a row: a set of stable ids, merged by additions and removals, with an index beside it for filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, inspect, select

from kernel.context import Context
from kernel.entity import TenantRow, described, table
from tenants.custom_field_errors import TagUnknown, TooManyTags
from tenants.entities import RowTag, Tag

TAGS_PER_ROW = 50


async def apply_tags(ctx: Context, row: TenantRow, tag_ids: Sequence[UUID]) -> None:
    """Makes `tag_ids` the row's tags, each once, in the order given; gives the row a new list and keeps `row_tag`.

    A tag that was archived meanwhile may stay where it is; adding it is refused. Raises TagUnknown, TooManyTags.
    """
    wanted = list(dict.fromkeys(tag_ids))
    if len(wanted) > TAGS_PER_ROW:
        raise TooManyTags(field="tagIds", limit=TAGS_PER_ROW)
    carried: list[UUID] = list(getattr(row, "tag_ids", None) or [])
    added = [tag_id for tag_id in wanted if tag_id not in carried]
    removed = [tag_id for tag_id in carried if tag_id not in wanted]
    if set(added) - await known_tags(ctx, added):
        raise TagUnknown(field="tagIds")
    if wanted != carried or not inspect(row).persistent:
        row.tag_ids = wanted  # type: ignore[attr-defined]
    name = described(type(row)).name
    if removed:
        await ctx.session.core(
            delete(table(RowTag)).where(
                RowTag.tenant_id == ctx.tenant_id, RowTag.row_id == row.id, RowTag.tag_id.in_(removed)
            )
        )
    if added:
        await ctx.session.core(insert(table(RowTag)), tag_rows(ctx.tenant_id, name, row.id, added))


async def known_tags(ctx: Context, tag_ids: Iterable[UUID]) -> set[UUID]:
    """Which of the ids are tags of this company that are not archived."""
    wanted = list(tag_ids)
    if not wanted:
        return set()
    statement = select(Tag.id).where(Tag.tenant_id == ctx.tenant_id, Tag.id.in_(wanted), Tag.archived_at.is_(None))
    return set(await ctx.session.scalars(statement))


def tag_rows(tenant_id: UUID, entity_name: str, row_id: UUID, tag_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """The index rows of one row's tags. `row_tag` is derived: neither tracked nor audited."""
    return [{"tenant_id": tenant_id, "tag_id": tag_id, "entity": entity_name, "row_id": row_id} for tag_id in tag_ids]


async def insert_row_tags(ctx: Context, rows: Sequence[dict[str, Any]]) -> None:
    """Indexes the tags of many new rows in one statement: beside `ctx.insert_many` in an import."""
    if rows:
        names = ("tag_id", "entity", "row_id")
        await (await ctx.session.raw()).execute(
            "INSERT INTO app.row_tag (tenant_id, tag_id, entity, row_id) "
            "SELECT %s::uuid, * FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) ON CONFLICT DO NOTHING",
            [ctx.tenant_id, *([row[name] for row in rows] for name in names)],
        )


async def delete_row_tags(ctx: Context, row_ids: Sequence[UUID]) -> None:
    """Forgets the index of rows that go for good."""
    await ctx.session.core(delete(table(RowTag)).where(RowTag.tenant_id == ctx.tenant_id, RowTag.row_id.in_(row_ids)))
