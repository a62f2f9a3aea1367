"""The simulation's ground on the suite's own services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from server.parts import Application
from tests.simulation.ground import Ground
from tests.simulation.opening import quiet
from tests.world_copies import WorldModel
from values.clock import FrozenClock


@pytest.fixture(scope="session")
async def _ground(
    _process: tuple[Application, FrozenClock], _copier: psycopg.AsyncConnection[Any], _model: WorldModel
) -> AsyncIterator[Ground]:
    ground = await Ground.laid(_process[0], _process[1], _copier, _model)
    yield ground
    await ground.close()


@pytest.fixture
async def ground(_ground: Ground) -> AsyncIterator[Ground]:
    """Where a history is played; the log is silent meanwhile."""
    with quiet():
        yield _ground
