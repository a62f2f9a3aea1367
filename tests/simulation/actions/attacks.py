"""Requests that an honest client never sends. Each must be refused, whatever else goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.simulation.actions import action
from tests.simulation.network import PULL, REGISTER, Message
from tests.simulation.stage import OURS

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


def _meta(device: Device, key: str) -> Any:
    with closing(sqlite3.connect(str(device.path))) as db:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


async def _refused(run: Run, token: str, device_id: Any, cursor: Any, *codes: str) -> None:
    body = json.dumps({"deviceId": device_id, "cursor": cursor}).encode()
    answer = await run.serve(Message(PULL, token, body))
    code = json.loads(answer.body).get("code")
    if answer.status == 200 or code not in (*codes, "NOT_SIGNED_IN", "DEVICE_REVOKED"):
        run.fail("attacks", f"a pull that must be refused with {codes} was answered {answer.status} {code}")


@action(1.2)
async def cursor_of_another_device(run: Run) -> None:
    known = [d for d in run.devices if d.known]
    pairs = [(a, b) for a in known for b in known if _meta(a, "device_id") != _meta(b, "device_id")]
    if pairs and (chosen := run.chance.choice(pairs)) and (cursor := _meta(chosen[0], "cursor")) is not None:
        mine = chosen[1]
        await _refused(run, mine.token, _meta(mine, "device_id"), cursor, "CURSOR_INVALID", "NOT_FOUND")


@action(0.5)
async def forged_cursor(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None and (cursor := _meta(device, "cursor")):
        at = run.chance.randrange(len(cursor))
        forged = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        if forged[:-1] != cursor[:-1]:  # the last character of base64 may hold bits that nobody reads
            await _refused(run, device.token, _meta(device, "device_id"), forged, "CURSOR_INVALID", "NOT_FOUND")


@action(0.7)
async def device_of_another_member(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        company, who = run.chance.choice(
            [(run.world.seagull, "qian"), (run.company, "admin" if device.who != "admin" else "lin")]
        )
        token = run.token(who, company)
        await _refused(run, token, _meta(device, "device_id"), None, "NOT_FOUND")


@action(0.6, meanwhile=True)
async def rival_pulls(run: Run) -> None:
    """The other company has devices as well: what it was sent must not turn up elsewhere, nor ours with it."""
    token, device_id = run.token("qian", run.world.seagull), str(run.ids.of_server())
    body = {"deviceId": device_id, "name": "rival", "platform": "test"}
    await run.serve(Message(REGISTER, token, json.dumps(body).encode()))
    answer = await run.serve(Message(PULL, token, json.dumps({"deviceId": device_id}).encode()))
    if answer.status == 200 and OURS.encode() in answer.body:
        run.fail("foreign", "an answer to the rival holds what is ours")
