"""The identity desk as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.parts import Application
from tenants.identity.passwords import PasswordWorkers
from tests.tenants.identity_desk import Desk, open_desk
from values.clock import FrozenClock


@pytest.fixture(scope="session")
def passwords() -> Iterator[PasswordWorkers]:
    workers = PasswordWorkers(2)
    yield workers
    workers.close()


@pytest.fixture
async def desk(app: Application, clock: FrozenClock, tmp_path: Path, passwords: PasswordWorkers) -> AsyncIterator[Desk]:
    """The identity service with empty throttles and an empty outbox."""
    opened = await open_desk(app, clock, tmp_path / "outbox", passwords)
    yield opened
    await opened.identity.close()
