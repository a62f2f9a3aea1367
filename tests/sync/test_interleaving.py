"""Concurrent writers and running pulls: no pull misses a change, none shows half a transaction, none goes backwards."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select

from kernel.command import Command, Input
from kernel.context import Context
from kernel.entity import table
from kernel.policy import Actor
from sync.client.pages import parse_page
from sync.service import SyncService
from sync.wire import PullRequest, RegisterRequest
from tenants.custom_field_entities import CustomField
from tenants.entities import Tag
from tests.sync.conftest import Doors
from tests.world import seed
from values.errors import Busy, InvalidTransition, Words
from values.ids import new_id

WRITERS, TRANSACTIONS, GROUPS, TAGS_EACH = 8, 2_000, 24, 2
SOME = Words("甲", "x")


class Write(Input, frozen=True, kw_only=True):
    group: int
    token: int
    fails: bool


def _command(groups: list[tuple[list[UUID], UUID]]) -> Command:
    async def handler(ctx: Context, data: Write) -> None:
        """Writes one token into every row of a group: tags and a custom field, some inside a savepoint that
        is rolled back first, with a moment between the writes so that transactions overlap."""
        tags, field = groups[data.group]
        if data.fails:
            try:
                async with ctx.savepoint():
                    await ctx.update_where(Tag, Tag.id.in_(tags), {"colour": "rolled back"})
                    raise InvalidTransition(state=SOME, action=SOME, possible=SOME)
            except InvalidTransition:
                pass
        await ctx.update_where(Tag, Tag.id.in_(tags), {"colour": str(data.token)})
        await asyncio.sleep(random.random() * 0.004)
        row = await ctx.get(CustomField, field)
        row.position = data.token

    return Command(
        name="tests.write_group",
        handler=handler,
        input_type=Write,
        result_type=None,
        permission=None,
        module=None,
        zh="",
        en="",
    )


class Memory:
    """The smallest honest client: stages pages, shows them when the last one came (PROTOCOL.md)."""

    def __init__(self, service: SyncService, actor: Actor, limit: int) -> None:
        self.service, self.actor, self.limit, self.device = service, actor, limit, new_id()
        self.cursor: str | None = None
        self.rows: dict[str, dict[str, Any]] = {"tags": {}, "customFields": {}}
        self.staged: list[tuple[str, str, dict[str, Any] | None]] = []
        self.fresh = False
        self.pulls = self.pages = 0

    async def register(self) -> Memory:
        await self.service.register(self.actor, RegisterRequest(device_id=self.device, name="memory", platform="test"))
        return self

    async def pull(self) -> None:
        more = True
        while more:
            page = await self.service.pull(
                self.actor,
                PullRequest(
                    device_id=self.device, cursor=self.cursor, limit=self.limit, collections=["tags", "customFields"]
                ),
            )
            if page.header.rebase:
                self.staged, self.fresh = [], True
            for part in parse_page(page.encoded()).sections:
                self.staged += [(part.collection, row_id, None) for row_id in part.removes]
                self.staged += [(part.collection, row["id"], row) for row in map(json.loads, part.puts)]
            self.cursor, more = page.header.cursor, page.header.more
            self.pages += 1
        if self.fresh:
            self.rows = {"tags": {}, "customFields": {}}
        for name, row_id, row in self.staged:
            if row is None:
                self.rows[name].pop(row_id, None)
            else:
                self.rows[name][row_id] = row
        self.staged, self.fresh = [], False
        self.pulls += 1

    def tokens(self, groups: list[tuple[list[UUID], UUID]]) -> list[set[int]]:
        """Per group, the tokens that its rows carry: one, if no transaction is torn."""
        found = []
        for tags, field in groups:
            seen = {int(self.rows["tags"][str(tag)]["colour"]) for tag in tags}
            found.append(seen | {self.rows["customFields"][str(field)]["position"]})
        return found


async def _make_groups(doors: Doors, actor: Actor) -> list[tuple[list[UUID], UUID]]:
    groups = [([new_id() for _ in range(TAGS_EACH)], new_id()) for _ in range(GROUPS)]

    async def work(ctx: Context) -> None:
        for number, (tags, field) in enumerate(groups):
            for i, tag in enumerate(tags):
                ctx.add(Tag(id=tag, name=f"{number}-{i}", colour="0", archived_at=None, archived_by_id=None))
            ctx.add(
                CustomField(
                    id=field,
                    entity="party.Customer",
                    key=f"k{number}",
                    label_zh="字段",
                    label_en=None,
                    kind="text",
                    required=False,
                    filterable=False,
                    choices=None,
                    currency=None,
                    target=None,
                    position=0,
                    archived_at=None,
                    archived_by_id=None,
                )
            )

    await seed(doors.app, actor.tenant_id, work)
    return groups


@pytest.fixture
def quiet() -> Iterator[None]:
    """Ten thousand log lines would take longer to print than the transactions take to run."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("quiet")
async def test_no_pull_misses_or_tears_a_transaction(doors: Doors) -> None:
    await _write_and_pull(doors, TRANSACTIONS)


@pytest.mark.soak
@pytest.mark.usefixtures("quiet")
async def test_no_pull_misses_or_tears_a_transaction_for_long(doors: Doors) -> None:
    await _write_and_pull(doors, 50 * TRANSACTIONS)


async def _write_and_pull(doors: Doors, transactions: int) -> None:
    actor = await doors.world.yunfan.actor("admin")
    groups = await _make_groups(doors, actor)
    command, executor = _command(groups), doors.app.engine.executor
    service = SyncService(doors.app.engine)
    numbers = iter(range(1, transactions + 1))
    written = 0

    async def write(seed_number: int) -> None:
        nonlocal written
        chance = random.Random(seed_number)
        for token in numbers:
            data = Write(group=chance.randrange(GROUPS), token=token, fails=chance.random() < 0.15)
            while True:
                try:
                    await executor.run(actor, command, data)
                except Busy:
                    continue
                break
            written += 1

    async def read(limit: int) -> Memory:
        client = await Memory(service, actor, limit).register()
        while True:
            last = written >= transactions
            await client.pull()
            tokens = client.tokens(groups)
            torn = [found for found in tokens if len(found) != 1]
            assert not torn, f"torn after {client.pulls} pulls: {torn}"
            if last:
                return client
            await asyncio.sleep(0.12)

    done = await asyncio.gather(*(write(n) for n in range(WRITERS)), read(5_000), read(40))
    assert written == transactions
    async with doors.app.engine.reading(actor) as session:
        tags = {str(r.id): r.colour for r in await session.core(select(table(Tag).c.id, table(Tag).c.colour))}
    for client in done[WRITERS:]:
        assert {row["id"]: row["colour"] for row in client.rows["tags"].values()} == tags
        assert client.pulls > 20
