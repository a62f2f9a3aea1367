"""Who is at work: members whose devices were in touch, or who changed something, in the last minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Optional
from uuid import UUID

import strawberry
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from strawberry.types.info import Info

from graphql_api.audit import PERMISSION, visible_entries
from graphql_api.relations import load_node
from graphql_api.request import Request
from graphql_api.scalars import Instant, maybe
from graphql_api.shapes import Shapes
from kernel.entity import table
from kernel.policy import EVERYTHING
from kernel.query import within
from kernel.tables import AuditEntry
from tenants.audit_names import command_words, entity_code, entity_words
from tenants.device_entities import Device
from tenants.entities import Member
from values.errors import InvalidInput, Words

_MOST_MINUTES = 24 * 60
_MOST_MEMBERS = 200
_MOST_DEVICES = 1_000


@strawberry.type(description="在线设备 / A device that was in touch")
class ActiveDevice:
    id: strawberry.ID
    name: str
    platform: str
    last_seen_at: Instant


def presence_fields(shapes: Shapes) -> dict[str, Any]:
    """`activeMembers(minutes)`."""
    node = _node_type(shapes)

    async def active_members(info: Any, minutes: Any = 15) -> Any:
        return await _active(info.context, node, minutes)

    active_members.__annotations__ = {
        "info": Info,
        "minutes": Annotated[int, strawberry.argument(description="1 – 1440")],
        "return": list[node],  # type: ignore[valid-type]
    }
    return {
        "active_members": strawberry.field(
            resolver=active_members,
            description="最近几分钟内在线或有操作的成员，最近的在前，最多 200 人 / "
            f"Members in touch or at work in the last minutes, latest first, at most 200 — {PERMISSION}",
        )
    }


def _node_type(shapes: Shapes) -> Any:
    member = shapes["Member"]

    async def who(root: Any, info: Any) -> Any:
        return await load_node(info.context, member, root.member_id)

    def command_label(root: Any, info: Any) -> str | None:
        return command_words(root.command).in_language(info.context.language) if root.command else None

    def entity_label(root: Any, info: Any) -> str | None:
        return entity_words(root.stored_entity).in_language(info.context.language) if root.stored_entity else None

    who.__annotations__ = {"info": Info, "return": maybe(member.node)}
    cls: Any = type("ActiveMember", (), {})
    cls.__annotations__ = {
        "member_id": strawberry.ID,
        "last_seen_at": Instant,
        "devices": list[ActiveDevice],
        "command": maybe(str),
        "command_at": Optional[Instant],  # noqa: UP045 — a NewType takes no `|`
        "entity": maybe(str),
        "row_id": maybe(strawberry.ID),
    }
    cls.member = strawberry.field(resolver=who, description="成员；无权查看成员时为空 / Null without the right to view")
    for label, zh, en in (
        (command_label, "最近一次操作的名称", "What the last command is called"),
        (entity_label, "最近一次操作的对象", "What it changed is called"),
    ):
        label.__annotations__ = {"info": Info, "return": maybe(str)}
        setattr(cls, label.__name__, strawberry.field(resolver=label, description=f"{zh} / {en}"))
    return strawberry.type(
        cls, description="在线成员及其最近一次操作 / A member at work, with the last change in sight"
    )


async def _active(request: Request, node: Any, minutes: int) -> list[Any]:
    held = request.actor.authority.require(PERMISSION)
    if not 1 <= minutes <= _MOST_MINUTES:
        problem = Words(f"应为 1 至 {_MOST_MINUTES}", f"takes 1 to {_MOST_MINUTES}")
        raise InvalidInput(field="minutes", problem=problem)
    since = request.engine.clock.now() - timedelta(minutes=minutes)
    found: dict[UUID, dict[str, Any]] = {}
    for row in await request.rows(_devices(request, held, since)):
        member = found.setdefault(row["member_id"], _nothing(row["last_seen_at"]))
        member["devices"].append(
            ActiveDevice(
                id=strawberry.ID(str(row["id"])),
                name=row["name"],
                platform=row["platform"],
                last_seen_at=row["last_seen_at"],
            )
        )
    for row in await request.rows(_changes(request, held, since)):
        member = found.setdefault(row["member_id"], _nothing(row["at"]))
        member |= {
            "last_seen_at": max(member["last_seen_at"], row["at"]),
            "command": row["command"],
            "command_at": row["at"],
            "entity": entity_code(row["entity"]),
            "stored_entity": row["entity"],
            "row_id": row["row_id"],
        }
    latest = sorted(found.items(), key=lambda one: one[1]["last_seen_at"], reverse=True)
    return [_made(node, member_id, values) for member_id, values in latest[:_MOST_MEMBERS]]


def _nothing(seen_at: datetime) -> dict[str, Any]:
    empty = dict.fromkeys(("command", "command_at", "entity", "stored_entity", "row_id"))
    return {"last_seen_at": seen_at, "devices": [], **empty}


def _made(node: Any, member_id: UUID, values: dict[str, Any]) -> Any:
    made = object.__new__(node)
    made.__dict__.update(values, member_id=member_id)
    return made


def _devices(request: Request, held: tuple[str, ...], since: datetime) -> Any:
    """Those of members whom the permission reaches, the latest first."""
    reached = [] if held == EVERYTHING else [within(Member.path, held)]
    return (
        select(Device.id, Device.member_id, Device.name, Device.platform, Device.last_seen_at)
        .join(Member, (Member.tenant_id == Device.tenant_id) & (Member.id == Device.member_id))
        .where(
            Device.tenant_id == request.actor.tenant_id,
            Device.last_seen_at >= since,
            Device.revoked_at.is_(None),
            Member.deactivated_at.is_(None),
            *reached,
        )
        .order_by(Device.last_seen_at.desc(), Device.id)
        .limit(_MOST_DEVICES)
    )


def _changes(request: Request, held: tuple[str, ...], since: datetime) -> Any:
    """The last entry in sight of each member whom the permission reaches."""
    entry = table(AuditEntry).c
    reached = [] if held == EVERYTHING else [within(Member.path, held)]
    return (
        select(entry.member_id, entry.at, entry.command, entry.entity, entry.row_id)
        .join(Member, (Member.tenant_id == entry.tenant_id) & (Member.id == entry.member_id))
        .where(*visible_entries(request), entry.at >= since, Member.deactivated_at.is_(None), *reached)
        .ext(distinct_on(entry.member_id))
        .order_by(entry.member_id, entry.at.desc(), entry.id.desc())
    )
