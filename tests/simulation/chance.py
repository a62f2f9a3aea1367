"""Where a run's chance enters the product: ids. Patched here, at the simulation's border, and nowhere else.

UUIDs of a run come from its seed and the virtual clocks, so that the same seed gives the same history, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from unittest.mock import patch
from uuid import UUID

_COUNTER_BITS = 26


class SeededIds:
    """`server_now`: the server's virtual clock. `acting_now`: that of the device that acts at this moment."""

    def __init__(self, seed: object, server_now: Callable[[], datetime]) -> None:
        self._chance = Random(f"ids {seed}")
        self._server_now = server_now
        self.acting_now = server_now
        self._made = 0

    def of_server(self) -> UUID:
        return self._version7(self._server_now())

    def of_device(self) -> UUID:
        return self._version7(self.acting_now())

    def version4(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)

    def _version7(self, now: datetime) -> UUID:
        """Ids of one millisecond sort as they were made, as the libraries' do."""
        self._made += 1
        counter = self._made & (1 << _COUNTER_BITS) - 1
        milliseconds = int(now.timestamp() * 1000)
        high = milliseconds << 80 | 0x7 << 76 | (counter >> 14) << 64
        return UUID(int=high | 0b10 << 62 | (counter & 0x3FFF) << 48 | self._chance.getrandbits(48))


@contextmanager
def seeded_ids(ids: SeededIds) -> Iterator[None]:
    """Inside, server and clients make the run's ids instead of random ones."""
    with (
        patch("values.ids.uuid7", ids.of_server),
        patch("sync.client.registration.uuid7", ids.of_device),
        patch("sync.client.pushing.uuid7", ids.of_device),
        patch("sync.client.queueing.uuid7", ids.of_device),
        patch("sync.client.overlay.uuid7", ids.of_device),
        patch("sync.client.numbers.uuid7", ids.of_device),
        patch("sync.client.numbers.uuid4", ids.version4),
        patch("sync.client.queueing.uuid4", ids.version4),
    ):
        yield
