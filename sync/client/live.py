"""On the air: pages come as they happen, and what does not fit is pulled."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from sync.client.errors import Offline, SyncRefused
from sync.client.pages import parse_page
from sync.client.replica import Replica

_REFUSED, _WIPED = 4401, 4403
_THROTTLED = 4429
_LONGEST_PAUSE_SECONDS = 30.0
# By closing code, seconds within which to come back, by chance: a crowd that was sent away returns spread out.
_SPREADS = {1012: (0.0, 5.0), 1013: (5.0, 30.0), _THROTTLED: (60.0, 120.0)}
_LARGEST = 16 * 1024 * 1024


async def follow(
    replica: Replica, changed: Callable[[], None] = lambda: None, *, ready: Callable[[], None] = lambda: None
) -> None:
    """Keeps a registered replica current until it is cancelled; `changed` is called after each page that was kept.

    Reconnects with jitter for ever; raises SyncRefused when the server says that this device has no rights any more,
    and DeviceWiped when it was to be erased, and is.
    """
    failures = 0

    def greeted() -> None:
        nonlocal failures
        failures = 0
        ready()

    while True:
        code: int | None = None
        asked: float | None = None
        try:
            await asyncio.to_thread(replica.pull)
            changed()
            async with connect(replica.poke_url, compression=None, max_size=_LARGEST) as socket:
                await _listen(replica, socket, changed, greeted)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else None
            if code in (_REFUSED, _WIPED) and failures == 0:
                failures = 1
                continue  # the pull says what is wrong, and does as it says; or the token was but replaced meanwhile
            if closed.rcvd is not None and code == _REFUSED:
                raise SyncRefused(401, closed.rcvd.reason, closed.rcvd.reason) from closed
            failures += code == _WIPED
        except SyncRefused as refused:
            if refused.status not in (429, 503):
                raise
            failures, asked = failures + 1, refused.retry_after
        except (OSError, InvalidHandshake, Offline, TimeoutError):
            failures += 1
        await asyncio.sleep(max(pause_after(code, failures, random.uniform), asked or 0.0))


def pause_after(code: int | None, failures: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds until the next attempt. `code`: with which the server closed; `failures`: attempts since that failed."""
    if code in _SPREADS:
        return uniform(*_SPREADS[code])
    return min(0.5 * 2.0**failures, _LONGEST_PAUSE_SECONDS) * uniform(0.5, 1.5)


async def _listen(
    replica: Replica, socket: ClientConnection, changed: Callable[[], None], ready: Callable[[], None]
) -> None:
    await socket.send(json.dumps(replica.greeting()))
    async for message in socket:
        if isinstance(message, bytes):
            page = parse_page(message)
            if replica.keep_live(page):
                changed()
                continue
        elif not _is_poke(message):
            ready()
            continue
        await asyncio.to_thread(replica.pull)
        changed()
        await socket.send(json.dumps({"cursor": replica.cursor}))


def _is_poke(message: str) -> bool:
    return bool(json.loads(message).get("poke"))
