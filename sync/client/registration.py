"""Under which id, and as whose, the server knows this replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.client.errors import NotRegistered
from sync.client.store import Standing, Store
from sync.client.transport import Transport
from sync.client.values import uuid7

Said = Callable[[], dict[str, Any]]


class Registration:
    """One replica's. `said`: what the device says of itself with each request."""

    def __init__(self, store: Store, transport: Transport, said: Said) -> None:
        self._store, self._transport, self._said = store, transport, said

    def name(self, name: str, platform: str) -> str:
        """Writes down how the device is called, and under which id: on the disk before it is sent."""
        with self._store.transaction():  # two processes that register at once are one device
            if self._store.get("device_id") is None:
                self._store.put_meta({"device_id": str(uuid7())})  # first: a lost answer must not make a second one
            self._store.put_meta({"name": name, "platform": platform})
        return str(self._store.get("device_id"))

    def announce(self) -> str:
        """Tells the server of this device: at first, after a copy became one of its own, after a restore forgot it."""
        device_id = str(self._store.get("device_id"))
        request = {
            "deviceId": device_id,
            "name": self._store.get("name") or device_id,
            "platform": self._store.get("platform") or "python",
            **self._said(),
        }
        # What waits here is that member's, and never anybody else's.
        for key, name in (("memberId", "member_id"), ("originId", "origin_id")):
            if (value := self._store.get(name)) is not None:
                request[key] = value
        answer = self._transport.post("/sync/v1/devices", request)
        with self._store.transaction():
            if self._store.get("device_id") == device_id:
                self._store.put_schema(answer["schema"])
                self._store.put_meta({"member_id": answer["memberId"], "unannounced": False})
                if self._store.get("next_n") is None:
                    self._store.put_meta({"next_n": int(answer["lastMutation"]) + 1})
        return device_id

    def standing(self) -> Standing:
        """Where the replica stands. Raises NotRegistered."""
        standing = self._store.standing()
        if standing.device_id is None and self._store.get("unannounced"):
            self.announce()
            standing = self._store.standing()
        if standing.device_id is None:
            raise NotRegistered
        return standing

    def device_id(self) -> str:
        """Raises NotRegistered."""
        return str(self.standing().device_id)
