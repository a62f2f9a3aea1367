"""A caller who hangs up on a real server: what was read for them stops in the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.infra_services import Services
from tests.server.test_stop import server, told_by
from values.ids import new_id

SIGN_UP = "mutation($i: SignUpInput!) { signUp(input: $i) { token } }"
# A statement of the API that waits for a lock, on any of this run's servers.
WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'yunfan' AND wait_event_type = 'Lock' AND query LIKE '%app.customer%'"""


async def _until_waiting(admin: psycopg.AsyncConnection[Any], expected: int) -> None:
    for _ in range(250):
        found = await admin.execute(WAITING)
        if await found.fetchone() == (expected,):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not {expected} statements wait")


async def test_a_query_stops_when_its_caller_hangs_up(services: Services, tmp_path: Path) -> None:
    connect = psycopg.AsyncConnection.connect
    async with (
        server(services, tmp_path) as (_process, port, log),
        await connect(services.urls.admin, autocommit=True) as admin,
        await connect(services.urls.admin) as holder,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http,
    ):
        who = {"companyName": "挂断贸易有限公司", "adminName": "陈晨", "email": f"{new_id()}@example.com"}
        who["password"] = "hang-up-9-Lanterns"
        made = (await http.post("/graphql", json={"query": SIGN_UP, "variables": {"i": who}})).json()
        headers = {"Authorization": f"Bearer {made['data']['signUp']['token']}"}
        await holder.execute("LOCK TABLE app.customer IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(
            http.post("/graphql", json={"query": "{ customers { totalCount } }"}, headers=headers)
        )
        await _until_waiting(admin, 1)
        asked.cancel()  # closes the connection
        await _until_waiting(admin, 0)  # while the table is still locked
        await holder.rollback()
        # One connection for several requests in a row: listening for the caller's leave takes nothing from the next.
        for _ in range(3):
            answer = await http.post("/graphql", json={"query": "{ customers { totalCount } }"}, headers=headers)
            assert answer.json() == {"data": {"customers": {"totalCount": 0}}}
        assert '"level": "error"' not in told_by(log)
