"""Files that hang on records. The row is data like any other and never waits for its file; the bytes lie in the blob
store under what they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import (
    Archivable,
    Choice,
    Entity,
    Facet,
    ScopedRow,
    Widget,
    attribute,
    index,
    link,
    one_of,
    written_once,
)

STATES = (Choice("waiting", "待上传", "Waiting for its file"), Choice("stored", "已存储", "Stored"))


class Attachment(ScopedRow, Archivable):
    """附件: one file of one record. It lies where its record lies (`scope_path`, '' for records without a scope), is
    seen by whoever sees the record, and belongs to whoever attached it.

    `sha256` and `size_bytes` are at first what the member says about the file, and bind the upload to it; where
    metadata were stripped (`stripped_at`), they are those of what was stored in its place.
    """

    __tablename__ = "attachment"
    __unscoped_path__ = True
    __table_args__ = (
        link("owner_id", "member"),
        index("attachment_scope_idx", "scope_path"),
        index("attachment_row_idx", "row_id", "id"),
        index("attachment_content_idx", "sha256"),
        index("attachment_owner_idx", "owner_id"),
        index("attachment_archived_idx", "archived_at", postgresql_where="archived_at IS NOT NULL"),
        one_of("state", STATES),
        CheckConstraint("(state = 'stored') = (stored_at IS NOT NULL)", name="stored"),
        CheckConstraint("stripped_at IS NULL OR strip_asked_at IS NOT NULL", name="stripped"),
        CheckConstraint("size_bytes > 0", name="size_bytes"),
        CheckConstraint("octet_length(sha256) = 64", name="sha256"),
    )
    __entity__ = Entity(
        "tenants.Attachment",
        "附件",
        "Attachment",
        permission="tenants.attachment",
        collection="attachments",
        graphql="Attachment",
        archivable=True,
        actions=("view",),
    )

    entity: Mapped[str] = attribute(facet=Facet("所属对象", "Kind of record", wire=True))
    row_id: Mapped[UUID] = mapped_column(info={"facet": Facet("所属记录", "Record", wire=True, filterable=True)})
    file_name: Mapped[str] = attribute(facet=written_once("文件名", "File name", personal=True))
    media_type: Mapped[str] = attribute(facet=Facet("文件类型", "Media type", wire=True))
    size_bytes: Mapped[int] = mapped_column(
        BigInteger(), info={"facet": Facet("大小（字节）", "Size in bytes", wire=True, widget=Widget.NUMBER)}
    )
    sha256: Mapped[str] = attribute(facet=Facet("内容校验值", "SHA-256", wire=True))
    state: Mapped[str] = attribute(
        facet=Facet("状态", "State", wire=True, widget=Widget.CHOICE, choices=STATES), default="waiting"
    )
    stored_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("存储时间", "Stored", wire=True, widget=Widget.INSTANT)}
    )
    strip_asked_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("要求清除照片信息", "Strip asked for", wire=True, widget=Widget.INSTANT)}
    )
    stripped_at: Mapped[datetime | None] = mapped_column(
        info={"facet": Facet("照片信息已清除", "Metadata stripped", wire=True, widget=Widget.INSTANT)}
    )
