"""The audit trail: who changed what, newest first. Masks and rights hold here as everywhere."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Optional
from uuid import UUID

import msgspec
import strawberry
from sqlalchemy import ColumnElement, func, not_, or_, select, tuple_
from strawberry import UNSET
from strawberry.scalars import JSON
from strawberry.types.info import Info

from graphql_api.connections import Connection, Edge, Page, connection_type, page_size
from graphql_api.errors import InvalidCursor
from graphql_api.relations import load_node
from graphql_api.request import Request
from graphql_api.scalars import Instant, as_uuid, maybe
from graphql_api.shapes import Shapes
from kernel.entity import described, entities, table
from kernel.policy import EVERYTHING
from kernel.query import within
from kernel.tables import AuditEntry
from tenants.attachment_reach import reach_of_every_kind
from tenants.audit_names import (
    SOMEBODY,
    SYSTEM,
    command_words,
    entity_code,
    entity_words,
    is_system_record,
    stored_entity,
    system_records,
)
from tenants.mask_names import with_wire_masks
from tenants.masking import repeats_values, without_masked
from values.wire import to_wire, wire_name

PERMISSION = "tenants.audit.view"
# Told by column of the row; all others are notes.
_ROW_OPS = frozenset({"insert", "update", "delete", "merge", "undo_merge"})


@strawberry.input(description="审计条件 / Conditions on audit entries, joined by AND")
class AuditFilter:
    entity: str | None = UNSET
    row_id: strawberry.ID | None = UNSET
    member_id: strawberry.ID | None = UNSET
    device_id: strawberry.ID | None = UNSET
    command: str | None = UNSET
    op: str | None = UNSET
    since: Optional[Instant] = UNSET  # noqa: UP045 — a NewType takes no `|`
    until: Optional[Instant] = UNSET  # noqa: UP045
    system_records: bool | None = strawberry.field(
        default=UNSET,
        description="false：不含系统记录；true：只看系统记录；不填：全部 / "
        "false: without system records, true: only these, left out: all",
    )


def audit_fields(shapes: Shapes) -> dict[str, Any]:
    """`auditEntries(first, after, filter)`."""
    node = _node_type(shapes)
    connection = connection_type("AuditEntry", node)

    async def audit_entries(info: Any, first: Any = UNSET, after: Any = UNSET, filter: Any = UNSET) -> Any:  # noqa: A002
        return _connection(info.context, node, page_size(first), after, filter)

    audit_entries.__annotations__ = {
        "info": Info,
        "first": maybe(int),
        "after": maybe(str),
        "filter": maybe(AuditFilter),
        "return": maybe(connection),
    }
    return {
        "audit_entries": strawberry.field(
            resolver=audit_entries, description=f"审计记录，最新的在前 / The audit trail, newest first — {PERMISSION}"
        )
    }


def _node_type(shapes: Shapes) -> Any:
    member = shapes["Member"]

    async def who(root: Any, info: Any) -> Any:
        return await load_node(info.context, member, root.member_id)

    async def actor_label(root: Any, info: Any) -> str:
        request: Request = info.context
        if root.member_id is None:
            return SYSTEM.in_language(request.language)
        found = await load_node(request, member, root.member_id)
        return found.name if found is not None else SOMEBODY.in_language(request.language)

    def command_label(root: Any, info: Any) -> str:
        return command_words(root.command).in_language(info.context.language)

    def entity_label(root: Any, info: Any) -> str:
        return entity_words(root.entity).in_language(info.context.language)

    def system_record(root: Any) -> bool:
        return is_system_record(stored_entity(root.entity), root.command)

    who.__annotations__ = {"info": Info, "return": maybe(member.node)}
    cls: Any = type("AuditEntry", (), {})
    cls.__annotations__ = {
        "id": strawberry.ID,
        "at": Instant,
        "entity": str,
        "row_id": strawberry.ID,
        "op": str,
        "command": str,
        "member_id": maybe(strawberry.ID),
        "on_behalf_of": maybe(str),
        "device_id": maybe(strawberry.ID),
        "request_id": maybe(str),
        "before": maybe(JSON),
        "after": maybe(JSON),
    }
    cls.member = strawberry.field(resolver=who, description="操作人 / Who did it")
    for label, zh, en in (
        (command_label, "操作名称", "What the command is called"),
        (entity_label, "对象名称", "What the entity is called"),
        (actor_label, "操作人姓名；系统自动执行时为“系统”", "The member's name, or System"),
    ):
        label.__annotations__ = {"info": Info, "return": str}
        setattr(cls, label.__name__, strawberry.field(resolver=label, description=f"{zh} / {en}"))
    system_record.__annotations__ = {"return": bool}
    cls.system_record = strawberry.field(
        resolver=system_record,
        description="系统记录：设备或系统自行完成，如领用号段、登记设备 / Done by a device or the product for itself, "
        "like leasing numbers or registering a device",
    )
    return strawberry.type(cls, description="审计记录 / What a command changed in one row, before and after")


def _connection(request: Request, node: Any, first: int, after: str | None, asked: Any) -> Connection:
    conditions = [*visible_entries(request), *_asked(asked)]
    entry = table(AuditEntry)
    behind = [tuple_(entry.c.at, entry.c.id) < _opened(after)] if after else []
    statement = (
        select(entry).where(*conditions, *behind).order_by(entry.c.at.desc(), entry.c.id.desc()).limit(first + 1)
    )

    async def page() -> Page:
        rows = await request.rows(statement)
        edges = [Edge(_entry(request, node, row), _cursor(row)) for row in rows[:first]]
        return Page(edges, len(rows) > first, not after)

    async def count() -> int:
        counted = select(func.count().label("found")).select_from(entry).where(*conditions)
        return int((await request.rows(counted))[0]["found"])

    return Connection(page, count)


def visible_entries(request: Request) -> list[ColumnElement[bool]]:
    """Inside the reach of the audit permission and, entity by entity, inside that of its view permission."""
    actor = request.actor
    held = actor.authority.require(PERMISSION)
    conditions: list[ColumnElement[bool]] = [AuditEntry.tenant_id == actor.tenant_id]
    if held != EVERYTHING:
        conditions.append(_lies_within(held))
    by_reach: dict[tuple[str, ...], list[str]] = {}
    for entity in entities():
        by_reach.setdefault(reach_of_every_kind(entity, actor.authority), []).append(described(entity).name)
    for reach, names in by_reach.items():
        if not reach:
            conditions.append(AuditEntry.entity.not_in(names))
        elif reach != EVERYTHING:
            conditions.append(or_(AuditEntry.entity.not_in(names), _lies_within(reach)))
    return conditions


def _lies_within(prefixes: tuple[str, ...]) -> ColumnElement[bool]:
    """Entities without a data scope have no path."""
    return or_(AuditEntry.scope_path == "", within(AuditEntry.scope_path, prefixes))


def _asked(asked: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, value in vars(asked).items() if asked else ():
        if value is UNSET or value is None:
            continue
        if name == "since":
            found.append(AuditEntry.at >= value)
        elif name == "until":
            found.append(AuditEntry.at < value)
        elif name == "entity":
            found.append(AuditEntry.entity == stored_entity(value))
        elif name == "system_records":
            found.append(system_records() if value else not_(system_records()))
        else:
            column: Any = getattr(AuditEntry, name)
            found.append(column == (as_uuid(value, f"filter.{wire_name(name)}") if name.endswith("_id") else value))
    return found


def _entry(request: Request, node: Any, row: Any) -> Any:
    values = {name: row[name] for name in node.__annotations__}
    values["entity"] = entity_code(row["entity"])
    for side in ("before", "after"):
        values[side] = _shown(request, row["entity"], row["op"], row[side])
    found = object.__new__(node)
    found.__dict__.update(values)
    return found


def _shown(request: Request, entity: str, op: str, values: dict[str, Any] | None) -> dict[str, Any] | None:
    """The changed fields in wire spelling; what a mask hides is `***`, what never leaves the server is left out.

    A note (an export, an invitation) holds facts and no fields of the row: they are shown as they are.
    """
    shape = request.shapes.of_entity(entity)
    if values is None or shape is None or op not in _ROW_OPS:
        return {wire_name(name): value for name, value in values.items()} if values else None
    hidden = shape.hidden(request.actor.authority)
    if repeats_values(entity):
        values = without_masked(values, request.actor.authority)
    wired, values = set(shape.wired()), with_wire_masks(entity, values)
    return {wire_name(name): "***" if name in hidden else value for name, value in values.items() if name in wired}


def _cursor(row: Any) -> str:
    packed = msgspec.json.encode([to_wire(row["at"]), str(row["id"])])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _opened(cursor: str) -> tuple[datetime, UUID]:
    try:
        packed = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        at, row_id = msgspec.json.decode(packed, type=tuple[datetime, UUID])
        if at.tzinfo is None:
            raise InvalidCursor(field="after")
        return at.astimezone(UTC), row_id
    except (ValueError, OverflowError, RecursionError, binascii.Error, msgspec.MsgspecError):
        raise InvalidCursor(field="after") from None
