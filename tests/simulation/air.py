"""A device on the air: the product's own side of a socket, asked for a page at a moment of the run's choosing.

No socket and no listener take part, whose timing would be the machine's: a page may be lost, late, or come to a device
that went on meanwhile.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec

from sync.client.pages import parse_page
from sync.client.replica import Replica
from sync.live import Channel
from sync.poke import Told
from sync.service import SyncService
from sync.wire import PokeHello
from values.errors import Refusal

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


class Air:
    """One socket. `waiting`: pages on their way, and how many commits the server had seen when it read them."""

    def __init__(self, run: Run, device: Device, service: SyncService) -> None:
        self._run = run
        hello = msgspec.convert(device.opened().greeting(), PokeHello)  # all that it says: its version above all
        nowhere: Any = SimpleNamespace(client=None)
        self._told = Told(nowhere, service, run.ground.authenticate, hello, service.fair.greetings)
        self._channel = Channel()
        self.waiting: list[tuple[bytes, int]] = []

    async def opened(self) -> bool:
        try:
            await self._told.check(greeting=True)
        except Refusal:
            return False
        return True

    async def hears(self) -> str:
        """Something may have changed: what the server sends, if it sends a page."""
        self._channel.hear(frozenset())
        try:
            page = await self._told._page(self._channel, self._channel.number)
        except Refusal as refusal:
            return f"closed {refusal.code}"
        if page is None:
            return "told to pull"
        if page:
            self.waiting.append((page, self._run.points.tracked_commits))
        return "a page" if page else "nothing new"

    def stands_at(self, cursor: str | None) -> None:
        self._told.stands_at(cursor)


def kept(replica: Replica, page: bytes) -> bool:
    """On the device. False: it does not follow."""
    return replica.keep_live(parse_page(page))
