"""Registering: the same device twice at once is one device."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from kernel.command import command_named
from server.parts import Application
from tenants.commands.register_device import RegisterDevice
from tenants.device_entities import Device
from tests.world import World
from values.ids import new_id


async def test_the_same_id_many_times_at_once_is_one_device(app: Application, world: World) -> None:
    actor, device_id = await world.yunfan.actor("li"), new_id()
    register = command_named("tenants.register_device")
    data = RegisterDevice(id=device_id, name="phone", platform="test")
    done = await asyncio.gather(*(app.engine.executor.run_internal(actor, register, data) for _ in range(6)))
    assert len(done) == 6
    async with app.engine.reading(actor) as session:
        wanted = select(func.count()).select_from(Device).where(Device.tenant_id == actor.tenant_id)
        assert await session.scalar(wanted) == 1
