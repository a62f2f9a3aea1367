"""The way between a device and the server: it loses, delays, doubles, cuts; meanwhile others go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from sqlalchemy.util import await_only

from tests.simulation.kills import ServerKilled

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

REGISTER, PULL, PUSH = "/sync/v1/devices", "/sync/v1/pull", "/sync/v1/push"
# Fate of a request → weight. What is not listed arrives as it should.
FATES = {
    "request lost": 3.0,
    "answer lost": 4.0,
    "answer cut": 1.0,
    "refused as busy": 1.5,
    "request late": 4.0,
    "answer late": 4.0,
    "arrives twice": 3.0,
    "kept to arrive again": 2.0,
    "others while it commits": 3.0,
    "server dies before a commit": 2.0,
    "server dies after a commit": 2.0,
}


@dataclass(frozen=True)
class Message:
    """A request as it is on the wire."""

    path: str
    token: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    def completes_a_pull(self, message: Message) -> bool:
        """Whether it is the last page: the one after which a replica shows what it fetched."""
        return message.path == PULL and self.status == 200 and json.loads(self.body)["more"] is False


class Network(httpx.BaseTransport):
    """One device's way to the server. Called by the client's thread of control, it lets the run's go on."""

    def __init__(self, run: Run, device: Device) -> None:
        self._run, self._device = run, device

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        answer = await_only(self._carry(Message(request.url.path, token, request.read())))
        return httpx.Response(answer.status, headers={"content-type": answer.content_type}, content=answer.body)

    async def _carry(self, message: Message) -> Answer:
        run, device = self._run, self._device
        device.points.reached("before a request")
        fate = run.fate(message.path)
        if fate is not None:
            run.tell(f"    {device.name} {message.path[9:]}: {fate}")
        if fate == "request lost":
            raise httpx.ConnectError("lost")
        if fate == "refused as busy":
            return Answer(503, "application/json", b'{"code":"BUSY","message":"","field":null,"remedy":""}')
        if fate == "request late":
            await run.meanwhile()
        if fate == "kept to arrive again":
            run.ghosts.append((device, message))
        device.sends(message)
        answer = await self._served(message, fate)
        if fate == "arrives twice":
            answer = run.chance.choice((answer, await run.serve(message)))
        if fate == "answer late":
            await run.meanwhile()
        if fate in ("answer lost", "answer cut"):
            raise httpx.ReadError("lost") if fate == "answer lost" else httpx.RemoteProtocolError("cut")
        device.receives(message, answer)
        device.points.reached("after a request")
        return answer

    async def _served(self, message: Message, fate: str | None) -> Answer:
        run = self._run
        dies, between = None, None
        if fate is not None and fate.startswith("server dies"):
            dies = (fate.split()[2], run.chance.randrange(3))
        if fate == "others while it commits" and message.path == PUSH:
            between = run.between(self._device)
        try:
            return await run.serve(message, dies=dies, between=between)
        except ServerKilled as killed:
            run.tell(f"    server died {killed}")
            raise httpx.ReadError("the server died") from None
