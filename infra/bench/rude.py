"""Company A of `fairness.py`, a process of its own: asks at the rate that it is told, whatever the answers are.

Told by lines: a rate a second (0: silent), or an empty line: it tells what was answered since the last one, by status,
and how many it is `asking`. It pays no heed to refusals, and waits for no answer before it asks again; a request that
finds all its connections taken is counted as `skipped`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from itertools import cycle
from typing import Any

from infra.bench.bare_http import Line, prepared
from infra.bench.firms import Device

_LINES = 100


class Rude:
    """`requests`: asked in turn."""

    def __init__(self, host: str, port: int, requests: list[bytes]) -> None:
        self._requests = cycle(requests)
        self._free = [Line(host, port) for _ in range(_LINES)]
        self._asking = set[asyncio.Task[None]]()
        self.counted = Counter[str]()
        self.rate = 0.0

    @property
    def asking(self) -> int:
        """How many answers it waits for."""
        return len(self._asking)

    async def run(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not self.rate:
                await asyncio.sleep(0.02)
                due = loop.time()
                continue
            if self._free:
                task = asyncio.create_task(self._ask(self._free.pop()))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
            else:
                self.counted["skipped"] += 1
            due += 1 / self.rate
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _ask(self, line: Line) -> None:
        try:
            status, _ = await line.ask(next(self._requests))
            self.counted[str(status)] += 1
        except OSError:
            self.counted["lost"] += 1
        finally:
            self._free.append(line)


async def _main(told: dict[str, Any]) -> None:
    devices = [Device(token, device_id) for token, device_id in told["devices"]]
    rude = Rude(told["host"], told["port"], [prepared(device, "pull", {"cursor": None}) for device in devices])
    asking = asyncio.create_task(rude.run())
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while line := await stdin.readline():
        if line.strip():
            rude.rate = float(line)
            continue
        sys.stdout.write(json.dumps({**rude.counted, "asking": rude.asking}) + "\n")
        sys.stdout.flush()
        rude.counted.clear()
    asking.cancel()


if __name__ == "__main__":
    os.nice(19)  # whoever asks stands on a machine of their own, and would take nothing of the server's cores
    asyncio.run(_main(json.loads(sys.argv[1])))
