"""The web client's own test suites, each as one test here. What failed inside is told in the runner's own words."""

from __future__ import annotations

import pytest

from tests.scenarios.product import Product
from tests.web.npm import run, run_in_browser

_QUIET = "--silent=passed-only"
# What ends a suite that hangs. Alone on a machine of two cores each takes a quarter of it; beside other tests far more.
_PATIENCE_SECONDS = 900
_LONG_SECONDS = 3_000


def _vitest(config: str) -> list[str]:
    return ["run", "--config", f"vitest.{config}.config.ts", _QUIET]


def test_units_vectors_and_rules():
    run("vitest", "run", _QUIET, seconds=_PATIENCE_SECONDS)


def test_the_replica_in_a_browser():
    run_in_browser("vitest", *_vitest("browser"), seconds=_PATIENCE_SECONDS)


def test_sync_with_a_server(product: Product):
    run("vitest", *_vitest("server"), seconds=_PATIENCE_SECONDS, YUNFAN_URL=product.url)


def test_tabs_accounts_and_the_kept_app(product: Product):
    run_in_browser("vitest", *_vitest("device"), seconds=_PATIENCE_SECONDS, YUNFAN_URL=product.url)


def test_end_to_end():
    run_in_browser("playwright", "test", "--grep-invert", "@long", seconds=_PATIENCE_SECONDS)


@pytest.mark.soak
def test_end_to_end_all():
    run_in_browser("playwright", "test", seconds=_LONG_SECONDS, YUNFAN_SOAK="1")


@pytest.mark.soak
@pytest.mark.parametrize("suite", ["browser", "server"])
def test_long_forms_and_more_seeds(suite: str, product: Product):
    run_in_browser("vitest", *_vitest(suite), seconds=_LONG_SECONDS, YUNFAN_URL=product.url, YUNFAN_SOAK="1")


@pytest.mark.soak
def test_units_with_more_seeds():
    run("vitest", "run", _QUIET, seconds=_LONG_SECONDS, YUNFAN_SOAK="1")


@pytest.mark.soak
def test_kills_of_tabs_workers_and_browsers(product: Product):
    run_in_browser("vitest", *_vitest("device"), seconds=_LONG_SECONDS, YUNFAN_URL=product.url, YUNFAN_SOAK="1")
