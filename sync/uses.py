"""Every door that brings a device anything notes first that the sign-in is used on it, so that it ends with it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from kernel.engine import Engine
from kernel.policy import Actor
from sync.contact import Known, known_device
from sync.errors import DeviceRevoked, DeviceWiped
from tenants.identity.device_uses import end_late_use, note_device_use

_MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class Uses:
    """What a process has noted already: a sign-in and a device cost a statement once. One per door's service."""

    _noted: OrderedDict[tuple[UUID, UUID], None] = field(default_factory=OrderedDict)

    async def known(
        self, engine: Engine, actor: Actor, device_id: UUID, *, last_push: str | None = None, greeting: bool = False
    ) -> Known:
        """`known_device`, with the sign-in noted. Raises NotFound, DeviceRevoked, DeviceWiped."""
        known = await known_device(engine, actor, device_id, last_push=last_push, greeting=greeting)
        # What the device was last in touch under is noted: nobody writes that who did not come through here.
        if actor.session_id in (None, known.device.session_id) or self._remembers(actor, device_id):
            return known
        return await self.note(engine, actor, device_id, last_push=last_push, greeting=greeting)

    async def note(
        self, engine: Engine, actor: Actor, device_id: UUID, *, last_push: str | None = None, greeting: bool = False
    ) -> Known:
        """The same where nothing is taken for noted. A revocation that came between ends this sign-in here."""
        if actor.session_id is not None:
            await note_device_use(engine, actor, device_id)
        try:
            known = await known_device(engine, actor, device_id, last_push=last_push, greeting=greeting)
        except (DeviceRevoked, DeviceWiped):
            await end_late_use(engine, actor, device_id)
            raise
        if actor.session_id is not None:
            self._noted[actor.session_id, device_id] = None
            if len(self._noted) > _MOST_REMEMBERED:
                self._noted.popitem(last=False)
        return known

    def _remembers(self, actor: Actor, device_id: UUID) -> bool:
        return actor.session_id is not None and (actor.session_id, device_id) in self._noted
