"""What is shown of a suite that failed."""

from __future__ import annotations

from tests.web.npm import failures_in

VITEST = """ ✓ tests/values/money.test.ts (11 tests) 86ms
 ❯ tests/sync/loads.test.ts (2 tests | 1 failed) 95ms

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  tests/sync/loads.test.ts > whole
AssertionError: expected 1 to be 2
"""
PLAYWRIGHT = """Running 12 tests using 1 worker
  ✓  1 tests/e2e/first.e2e.ts:3:1 › opens (1.2s)
  1) tests/e2e/orders.e2e.ts:12:3 › an order ─────

    Error: expect(locator).toBeVisible() failed
"""


def test_vitest_and_playwright_are_shown_from_the_first_failure_on() -> None:
    assert failures_in(VITEST).startswith("⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1")
    assert failures_in(VITEST).endswith("expected 1 to be 2\n")
    assert failures_in(PLAYWRIGHT).startswith("  1) tests/e2e/orders.e2e.ts")


def test_a_runner_that_did_not_begin_is_shown_from_its_end() -> None:
    assert failures_in("x" * 20_000 + "Error: Cannot find module 'vite'").endswith("Cannot find module 'vite'")


def test_of_many_failures_the_first_are_shown() -> None:
    said = failures_in(VITEST + "more\n" * 10_000)
    assert said.startswith("⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1")
    assert len(said) <= 12_000
