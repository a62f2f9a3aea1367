"""Who asks for more than its rate is served in the gaps that others leave.

A quota bounds how much of the server a company gets over time, not when: what it may ask at once is enough to stand in
everybody's way. So while it is ahead of its rate its requests stop at each wait (for the database, say) and go on when
nobody else's is under way, or after a moment: they are slower, and never stand still. Whoever keeps to the rate never
yields, and where nobody else asks nothing is slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

STEP_SECONDS = 0.05  # so long at most a step stands back for others
WHOLE_SECONDS = 2.0  # so long at most a request does, all its steps together: it may hold what its colleagues wait for

ResultT = TypeVar("ResultT")


class Foreground:
    """The requests of one process that yield to nobody. One per process."""

    def __init__(self, step_seconds: float = STEP_SECONDS, whole_seconds: float = WHOLE_SECONDS) -> None:
        self._step_seconds, self._whole_seconds = step_seconds, whole_seconds
        self._running = 0
        self._standing_back: set[asyncio.Future[None]] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is inside goes first."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._wave_on()

    @property
    def busy(self) -> bool:
        """Whether a request is under way that goes first."""
        return self._running > 0

    async def behind(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """The work's result; it stands back at each of its steps while others are under way."""
        return await _Behind(self, work, self._whole_seconds)

    async def stand_back(self) -> None:
        """Lets those who go first finish, for a step at most: a refusal, too, takes what others wait for."""
        if self.busy:
            await self.gap(self._step_seconds)

    async def gap(self, most_seconds: float) -> float:
        """Waits until nobody goes first any more, not for long. The seconds that it took."""
        loop = asyncio.get_running_loop()
        began, gone = loop.time(), loop.create_future()
        self._standing_back.add(gone)
        timer = loop.call_later(min(self._step_seconds, most_seconds), _wave, gone)
        try:
            await gone
        finally:
            timer.cancel()
            self._standing_back.discard(gone)
        return loop.time() - began

    def _wave_on(self) -> None:
        for gone in self._standing_back:
            _wave(gone)


class _Behind(Generic[ResultT]):
    """Runs a coroutine in the task that awaits this, step by step, with a look around before each."""

    def __init__(self, foreground: Foreground, work: Coroutine[Any, Any, ResultT], left_seconds: float) -> None:
        self._foreground, self._work, self._left_seconds = foreground, work, left_seconds

    def __await__(self) -> Generator[Any, Any, ResultT]:
        thrown: BaseException | None = None
        try:
            while True:
                if thrown is None and self._left_seconds > 0 and self._foreground.busy:
                    try:
                        self._left_seconds -= yield from self._foreground.gap(self._left_seconds).__await__()
                    except BaseException as wrong:  # noqa: BLE001 - a cancellation is the work's to answer
                        thrown = wrong
                if thrown is not None:
                    self._left_seconds = 0.0  # what was called off tidies up without standing back
                try:
                    waits_for = self._work.send(None) if thrown is None else self._work.throw(thrown)
                except StopIteration as done:
                    return done.value  # type: ignore[no-any-return]
                thrown = None
                try:
                    yield waits_for
                except BaseException as wrong:  # noqa: BLE001 - as above
                    thrown = wrong
        finally:
            self._work.close()


def _wave(gone: asyncio.Future[None]) -> None:
    if not gone.done():
        gone.set_result(None)
