"""Lists as members like to see them: filters, order and columns under a name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Choice,
    Entity,
    ScopedRow,
    Widget,
    attribute,
    described,
    editable,
    index,
    link,
    one_of,
    written_once,
)
from kernel.policy import Actor
from kernel.query import NARROWED, within

OWN, SHARED = "own", "shared"
SHARINGS = (Choice(OWN, "仅自己", "Mine alone"), Choice(SHARED, "全公司共享", "Shared with everybody"))


class SavedView(ScopedRow, Archivable):
    """列表视图: one collection, filtered, ordered and laid out. It lies where its owner sits; a shared one has no scope
    (`scope_path` ''), and everybody sees it.

    Which of both it is, is said once: a view that was shared would otherwise have to leave devices that nobody asks.
    """

    __tablename__ = "saved_view"
    __unscoped_path__ = True
    __table_args__ = (
        link("owner_id", "member"),
        index("saved_view_scope_idx", "scope_path"),
        index("saved_view_owner_idx", "owner_id"),
        one_of("sharing", SHARINGS),
    )
    __entity__ = Entity(
        "tenants.SavedView",
        "列表视图",
        "Saved view",
        permission="tenants.saved_view",
        collection="saved_views",
        graphql="SavedView",
        archivable=True,
        exported=False,
        actions=("view", "share"),
    )

    collection: Mapped[str] = attribute(facet=written_once("列表", "List"))
    name: Mapped[str] = attribute(facet=editable("名称", "Name"))
    config: Mapped[dict[str, Any]] = mapped_column(
        JSONB(), info={"facet": editable("筛选与布局", "Filters and layout", widget=Widget.JSON)}
    )
    sharing: Mapped[str] = attribute(facet=written_once("可见范围", "Seen by", widget=Widget.CHOICE, choices=SHARINGS))
    position: Mapped[int] = mapped_column(
        BigInteger(), info={"facet": editable("顺序", "Position", widget=Widget.NUMBER)}
    )


def own_and_shared(actor: Actor) -> ColumnElement[bool]:
    """The condition for the views that the actor sees: shared ones, and those inside their data scope."""
    held = actor.authority.prefixes(described(SavedView).view_permission)
    return or_(SavedView.scope_path == "", within(SavedView.scope_path, held))


NARROWED[SavedView] = own_and_shared
