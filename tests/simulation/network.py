"""The way between a device and the server: it loses, delays, doubles, cuts; meanwhile others go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy.util import await_only

from tests.simulation.kills import ServerKilled

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

REGISTER, PULL, PUSH = "/sync/v1/devices", "/sync/v1/pull", "/sync/v1/push"
LOADS = "/sync/v1/loads/"  # a load file; its path is long and never told
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
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        return "load file" if self.path.startswith(LOADS) else self.path[9:].split("/")[0]

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Answer:
    """`headers`: those that a device reads."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def completes_a_pull(self, message: Message) -> bool:
        """Whether it is the last page: the one after which a replica shows what it fetched."""
        return message.path == PULL and self.status == 200 and self.page()["more"] is False

    def page(self) -> dict[str, Any]:
        """The header of a page: its first line."""
        found: dict[str, Any] = json.loads(self.body.split(b"\n", 1)[0])
        return found

    def code(self) -> str | None:
        return None if self.status == 200 else json.loads(self.body).get("code")


class _Pieces(httpx.SyncByteStream):
    """An answer piece by piece; `cut`: the connection breaks behind them."""

    def __init__(self, body: bytes, cut: bool) -> None:
        self._body, self._cut = body, cut

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        if self._cut:
            raise httpx.ReadError("cut")


_HEARD = ("range", "upload-offset", "if-range")
_CUTS = 0.6  # of a load file's fetches


class Network(httpx.BaseTransport):
    """One device's way to the server. Called by the client's thread of control, it lets the run's go on."""

    def __init__(self, run: Run, device: Device) -> None:
        self._run, self._device = run, device

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        kept = tuple((name, request.headers[name]) for name in _HEARD if name in request.headers)
        message = Message(request.url.path, token, request.read(), request.method, kept)
        answer = await_only(self._carry(message))
        body, cut = self._cut_somewhere(message, answer)
        headers = [("content-type", answer.content_type), *answer.headers]
        return httpx.Response(answer.status, headers=headers, stream=_Pieces(body, cut))

    def _cut_somewhere(self, message: Message, answer: Answer) -> tuple[bytes, bool]:
        """Files break off at any byte, and what came until then is kept."""
        run = self._run
        if not message.path.startswith(LOADS) or run.calm or run.chance.random() >= _CUTS:
            return answer.body, False
        at = run.chance.randrange(len(answer.body) + 1)
        run.tell(f"    {self._device.name} load file: cut")
        return answer.body[:at], True

    async def _carry(self, message: Message) -> Answer:
        run, device = self._run, self._device
        device.points.reached("before a request")
        fate = run.fate(message.path)
        if fate is not None:
            run.tell(f"    {device.name} {message.kind}: {fate}")
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
        if message.path == PULL and answer.status == 200:
            device.points.page_came()
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
