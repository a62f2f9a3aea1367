"""The points at which a process dies: around every local transaction and request of a device, around every commit of
the server. Death is an exception that no code of the product catches; what was uncommitted is rolled back with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from kernel.db import Opening, TenantSession
from sync.client.store import Store


class DeviceKilled(BaseException):
    """The app was killed. Not an Exception: nothing may survive it."""


class ServerKilled(BaseException):
    """The server's process died in the middle of a request."""


class DevicePoints:
    """Counts the points that a device passes; dies at the one that was chosen. `page_dies_in`: counted from the moment
    at which a page has come."""

    def __init__(self) -> None:
        self.dies_in: int | None = None
        self.page_dies_in: int | None = None

    def page_came(self) -> None:
        if self.page_dies_in is not None:
            self.dies_in, self.page_dies_in = self.page_dies_in, None

    def reached(self, point: str) -> None:
        if self.dies_in is None:
            return
        self.dies_in -= 1
        if self.dies_in < 0:
            self.dies_in = None
            raise DeviceKilled(point)


class WatchedStore(Store):
    """The real store, which may die before a transaction, before its commit, and right after it."""

    points = DevicePoints()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        outermost = not self._db.in_transaction
        if outermost:
            self.points.reached("before a local transaction")
        with super().transaction() as db:
            yield db
            if outermost:
                self.points.reached("before a local commit")
        if outermost:
            self.points.reached("after a local commit")


class ServerPoints:
    """The server's commit boundaries. `dies`: (before | after, how many to pass first). `between`: what others do while
    a transaction has written everything and not committed yet."""

    def __init__(self) -> None:
        self.dies: tuple[str, int] | None = None
        self.between: Callable[[], Awaitable[None]] | None = None
        self.tracked_commits = 0

    async def before(self) -> None:
        if self.between is not None:
            between, self.between = self.between, None
            await between()
        self._reached("before")

    async def after(self, *, tracked: bool) -> None:
        self.tracked_commits += tracked
        self._reached("after")

    def _reached(self, where: str) -> None:
        if self.dies is None or self.dies[0] != where:
            return
        if self.dies[1] > 0:
            self.dies = (where, self.dies[1] - 1)
            return
        self.dies = None
        raise ServerKilled(f"{where} a commit")


@contextmanager
def watched_commits(points: ServerPoints) -> Iterator[None]:
    """Inside, every commit of a tenant's transaction passes the points."""
    plain = TenantSession.commit

    async def commit(self: TenantSession, *behind: tuple[str, Any], then: Opening | None = None) -> None:
        await points.before()
        await plain(self, *behind, then=then)
        await points.after(tracked=any("tenant_clock" in statement for statement, _ in behind))

    with patch.object(TenantSession, "commit", commit):
        yield
