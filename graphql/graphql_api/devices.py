"""The fleet: `devices` with all that the registry knows, `deviceHealth` as counts by state."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import or_
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.connections import Asked, connection_arguments, page_size, root_connection
from graphql_api.filters import FilterCompiler
from graphql_api.ordering import ordering_of
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape
from tenants.device_entities import Device
from tenants.device_health import counts, facts, states
from tenants.device_reach import devices_shown_to


@strawberry.enum(
    description="设备状态：HEALTHY 正常，BEHIND 数据落后，STUCK 有变更未能生效或长时间未推送，SILENT 超过 7 天未联系，"
    "UNENCRYPTED 未加密，WIPE_PENDING 等待擦除（尚无回执），WIPED 已擦除，REVOKED 已吊销 / "
    "A device in use may be in several states; one that is out is in exactly one of the last three"
)
class DeviceState(Enum):
    HEALTHY = "healthy"
    BEHIND = "behind"
    STUCK = "stuck"
    SILENT = "silent"
    UNENCRYPTED = "unencrypted"
    WIPE_PENDING = "wipe_pending"
    WIPED = "wiped"
    REVOKED = "revoked"


@strawberry.enum(
    description="擦除进度：NONE 未要求，REQUESTED 已要求，DELIVERED 指令已送达但尚无回执，CONFIRMED 已收到回执 / "
    "Without a receipt nobody can say that the data is gone"
)
class WipeState(Enum):
    NONE = "none"
    REQUESTED = "requested"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"


@strawberry.type(description="设备概况：各状态的台数，一台使用中的设备可同时计入多项 / Devices by state")
class DeviceHealth:
    total: int
    healthy: int
    behind: int
    stuck: int
    silent: int
    unencrypted: int
    wipe_pending: int
    wiped: int
    revoked: int


def devices_field(shape: Shape) -> Any:
    """`devices(first, after, filter, orderBy, states)`."""

    async def resolve(
        info: Any,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
        states: Any = UNSET,
    ) -> Any:
        request: Request = info.context
        conditions = devices_shown_to(request.actor) + _in_states(request, states)
        conditions += await FilterCompiler(shape, request).conditions(filter)
        ordering = ordering_of(shape, order_by, request)
        return root_connection(request, Asked(shape, tuple(conditions), ordering, page_size(first), after or None))

    resolve.__annotations__ = {
        "info": Info,
        **connection_arguments(shape),
        "states": maybe(list[DeviceState]),
        "return": maybe(shape.connection),
    }
    return strawberry.field(
        resolver=resolve,
        name="devices",
        description=f"设备：自己的；有权限时为权限范围内的 / Devices: one's own, and what {shape.permission} reaches",
    )


def health_field(shape: Shape) -> Any:
    """`deviceHealth`, over the same devices as `devices`."""

    async def resolve(info: Any) -> Any:
        request: Request = info.context
        actor = request.actor
        wanted = counts(actor.tenant_id, request.engine.clock.now()).where(*devices_shown_to(actor))
        return DeviceHealth(**(await request.rows(wanted))[0])

    resolve.__annotations__ = {"info": Info, "return": DeviceHealth}
    return strawberry.field(
        resolver=resolve,
        name="deviceHealth",
        description=f"设备概况：自己的；有权限时为权限范围内的 / The fleet at a glance — {shape.permission}",
    )


def node_fields() -> dict[str, Any]:
    """What a device's row does not say by itself; read for all devices of a page in one statement."""
    return {
        "lag": _field(
            _lag,
            maybe(int),
            "落后的提交数；从未拉取、已吊销或要求擦除时为空 / "
            "Commits that it has not pulled; null: never pulled, revoked or to be wiped",
        ),
        "lag_seconds": _field(_lag_seconds, maybe(int), "落后的秒数 / Seconds since its last pull, 0 when it has all"),
        "queue_age_seconds": _field(
            _queue_age, maybe(int), "最早未推送变更的时长（秒） / Age of its oldest unsent edit, by its own clock"
        ),
        "stuck_operations": _field(
            _stuck, maybe(int), "该设备提交后尚未处理的待处理项 / Its edits that wait in the inbox"
        ),
        "states": _field(_states, list[DeviceState], "状态 / States"),
        "wipe_state": _field(_wipe_state, WipeState, "擦除进度 / How far a wipe has come"),
    }


def _field(resolve: Any, kind: Any, description: str) -> Any:
    resolve.__annotations__ = {"root": Any, "info": Info, "return": kind}
    return strawberry.field(resolver=resolve, description=description)


async def _facts(request: Request, device_id: UUID) -> Any:
    async def load(ids: list[UUID]) -> list[Any]:
        wanted = facts(request.actor.tenant_id, request.engine.clock.now()).where(Device.id.in_(ids))
        found = {row["id"]: row for row in await request.rows(wanted)}
        return [found[device_id] for device_id in ids]

    return await request.loader(("facts", "Device"), load).load(device_id)


async def _lag(root: Any, info: Any) -> Any:
    return (await _facts(info.context, root.id))["lag"]


async def _lag_seconds(root: Any, info: Any) -> Any:
    found = await _facts(info.context, root.id)
    return _seconds_since(info.context, found["pulled_at"]) if found["lag"] else found["lag"]


async def _queue_age(root: Any, info: Any) -> Any:
    return _seconds_since(info.context, (await _facts(info.context, root.id))["oldest_queued_at"])


async def _stuck(root: Any, info: Any) -> Any:
    return (await _facts(info.context, root.id))["stuck_operations"]


async def _states(root: Any, info: Any) -> Any:
    found = await _facts(info.context, root.id)
    return [state for state in DeviceState if found[state.value]]


async def _wipe_state(root: Any, info: Any) -> Any:
    del info
    reached = (
        ("confirmed", root.wiped_at),
        ("delivered", root.wipe_delivered_at),
        ("requested", root.wipe_requested_at),
    )
    return WipeState(next((name for name, at in reached if at is not None), "none"))


def _seconds_since(request: Request, at: datetime | None) -> int | None:
    return max(0, int((request.engine.clock.now() - at).total_seconds())) if at is not None else None


def _in_states(request: Request, wanted: Any) -> list[Any]:
    if wanted is UNSET or wanted is None:
        return []
    known = states(request.actor.tenant_id, request.engine.clock.now())
    return [or_(*(known[state.value] for state in wanted))] if wanted else []
