"""One history: plays a plan's steps, lets every oracle look, brings everything to rest, lets them look again."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

import httpx

from kernel.command import command_named
from tests.simulation import oracles, settling
from tests.simulation.actions import ACTIONS
from tests.simulation.chance import SeededIds, seeded_ids
from tests.simulation.declared import declared_trade
from tests.simulation.device import URL, Device, FileCopy
from tests.simulation.ground import Ground, loads_from
from tests.simulation.kills import ServerPoints, watched_commits
from tests.simulation.ledger import Sent
from tests.simulation.network import FATES, Answer, Message
from tests.simulation.plans import Plan, Step
from tests.simulation.stage import NOW, TRIAL, Stage, set_stage, write_tag_pair
from tests.simulation.upgrades import Upgrades, versioned
from tests.world import Company, World
from values.errors import Refusal

_TOLD = ("upload-offset", "content-range", "retry-after")
_MEMORY = "/dev/shm"  # a kill is no power cut: the file need not outlive the machine


class Broken(BaseException):
    """An oracle found something. `oracle`: which. Not an Exception: the engine files those in the inbox."""

    def __init__(self, oracle: str, told: str) -> None:
        super().__init__(f"[{oracle}] {told}")
        self.oracle = oracle


@dataclass(frozen=True)
class History:
    """What a run was. `broken`: what an oracle found; None if all is well."""

    plan: Plan
    trace: tuple[str, ...]
    broken: Broken | None
    counts: dict[str, int]


async def play(ground: Ground, plan: Plan) -> History:
    """Plays a plan on a fresh world, and leaves nothing of it behind."""
    oracles.load()
    run = Run(ground, plan)
    broken: Broken | None = None
    with (
        seeded_ids(run.ids),
        watched_commits(run.points),
        declared_trade(),
        loads_from(plan.loads),
        versioned() as upgrades,
    ):
        run.upgrades = upgrades
        try:
            await run.begin()
            for number, step in enumerate(plan.steps):
                await run.step(number, step)
            await settling.settle(run)
            await oracles.at_end(run)
        except Broken as found:
            broken = found
            run.tell(f"BROKEN {found}")
        except Exception as defect:  # noqa: BLE001 - whatever escapes the product is a finding like any other
            where = traceback.extract_tb(defect.__traceback__)[-1]
            broken = Broken("crash", f"{type(defect).__name__}: {defect} ({where.filename}:{where.lineno})")
            run.tell(f"BROKEN {broken}")
        finally:
            await run.end()
    return History(plan, tuple(run.trace), broken, dict(run.counts))


class Run:
    """The state of one history. Actions and oracles work on it."""

    world: World
    stage: Stage
    upgrades: Upgrades

    def __init__(self, ground: Ground, plan: Plan) -> None:
        self.ground, self.plan = ground, plan
        self.clock, self.began = ground.clock, NOW
        self.clock.instant = NOW
        self.ids = SeededIds(plan.seed, self.clock.now)
        self.chance = Random(f"begin {plan.seed}")
        self.points = ServerPoints()
        self.folder = Path(mkdtemp(prefix="simulation-", dir=_MEMORY if Path(_MEMORY).is_dir() else None))
        self.trace: list[str] = []
        self.counts: dict[str, int] = {}
        self.devices: list[Device] = []
        self.sent: dict[str, Sent] = {}
        self.customers: list[UUID] = []
        self.contacts: list[UUID] = []
        self.erased: set[str] = set()
        self.blanked: set[str] = set()  # orders of customers who were erased: they stay, without a word about them
        self.revoked: set[str] = set()  # devices
        self.handed_out: dict[str, str] = {}  # document number → device
        self.mended: set[str] = set()  # inbox entries for which a person sent something else
        self.ghosts: list[tuple[Device, Message]] = []
        self.file_copies: list[FileCopy] = []
        self.backup: tuple[datetime, dict[str, str]] | None = None
        self.restores = 0
        self.kept_no_stock = False  # for a time the company had no stock module
        self.weather: tuple[str, tuple[str | None, ...]] | None = None
        self.subscribed_at: datetime | None = None
        self.calm = False
        self.restart()
        self._depth = 0
        self._tokens = 0

    def restart(self) -> None:
        """The server is another process: what it keeps between requests begins anew."""
        self.service = self.ground.service()
        self._doors = self.ground.doors(self.service)

    @property
    def company(self) -> Company:
        return self.world.yunfan

    async def begin(self) -> None:
        self.world = await self.ground.found()
        self.tell(f"seed {self.plan.seed}, {len(self.plan.steps)} steps, trouble {self.plan.trouble}")
        self.calm = True
        self.stage = await set_stage(self)
        self.calm = False

    async def end(self) -> None:
        for device in self.devices:
            device.shut()
        self.ground.tokens.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        if hasattr(self, "world"):
            await self.ground.remove([self.world.yunfan.tenant_id, self.world.seagull.tenant_id])

    async def step(self, number: int, step: Step) -> None:
        action = ACTIONS[step.action]
        self.chance = Random(step.seed)
        self.clock.move(seconds=round(self.chance.expovariate(1 / 600), 3))
        if not action.ready(self):
            self.tell(f"#{number} {step.action}: nothing to do")
            return
        self.tell(f"#{number} {self.clock.instant:%m-%d %H:%M:%S} {step.action}")
        self.counts[step.action] = self.counts.get(step.action, 0) + 1
        await action.effect(self)

    def tell(self, line: str) -> None:
        self.trace.append(line)

    def fail(self, oracle: str, told: str) -> None:
        raise Broken(oracle, told)

    def next_token(self) -> str:
        """A text that nothing else in the run has."""
        self._tokens += 1
        return f"tok-{self._tokens}"

    def token(self, who: str, company: Company | None = None) -> str:
        company = company or self.company
        token = f"{company.tenant_id}-{who}"
        self.ground.tokens[token] = (company, who)
        return token

    def over(self) -> bool:
        """Whether the company may not write at this moment: the trial is over, and it has not subscribed."""
        return self.subscribed_at is None and self.clock.instant >= NOW + TRIAL

    def some_device(self, which: Callable[[Device], bool] = lambda _d: True) -> Device | None:
        found = [device for device in self.devices if device.usable and which(device)]
        return self.chance.choice(found) if found else None

    async def online(self, who: str, called: str, company: Company | None = None, /, **values: Any) -> Any:
        """Somebody's command through the executor, as a screen sends it; None when it is refused."""
        command = command_named(called)
        try:
            outcome = await (company or self.company).run(who, called, command.input_type(**values))
        except Refusal as refusal:
            self.tell(f"  {who} {called}: refused {refusal.code}")
            return None
        shown = {k: str(v)[-12:] for k, v in values.items()}
        self.tell(f"  {who} {called} {shown}: {str(outcome.row_id)[-12:]} v{outcome.version}")
        return outcome

    def fate(self, path: str) -> str | None:
        """What becomes of the next request. `weather`: what an action has in store for requests of one kind."""
        if self.weather is not None and self.weather[0] == path and self._depth == 0:
            return self.chance.choice(self.weather[1])
        if self.calm or self.chance.random() >= self.plan.trouble:
            return None
        return self.chance.choices(list(FATES), list(FATES.values()))[0]

    async def serve(
        self,
        message: Message,
        *,
        dies: tuple[str, int] | None = None,
        between: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        """The server's answer. Raises ServerKilled where it was told to die."""
        kept, acting = (self.points.dies, self.points.between), self.ids.acting_now
        self.points.dies, self.points.between, self.ids.acting_now = dies, between, self.clock.now
        try:
            headers = {"authorization": f"Bearer {message.token}", "content-type": "application/json"}
            headers |= dict(message.headers)
            request = httpx.Request(message.method, URL + message.path, headers=headers, content=message.body)
            response = await self._doors.handle_async_request(request)
            body = await response.aread()
        finally:
            (self.points.dies, self.points.between), self.ids.acting_now = kept, acting
        told = tuple((name, response.headers[name]) for name in _TOLD if name in response.headers)
        return Answer(response.status_code, response.headers.get("content-type", ""), body, told)

    async def meanwhile(self) -> None:
        """What others do while a device's message is on its way."""
        if self._depth >= 2:
            return
        names = sorted(name for name, action in ACTIONS.items() if action.meanwhile)
        self._depth += 1
        acting, self.ids.acting_now = self.ids.acting_now, self.clock.now
        try:
            for name in self.chance.choices(names, [ACTIONS[n].weight for n in names], k=self.chance.randint(1, 2)):
                if ACTIONS[name].ready(self):
                    self.tell(f"    meanwhile {name}")
                    await ACTIONS[name].effect(self)
        finally:
            self._depth -= 1
            self.ids.acting_now = acting

    def between(self, device: Device) -> Callable[[], Awaitable[None]]:
        """What others do between a push's last statement and its commit: only what its locks cannot keep waiting."""

        async def others() -> None:
            if self._depth >= 2:
                return
            self._depth += 1
            try:
                if self.chance.random() < 0.7:
                    await write_tag_pair(self)
                other = self.some_device(lambda d: d.known and d.who != device.who)
                if other is not None and self.chance.random() < 0.7:
                    await other.does("pull before that commit", lambda replica: replica.pull())
            finally:
                self._depth -= 1

        return others
