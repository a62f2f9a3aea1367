"""At the doors of sync: a company's crowd keeps nobody from being looked at, and whoever is ahead of its rate goes on
only when a rival's request is answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from infra.quota_settings import Limit
from sync.buckets import Buckets
from sync.gate import Gate
from sync.http import routes
from sync.live import Air
from sync.quotas import Quotas
from sync.service import SyncService
from sync.turns import Fair
from sync.yielding import Foreground
from tests.sync.conftest import Doors, SignedIn, _in_force, served
from tests.sync.test_quotas import _settings
from values.errors import NotSignedIn
from values.ids import new_id


class Held:
    """The doors with sign-ins that can be held up; `within`: how many are being looked at, by token; `most`: how many
    were at once."""

    def __init__(self, doors: Doors, **limits: Limit) -> None:
        self.doors = doors
        self.within, self.most = Counter[str](), Counter[str]()
        self.held: dict[str, asyncio.Event] = {}
        self.quotas = Quotas(Buckets(doors.app.redis), _settings(**limits))
        self.fair = Fair(10, self.quotas.ahead)
        self.fair.foreground = Foreground(step_seconds=60, whole_seconds=60)

    def hold(self, token: str) -> None:
        self.held[token] = asyncio.Event()

    async def looking_at(self, token: str) -> None:
        """Until a sign-in is held up."""
        while not self.within[token]:  # noqa: ASYNC110 - a sign-in is held up, not told
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[httpx.AsyncClient]:

        async def authenticate(token: str, *, address: str | None, request_id: str | None) -> SignedIn:
            self.within[token] += 1
            self.most[token] = max(self.most[token], self.within[token])
            try:
                if token in self.held:
                    await self.held[token].wait()
                if token not in self.doors.tokens:
                    raise NotSignedIn
                company, who = self.doors.tokens[token]
                return SignedIn(await company.actor(who))
            finally:
                self.within[token] -= 1

        air = Air(self.doors.app.engine, self.doors.app.pokes, _in_force)
        service = SyncService(self.doors.app.engine, fair=self.fair)
        handlers = routes(service, authenticate, authenticate, air, gate=Gate(self.quotas))
        limits = httpx.Limits(max_connections=100)
        async with served(handlers) as url, httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:
            yield http
            await air.close()


async def _asked(http: httpx.AsyncClient, token: str) -> int:
    """A request that is allowed and finds nothing: the status."""
    body = {"deviceId": str(new_id())}
    answer = await http.post("/sync/v1/keys", json=body, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


async def test_a_crowd_at_the_doors_keeps_nobody_from_being_looked_at(doors: Doors) -> None:
    held = Held(doors)
    crowd, rival = doors.token(doors.world.yunfan, "li"), doors.token(doors.world.seagull, "qian")
    async with held.open() as http, asyncio.timeout(20):
        assert [await _asked(http, token) for token in (crowd, rival)] == [404, 404]
        held.hold(crowd)
        waiting = [asyncio.create_task(_asked(http, crowd)) for _ in range(40)]
        await held.looking_at(crowd)
        assert [await _asked(http, rival) for _ in range(5)] == [404] * 5
        assert held.most[crowd] == 2  # beside a rival
        held.held[crowd].set()
        assert set(await asyncio.gather(*waiting)) == {404}


async def test_whoever_is_ahead_goes_on_when_the_rival_is_answered(doors: Doors) -> None:
    held = Held(doors, requests_tenant=Limit(0.5, 1_000))
    rude, rival = doors.token(doors.world.yunfan, "li"), doors.token(doors.world.seagull, "qian")
    async with held.open() as http, asyncio.timeout(20):
        assert [await _asked(http, rude) for _ in range(3)] == [404] * 3  # ahead: six seconds' worth
        held.hold(rival)
        first = asyncio.create_task(_asked(http, rival))
        await held.looking_at(rival)
        behind = asyncio.create_task(_asked(http, rude))
        await asyncio.sleep(0.5)
        assert not behind.done()
        held.held[rival].set()
        assert (await first, await behind) == (404, 404)


async def test_whoever_keeps_to_its_rate_waits_for_nobody(doors: Doors) -> None:
    held = Held(doors)
    modest, rival = doors.token(doors.world.yunfan, "li"), doors.token(doors.world.seagull, "qian")
    async with held.open() as http, asyncio.timeout(20):
        assert [await _asked(http, modest) for _ in range(3)] == [404] * 3
        held.hold(rival)
        first = asyncio.create_task(_asked(http, rival))
        await held.looking_at(rival)
        assert await _asked(http, modest) == 404
        held.held[rival].set()
        assert await first == 404


async def test_a_flood_of_who_is_ahead_beside_a_rival_leaves_nothing_behind(doors: Doors) -> None:
    held = Held(doors, requests_tenant=Limit(0.5, 1_000), requests_device=Limit(1_000, 1_000))
    held.fair.foreground = Foreground(step_seconds=0.005, whole_seconds=0.05)
    rude, rival = doors.token(doors.world.yunfan, "li"), doors.token(doors.world.seagull, "qian")
    async with held.open() as http, asyncio.timeout(60):
        flood = [asyncio.create_task(_asked(http, rude)) for _ in range(60)]
        calls = [asyncio.create_task(_asked(http, rival)) for _ in range(10)]
        for gone in flood[::7]:
            await asyncio.sleep(0.01)
            gone.cancel()
        assert set(await asyncio.gather(*calls)) == {404}
        answers = await asyncio.gather(*flood, return_exceptions=True)
        assert {answer for answer in answers if isinstance(answer, int)} <= {404, 503}
        while held.within[rude]:  # noqa: ASYNC110 - whose caller is gone may still be looked at
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        tenants = [doors.world.yunfan.tenant_id, doors.world.seagull.tenant_id]
        assert not held.fair.foreground.busy
        for turns in (held.fair.doors, held.fair.quick):
            assert (turns.waiting(), [turns.running(tenant) for tenant in tenants]) == (0, [0, 0])
