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

_REFUSED = 4401
_PASSING = (429, 503)
_LONGEST_PAUSE_SECONDS = 30.0
_LARGEST = 16 * 1024 * 1024


async def follow(
    replica: Replica, changed: Callable[[], None] = lambda: None, *, ready: Callable[[], None] = lambda: None
) -> None:
    """Keeps a registered replica current until it is cancelled; `changed` is called after each page that was kept.

    Reconnects with jitter for ever; raises SyncRefused when the server says that this device has no rights any more.
    """
    pause = 0.5
    while True:
        try:
            await asyncio.to_thread(replica.pull)
            changed()
            async with connect(replica.poke_url, compression=None, max_size=_LARGEST) as socket:
                pause = 0.5
                await _listen(replica, socket, changed, ready)
        except SyncRefused as refused:
            if refused.status not in _PASSING:
                raise
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == _REFUSED:
                raise SyncRefused(401, closed.rcvd.reason, closed.rcvd.reason) from closed
        except (OSError, InvalidHandshake, Offline, TimeoutError):
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter is no secret


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
