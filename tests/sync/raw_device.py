"""A device without a store, for tests of the service itself."""

from __future__ import annotations

from uuid import uuid4

from sync.service import SyncService
from sync.wire import Mutation, PushRequest, PushResponse, RegisterRequest
from tests.sync.conftest import Doors
from values.ids import new_id
from values.wire import to_wire


class Raw:
    """A device without a store: says exactly what the test says."""

    def __init__(self, doors: Doors, who: str) -> None:
        self.doors, self.who, self.id = doors, who, new_id()
        self.service = SyncService(doors.app.engine)

    async def register(self) -> Raw:
        actor = await self.doors.world.yunfan.actor(self.who)
        await self.service.register(actor, RegisterRequest(device_id=self.id, name="raw", platform="test"))
        return self

    def mutation(self, n: int, command: str, base: dict | None = None, **arguments: object) -> Mutation:
        return Mutation(
            n=n,
            uuid=uuid4(),
            command=command,
            arguments={key: to_wire(value) for key, value in arguments.items()},
            base=base or {},
            made_at=self.doors.app.engine.clock.now(),
        )

    async def push(self, *mutations: Mutation, queued: int = 0) -> PushResponse:
        actor = await self.doors.world.yunfan.actor(self.who)
        request = PushRequest(device_id=self.id, mutations=list(mutations), queued=queued)
        return await self.service.push(actor, request)
