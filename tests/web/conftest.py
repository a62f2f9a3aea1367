"""One running product for all suites of the web client."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.web_build import SOURCES
from tests.scenarios.product import Product, running

_VARIABLES = json.loads((SOURCES / "tests" / "support" / "server_variables.json").read_text())


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """`yunfan up` with the built client. The suites sign companies of their own up, or use the demo company's people."""
    with (
        tempfile.TemporaryDirectory(prefix="yunfan-web-", ignore_cleanup_errors=True) as folder,
        running(Path(folder), **_VARIABLES) as started,
    ):
        yield started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The suites go first, in their order: they are the longest, and one worker takes them all with one product."""
    items.sort(key=lambda item: item.path.name != "test_suites.py" or item.path.parent != Path(__file__).parent)
