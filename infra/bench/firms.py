"""Companies that signed up through the real door, and the product's server in a process of its own, as `yunfan serve`
runs it: what benches of many sign-ins share."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from infra.settings import Settings
from server.parts import Application, build
from tenants.entities import Role
from tenants.identity.inputs import ChangePassword, CreateMember, SignIn, SignUp
from values.ids import new_id

_FIRST, _PASSWORD = "Longjing-First-26", "Hangzhou-Spring-26"  # of people who last as long as a bench
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Firm:
    """A company that signed up through the real door; the admin's token first."""

    tenant_id: UUID
    tokens: list[str]


@dataclass(frozen=True, slots=True)
class Device:
    token: str
    id: str


async def firms(settings: Settings, wanted: dict[str, int]) -> list[Firm]:
    """Companies by name, each with so many members who see everything, besides the admin."""
    app = build(settings, pool_size=4)
    try:
        return [await _firm(app, name, people) for name, people in wanted.items()]
    finally:
        await app.close()


async def _firm(app: Application, name: str, people: int) -> Firm:
    given = SignUp(company_name=name, email=f"{uuid4().hex}@example.com", password=_PASSWORD, admin_name="陈总")
    identity = app.identity
    token = (await identity.sign_up(given)).token
    admin = await identity.authenticate(token)
    async with app.engine.reading(admin.actor) as session:
        role_id: UUID = await session.scalar(select(Role.id).where(Role.key == "general_manager"))
    tokens = [token]
    for n in range(people):
        account = f"lin{n}"
        wanted = CreateMember(account=account, name=account, initial_password=_FIRST, role_ids=[role_id], scope="all")
        made = await identity.create_member(admin, wanted)
        first = SignIn(org_code=made.org_code, account=account, password=_FIRST, device_name="bench")
        tokens.append((await identity.sign_in(first)).token or "")
        who = await identity.authenticate(tokens[-1])
        await identity.change_password(who, ChangePassword(current_password=_FIRST, new_password=_PASSWORD))
    return Firm(admin.tenant_id, tokens)


async def registered(http: httpx.AsyncClient, token: str) -> Device:
    """A new device of the token's member."""
    device = Device(token, str(new_id()))
    body = {"deviceId": device.id, "name": "bench", "platform": "bench"}
    answer = await http.post("/sync/v1/devices", json=body, headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    return device


@contextmanager
def served(settings: Settings, **more: str) -> Iterator[tuple[str, int]]:
    """The product's server on a free port: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "REDIS_", "YUNFAN_"))}
    environment = {
        **inherited,
        "YUNFAN_DATA": str(settings.data_dir),
        "YUNFAN_PORT": str(port),
        "YUNFAN_LOG_LEVEL": "WARNING",
        "DATABASE_URL": settings.database_url or "",
        "DATABASE_PLATFORM_URL": settings.database_platform_url or "",
        "DATABASE_PROVISION_URL": settings.database_provision_url or "",
        "REDIS_URL": settings.redis_url or "",
        **more,
    }
    command = [str(Path(sys.executable).parent / "yunfan"), "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            _wait_until_ready(running, port)
            yield f"http://127.0.0.1:{port}", running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=60)


def _wait_until_ready(running: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        if running.poll() is not None or time.monotonic() > until:
            raise RuntimeError("yunfan serve did not become ready")
        time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the cores so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
