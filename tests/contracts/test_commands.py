"""Run over every declared command: what must be refused is refused before the handler is reached."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from infra.settings import Settings
from kernel.command import Command, commands
from kernel.policy import Actor, Authority
from server.catalogue import load_rooms
from server.parts import Application, build
from tests.conftest import NOW
from tests.world import World, found_world
from values.clock import FrozenClock
from values.errors import PermissionDenied, SubscriptionLapsed
from values.ids import new_id

load_rooms()
# Commands that act on one's own affairs or run before anybody is signed in.
WITHOUT_PERMISSION = {c.name for c in commands() if c.permission is None}
ALL = [c for c in commands() if not c.name.startswith("tests.")]


def sample(kind: Any) -> Any:
    """A value of a type: enough to reach the gates before the handler."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return sample(typing.get_args(kind)[0])
    if origin is list:
        return [sample(typing.get_args(kind)[0])]
    if origin is dict or kind is dict:
        return {}
    if origin is typing.Literal:
        return typing.get_args(kind)[0]
    simple = {str: "x", int: 1, bool: True, float: 1.0, UUID: new_id(), bytes: b"x"}
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return sample_input(kind)
    return None


def sample_input(kind: type[msgspec.Struct]) -> Any:
    hints = typing.get_type_hints(kind)
    required = [f for f in msgspec.structs.fields(kind) if f.required]
    return kind(**{f.name: sample(hints[f.name]) for f in required})


def unreachable(command: Command) -> Command:
    async def handler(_ctx: Any, _data: Any) -> None:
        raise AssertionError(f"{command.name} reached its handler")

    return dataclasses.replace(command, handler=handler)


def _door(app: Application, command: Command) -> Any:
    """The way by which a command is run in earnest."""
    return app.engine.executor.run_internal if command.internal else app.engine.executor.run


@pytest.fixture(scope="module")
async def shared(settings: Settings) -> AsyncIterator[World]:
    """One world for all commands: a refusal changes nothing."""
    built = build(settings, clock=FrozenClock(NOW), pool_size=2)
    yield await found_world(built)
    await built.close()


@pytest.fixture(scope="module")
async def later(settings: Settings) -> AsyncIterator[Application]:
    """The same database, twenty days later: every trial is over."""
    built = build(settings, clock=FrozenClock(NOW + timedelta(days=20)), pool_size=2)
    yield built
    await built.close()


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.name)
async def test_without_the_permission_nothing_happens(command, shared) -> None:
    if command.permission is None:
        assert command.name in WITHOUT_PERMISSION
        return
    nobody = Actor(shared.yunfan.tenant_id, shared.yunfan.admin_id, Authority())
    with pytest.raises(PermissionDenied):
        await _door(shared.yunfan.app, command)(nobody, unreachable(command), sample_input(command.input_type))


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.name)
async def test_after_the_trial_nothing_changes(command, shared, later) -> None:
    admin = await shared.yunfan.actor()
    if command.on_read_only:
        assert command.module is None, f"{command.name}: a bought module's command cannot stay open after the end"
        return
    with pytest.raises(SubscriptionLapsed):
        await _door(later, command)(admin, unreachable(command), sample_input(command.input_type))
