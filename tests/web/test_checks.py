"""The web client's own checks: types, lint, and what its lock file may say."""

from __future__ import annotations

import json

from infra.web_build import SOURCES
from tests.web.npm import run


def test_the_lock_file_names_no_address():
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_types_hold():
    run("tsc", "--noEmit", seconds=120)


def test_the_linter_finds_nothing():
    run("oxlint", "--deny-warnings", "src", "tests", "scripts", seconds=120)
