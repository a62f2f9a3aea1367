"""Run over every internal command: no door that takes a command's name reaches it, whoever asks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from graphql_api.mutations import command_fields
from graphql_api.schema import build_shapes
from graphql_api.structs import StructTypes
from kernel.command import command_named, commands
from kernel.policy import EVERYTHING
from server.catalogue import load_rooms
from sync.queueable import queueable
from sync.service import SyncService
from sync.wire import Mutation, PushRequest, RegisterRequest
from tenants.commands.clear_trial_data import ClearTrialRows
from tenants.commands.file_inbox_entry import FileInboxEntry
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tenants.device_entities import InboxEntry
from tenants.moves import RewritePaths
from tests.contracts.test_commands import sample_input, unreachable
from tests.world import World
from values.errors import Kind, NotFound, PermissionDenied, Refusal
from values.ids import new_id

load_rooms()
ALL = [c for c in commands() if not c.name.startswith("tests.")]
INTERNAL = [c for c in ALL if not c.api]


def test_what_no_door_offers_is_internal_and_nothing_else() -> None:
    assert len(INTERNAL) >= 18
    assert all(c.internal and not c.offline for c in INTERNAL)
    assert not any(c.internal for c in ALL if c.api)


@pytest.mark.parametrize("command", INTERNAL, ids=lambda c: c.name)
async def test_the_executor_refuses_it_by_name_even_to_an_admin(command, world: World) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.app.engine.executor.run(
            await world.yunfan.actor(), unreachable(command), sample_input(command.input_type)
        )


@pytest.mark.parametrize("command", INTERNAL, ids=lambda c: c.name)
async def test_a_device_can_only_file_it_and_the_inbox_never_runs_it(command, world: World, clock) -> None:
    company = world.yunfan
    with pytest.raises(Refusal) as refused:
        queueable(command.name)
    assert refused.value.code == "COMMAND_UNKNOWN"
    li, service, device_id = await company.actor("li"), SyncService(company.app.engine), new_id()
    await service.register(li, RegisterRequest(device_id=device_id, name="手机", platform="android"))
    arguments: Any = msgspec.to_builtins(sample_input(command.input_type))
    sent = Mutation(n=1, uuid=new_id(), command=command.name, arguments=arguments, made_at=clock.now())
    [filed] = (await service.push(li, PushRequest(device_id=device_id, mutations=[sent]))).outcomes
    assert (filed.status, filed.error.code) == ("inbox", "COMMAND_UNKNOWN")
    for more in ({}, {"arguments": arguments}, {"fields": []}):
        with pytest.raises(Refusal) as refused:
            await company.run(
                "li", "tenants.resolve_inbox_entry", ResolveInboxEntry(id=filed.inbox_id, action="mine", **more)
            )
        assert refused.value.code == "NOT_RESUBMITTABLE"
    await company.run("li", "tenants.resolve_inbox_entry", ResolveInboxEntry(id=filed.inbox_id, action="discard"))


@pytest.mark.parametrize("code", ["SUBSCRIPTION_LAPSED", "COMMAND_UNKNOWN"])
@pytest.mark.parametrize("name", ["tenants.rewrite_paths", "billing.activate_subscription", "tenants.create_role"])
async def test_an_entry_that_names_what_no_device_may_queue_runs_nothing(name, code, world: World, clock) -> None:
    company, device_id = world.yunfan, new_id()
    li = await company.actor("li")
    await SyncService(company.app.engine).register(
        li, RegisterRequest(device_id=device_id, name="手机", platform="android")
    )
    entry = FileInboxEntry(
        mutation_id=new_id(),
        device_id=device_id,
        command=name,
        entity=None,
        row_id=None,
        state="open",
        code=code,
        message_zh="",
        message_en="",
        remedy_zh="",
        remedy_en="",
        field=None,
        arguments={},
        differences=[],
        made_at=clock.now(),
    )
    filed = await company.run_internal("li", "tenants.file_inbox_entry", entry)
    with pytest.raises(Refusal) as refused:
        await company.run("li", "tenants.resolve_inbox_entry", ResolveInboxEntry(id=filed.row_id, action="mine"))
    assert refused.value.code == "NOT_RESUBMITTABLE"
    async with company.app.engine.reading(li) as session:
        assert await session.scalar(select(InboxEntry.state).where(InboxEntry.id == filed.row_id)) == "open"


def test_graphql_derives_no_mutation_from_it() -> None:
    offered = set(command_fields(build_shapes(), StructTypes()))
    assert offered
    assert not offered & {c.function for c in INTERNAL}


async def test_the_jobs_commands_carry_on_only_what_was_begun(world: World, clock) -> None:
    company = world.yunfan
    path = (await company.actor("lin")).home_path
    office = new_id()
    rewrite = RewritePaths(old=path, new="/x/", organisation_id=office)
    for command, data in (
        ("tenants.rewrite_paths", rewrite),
        ("tenants.clear_trial_rows", ClearTrialRows(made_before=clock.now())),
    ):
        with pytest.raises(NotFound) as refused:
            await company.run_internal("admin", command, data)
        assert refused.value.kind is Kind.NOT_FOUND
    assert command_named("tenants.rewrite_paths").internal
    assert (await company.actor("lin")).authority.prefixes("party.customer.view") == EVERYTHING
