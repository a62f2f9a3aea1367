"""Deltas read once for all devices that stand at the same clock value and see the same.

Fifty colleagues who come back at nine, or hear of one change, ask the same question: the answer goes by the views and
the two clock values alone. What reads differently by reader, the inbox, is told apart and read for each.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from sync.changes import Changed
from sync.wire import SectionHeader

Key = tuple[UUID, UUID, str, int, int, int]  # tenant, epoch, views, after, now, limit
_MOST_BYTES = 32 * 1024 * 1024
_MOST_ENTRIES = 2_000


@dataclass(frozen=True)
class Delta:
    """The changes in (after, upto]. `puts`, `gone`: by collection, rows and ids. `inbox`: what changed in the inbox, of
    whomever: to be read for each reader."""

    upto: int
    puts: dict[str, list[str]]
    gone: dict[str, list[str]]
    inbox: Changed

    @property
    def size(self) -> int:
        return sum(len(text) for rows in (*self.puts.values(), *self.gone.values()) for text in rows)

    @cached_property
    def sections(self) -> list[SectionHeader]:
        """Of a page that is this delta and nothing else."""
        names = sorted(self.puts.keys() | self.gone.keys())
        parts = [(name, self.gone.get(name, ()), self.puts.get(name, ())) for name in names]
        return [SectionHeader(name=n, mode="delta", removes=len(gone), puts=len(puts)) for n, gone, puts in parts]

    @cached_property
    def body(self) -> bytes:
        """The same page's lines, encoded once for all who are sent it."""
        parts = [(*self.gone.get(part.name, ()), *self.puts.get(part.name, ())) for part in self.sections]
        return "\n".join(line for lines in parts for line in lines).encode()


@dataclass(slots=True)
class Deltas:
    """One per process. Bounded by bytes; what is being read is waited for, not read twice."""

    kept: OrderedDict[Key, Delta] = field(default_factory=OrderedDict)
    reading: dict[Key, asyncio.Future[Delta]] = field(default_factory=dict)
    size: int = 0

    async def get(self, key: Key, read: Callable[[], Awaitable[Delta]]) -> Delta:
        """The delta under the key, from here or by `read`."""
        found = self.kept.get(key)
        if found is not None:
            self.kept.move_to_end(key)
            return found
        under_way = self.reading.get(key)
        if under_way is not None:
            done = await asyncio.wait({under_way})
            if done and not under_way.cancelled() and under_way.exception() is None:
                return under_way.result()
            return await read()  # whoever read for all was cut off
        mine: asyncio.Future[Delta] = asyncio.get_running_loop().create_future()
        self.reading[key] = mine
        try:
            delta = await read()
        except BaseException:
            mine.cancel()
            raise
        else:
            mine.set_result(delta)
            self._keep(key, delta)
            return delta
        finally:
            del self.reading[key]

    def _keep(self, key: Key, delta: Delta) -> None:
        if delta.size > _MOST_BYTES // 4:
            return
        self.kept[key] = delta
        self.size += delta.size
        while self.size > _MOST_BYTES or len(self.kept) > _MOST_ENTRIES:
            _, oldest = self.kept.popitem(last=False)
            self.size -= oldest.size
