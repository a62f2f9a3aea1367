"""The product's edge with API and sync behind it; people sign in by themselves, their letters lie in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from httpx_ws import AsyncWebSocketSession, WebSocketDisconnect, aconnect_ws
from httpx_ws.transport import ASGIWebSocketTransport
from litestar import Litestar

from graphql_api.http import routes as graphql_routes
from server.parts import Application
from server.web import Edge, Traffic
from sync.http import routes as sync_routes
from tests.tenants.identity_desk import ADDRESS, PASSWORD, Desk, open_desk
from values.clock import FrozenClock
from values.ids import new_id

SIGN_UP = "mutation($i: SignUpInput!) { signUp(input: $i) { token tenant { id orgCode } member { id phone } } }"
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { token totpRequired mustChangePassword tenant { id } } }"
ASK_CODE = "mutation($i: RequestSmsCodeInput!) { requestSmsCode(input: $i) { done } }"
RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { done } }"
CHANGE = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { done } }"
CREATE_MEMBER = "mutation($i: CreateMemberInput!) { createMember(input: $i) { orgCode member { id } } }"
SET_SETTING = "mutation($i: SetSettingInput!) { setSetting(input: $i) { id } }"
FORCE_OUT = "mutation($id: ID!) { signOutMember(input: {memberId: $id}) { count } }"
ME = "{ me { userId emailVerified totpEnabled recoveryCodesLeft permissions member { id name } tenant { id } } }"
FIRST, LASTING = "仓库-First-88-kestrel", "另一个-Long-93-quartz"
PROTOCOL = "graphql-transport-ws"


@dataclass
class Door:
    """Asks over HTTP as anybody, from any address."""

    desk: Desk
    edge: Edge

    async def ask(
        self,
        query: str,
        *,
        token: str = "",
        address: str = ADDRESS,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> dict[str, Any]:
        """The answer's body."""
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        transport = httpx.ASGITransport(self.edge, client=(address, 4711))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=sent) as client:
            answer = await client.post("/graphql", json={"query": query, "variables": variables})
        found: dict[str, Any] = answer.json()
        return found

    async def data(self, query: str, **asked: Any) -> Any:
        """The only field of the answer; any error fails the test."""
        body = await self.ask(query, **asked)
        assert "errors" not in body, body["errors"]
        [field] = body["data"].values()
        return field

    async def code(self, query: str, **asked: Any) -> str:
        """The code of the answer's first error."""
        body = await self.ask(query, **asked)
        assert body.get("errors"), body
        return str(body["errors"][0]["extensions"]["code"])

    async def at_once(self, times: int, query: str, **asked: Any) -> tuple[list[Any], list[str]]:
        """The same question `times` times side by side: the answers, and the codes of the refusals."""
        bodies = await asyncio.gather(*(self.ask(query, **asked) for _ in range(times)))
        return sorted_out(bodies)

    async def sms_code(self, phone: str, **more: Any) -> str:
        """Asks for a code and reads it off the phone."""
        await self.data(ASK_CODE, i={"phone": phone, **more})
        text = (await self.desk.texts())[-1]
        assert phone in text
        return next(word for word in text.replace("，", " ").split() if len(word) == 6 and word.isdigit())

    async def company(self, name: str = "chen", **more: Any) -> dict[str, Any]:
        """Signs a company up by e-mail: token, tenant, member."""
        asked = {"companyName": "云帆贸易", "email": self.desk.email(name), "password": PASSWORD, **more}
        found: dict[str, Any] = await self.data(SIGN_UP, i=asked)
        return found

    async def sign_in(self, name: str = "chen", **more: Any) -> dict[str, Any]:
        asked = {"identifier": self.desk.email(name), "password": PASSWORD, **more}
        found: dict[str, Any] = await self.data(SIGN_IN, i=asked)
        return found

    async def role_id(self, token: str, key: str) -> str:
        roles = (await self.data("{ roles { nodes { id key } } }", token=token))["nodes"]
        return str(next(role["id"] for role in roles if role["key"] == key))

    async def signed_account(self, boss: dict[str, Any], account: str, **more: Any) -> tuple[str, str]:
        """A member with an account of the company, past the first change of password: member id and token."""
        asked = {"account": account, "name": f"成员{account}", "initialPassword": FIRST, **more}
        if "roleIds" not in asked:
            asked["roleIds"] = [await self.role_id(boss["token"], "salesperson")]
        made = await self.data(CREATE_MEMBER, token=boss["token"], i=asked)
        by_account = {"orgCode": made["orgCode"], "account": account}
        token = (await self.data(SIGN_IN, i={**by_account, "password": FIRST}))["token"]
        await self.data(CHANGE, token=token, i={"currentPassword": FIRST, "newPassword": LASTING})
        return made["member"]["id"], token

    async def synced(self, token: str, device_id: UUID | None = None) -> int:
        """The status with which the sync door answers a device of this token that registers."""
        transport = httpx.ASGITransport(self.edge, client=(ADDRESS, 1))  # type: ignore[arg-type]
        told = {"deviceId": str(device_id or new_id()), "name": "手机", "platform": "android"}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.post("/sync/v1/devices", json=told, headers=headers)).status_code

    @asynccontextmanager
    async def socket(self, token: str) -> AsyncIterator[AsyncWebSocketSession]:
        """A WebSocket that is signed in."""
        transport = ASGIWebSocketTransport(app=self.edge)  # type: ignore[arg-type]
        async with (
            httpx.AsyncClient(transport=transport) as client,
            aconnect_ws("http://test/graphql", client, subprotocols=[PROTOCOL]) as socket,
        ):
            await socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
            assert await socket.receive_json(timeout=5) == {"type": "connection_ack"}
            yield socket


def sorted_out(bodies: list[dict[str, Any]]) -> tuple[list[Any], list[str]]:
    """What was answered, and the codes of what was refused."""
    answers = [next(iter(body["data"].values())) for body in bodies if "errors" not in body]
    return answers, [str(body["errors"][0]["extensions"]["code"]) for body in bodies if "errors" in body]


async def closed_within(socket: AsyncWebSocketSession, seconds: float) -> int:
    """The code with which the socket is closed. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await socket.receive_text()
            except WebSocketDisconnect as closed:
                return closed.code


@asynccontextmanager
async def open_door(app: Application, clock: FrozenClock, outbox: Path, **settings: Any) -> AsyncIterator[Door]:
    """The product as it runs in production, with empty throttles and an empty outbox."""
    desk, traffic = await open_desk(app, clock, outbox, app.passwords), Traffic()
    served = replace(app.settings, environment="production", **settings)
    handlers = [
        *graphql_routes(app.engine, desk.identity, served, app.pokes),
        *sync_routes(app.sync, desk.identity.authenticate, app.air, traffic.stop),
    ]
    inner: Any = Litestar(handlers, openapi_config=None)
    yield Door(desk, Edge(inner, traffic, app.metrics, trusted_proxies=served.trusted_proxies))
    await desk.identity.close()
