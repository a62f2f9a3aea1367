"""Scopes as prefixes: ranges, gaps, and what the database makes of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel.db import TenantContext
from kernel.policy import Authority, normalise_prefixes, prefix_range, reaches
from values.errors import PermissionDenied
from values.ids import new_id

_KEY = st.text("ab0", min_size=1, max_size=2)
_PATH = st.lists(_KEY, min_size=1, max_size=3).map(lambda keys: "/" + "/".join(keys) + "/")


@pytest.mark.parametrize("path", ["", "a/", "/a'/", "/a;DROP TABLE x/", "/a b/", "/ä/", "/a\n/"])
def test_a_path_that_is_not_one_never_reaches_sql(path: str) -> None:
    with pytest.raises(ValueError, match="not a scope path"):
        TenantContext(new_id(), None, (path,)).statements()


def test_a_tenant_that_is_not_a_uuid_never_reaches_sql() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        TenantContext("x'; --").statements()  # type: ignore[arg-type]


def test_nothing_held_reaches_nothing() -> None:
    authority = Authority()
    assert not authority.holds("party.customer.view")
    with pytest.raises(PermissionDenied):
        authority.require("party.customer.view")
    assert authority.view_prefixes() == ()


@given(_PATH, _PATH)
def test_a_range_is_exactly_what_begins_with_the_prefix(prefix: str, path: str) -> None:
    low, high = prefix_range(prefix)
    assert (low <= path < high) is path.startswith(prefix)


@given(st.lists(_PATH, max_size=5), _PATH)
def test_normalising_changes_no_reach(prefixes: list[str], path: str) -> None:
    assert reaches(tuple(prefixes), path) is reaches(normalise_prefixes(tuple(prefixes)), path)


_GRANTS = st.dictionaries(st.sampled_from(["a.view", "a.edit", "b.view"]), st.lists(_PATH, max_size=3).map(tuple))


@given(_GRANTS, _GRANTS, _PATH)
@example({"a.view": ("/a/",)}, {"a.view": ("/b/",)}, "/a/")  # two branches side by side have nothing in common
@example({"a.view": ("/a/",)}, {"a.view": ("/a/b/", "/c/")}, "/a/b/")
def test_narrowing_keeps_exactly_what_both_reach(mine: dict, theirs: dict, path: str) -> None:
    one, other = Authority(mine, frozenset({"a.A.x"})), Authority(theirs, frozenset({"a.A.y"}))
    both = one.narrowed_to(other)
    for permission in ("a.view", "a.edit", "b.view"):
        held = reaches(one.prefixes(permission), path) and reaches(other.prefixes(permission), path)
        assert reaches(both.prefixes(permission), path) is held
    assert both.masks == {"a.A.x", "a.A.y"}
    assert not one.narrowed_to(Authority()).grants
