"""The sync service with figures: how long each exchange took, how it ended, how many rows it moved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kernel.policy import Actor
from server.metrics import Metrics
from sync.service import SyncService
from sync.wire import PullRequest, PullResponse, PushRequest, PushResponse, RegisterRequest, RegisterResponse
from values.errors import Refusal


@dataclass(slots=True)
class _Moved:
    rows: int = 0


@dataclass(frozen=True, slots=True)
class MeasuredSync(SyncService):
    """SyncService whose every exchange is counted."""

    metrics: Metrics = field(kw_only=True)

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        with self._measured("register"):
            return await SyncService.register(self, actor, request)

    async def pull(self, actor: Actor, request: PullRequest) -> PullResponse:
        with self._measured("pull") as moved:
            page = await SyncService.pull(self, actor, request)
            moved.rows = len(page.lines)
        return page

    async def push(self, actor: Actor, request: PushRequest) -> PushResponse:
        with self._measured("push") as moved:
            answer = await SyncService.push(self, actor, request)
            moved.rows = len(answer.outcomes)
        return answer

    @contextmanager
    def _measured(self, kind: str) -> Iterator[_Moved]:
        started, code, moved = time.perf_counter(), "FAILED", _Moved()
        try:
            yield moved
            code = "OK"
        except Refusal as refusal:
            code = refusal.code
            raise
        finally:
            self.metrics.sync(kind, code, time.perf_counter() - started, moved.rows)
