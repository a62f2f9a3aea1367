"""The web client's own checks: types, lint, and what its lock file may say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.web_build import SOURCES
from tests.web.npm import run

# Each one more is somebody else who can change what people run: raise a limit only with a reason in the commit.
MOST_SERVED = 85
MOST_IN_ALL = 230
# What may go out to browsers. MPL only where it stays here: tools that build and test.
FREE = {"MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense", "CC0-1.0", "BlueOak-1.0.0"}
FREE_FOR_TOOLS = FREE | {"MPL-2.0", "CC-BY-4.0", "Python-2.0"}


def _packages() -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert packages
    return {name: package for name, package in packages.items() if name}


def _is_served(package: dict[str, Any]) -> bool:
    return not (package.get("dev") or package.get("devOptional"))


def _is_free(licence: str, free: set[str]) -> bool:
    """An SPDX expression of names, OR, AND and brackets; without a name it is not."""
    choices = re.sub(r"[()]", "", licence).split(" OR ")
    return any(all(part in free for part in choice.split(" AND ")) for choice in choices)


@pytest.mark.parametrize("licence", ["", "GPL-3.0", "MIT AND AGPL-3.0", "SEE LICENSE IN x", "UNLICENSED"])
def test_a_licence_that_binds_is_noticed(licence: str):
    assert not _is_free(licence, FREE_FOR_TOOLS)


def test_every_package_may_be_used_in_a_service():
    bound = {
        name: package.get("license", "")
        for name, package in _packages().items()
        if not _is_free(package.get("license", ""), FREE if _is_served(package) else FREE_FOR_TOOLS)
    }
    assert bound == {}


def test_there_are_no_more_packages_than_we_know_of():
    packages = _packages()
    assert len([package for package in packages.values() if _is_served(package)]) <= MOST_SERVED
    assert len(packages) <= MOST_IN_ALL


def test_no_package_runs_anything_when_it_is_installed():
    assert "ignore-scripts=true" in (SOURCES / ".npmrc").read_text().splitlines()
    assert [name for name, package in _packages().items() if package.get("hasInstallScript")] == []


def test_every_package_is_the_one_that_was_locked():
    assert [
        name for name, package in _packages().items() if not package.get("integrity", "").startswith("sha512-")
    ] == []


def test_the_lock_file_names_no_address():
    packages = _packages()
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_types_hold():
    run("tsc", "--noEmit", seconds=120)


def test_the_linter_finds_nothing():
    run("oxlint", "--deny-warnings", "src", "tests", "scripts", seconds=120)
