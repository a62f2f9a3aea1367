"""Over every entity and command: what an edit may name has a merge policy, and what a command declares is there."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from sqlalchemy import BigInteger, Integer, Numeric, String

from kernel.command import commands
from kernel.entity import Merge, described, entities, entity_named, facets, table
from kernel.policy import Actor, Authority
from server.catalogue import load_rooms
from sync.collections import schema_for
from sync.effects import effect_of, wrong_declarations
from sync.merge import SERVER, TRANSITION
from sync.rebasing import field_policies
from tenants.money_pairs import money_pairs
from values.merging import policy_words
from values.wire import wire_name

load_rooms()
EDITS = [found for found in commands() if found.merges is not None]
EVERY = pytest.mark.parametrize("entity", list(entities()), ids=lambda found: described(found).name)


@pytest.mark.parametrize("command", EDITS, ids=lambda found: found.name)
def test_an_edit_names_nothing_that_the_server_or_a_transition_decides(command) -> None:
    policies = field_policies(entity_named(command.merges))
    named = {wire_name(field.name) for field in msgspec.structs.fields(command.input_type)} - {"id", "version"}
    assert {name for name in named if policies.get(name) in (SERVER, TRANSITION)} == set()


@pytest.mark.parametrize("command", list(commands()), ids=lambda found: found.name)
def test_what_a_command_declares_to_do_at_once_can_be_done(command) -> None:
    assert list(wrong_declarations(command)) == []
    assert effect_of(command).kind in ("create", "edit", "archive", "restore", "transition", "none")


@EVERY
def test_a_policy_fits_its_column(entity) -> None:
    columns, paired = table(entity).columns, {name for pair in money_pairs(entity) for name in pair}
    for name, facet in facets(entity).items():
        kind = columns[name].type
        if facet.merge is Merge.COUNTER:
            assert isinstance(kind, BigInteger | Integer | Numeric), name
            assert wire_name(name) not in paired, f"{name}: an amount follows its currency, a counter does not"
        if facet.merge is Merge.TEXT:
            assert isinstance(kind, String), name
        if facet.merge is Merge.TRANSITION:
            assert facet.choices, name
            assert not facet.writable, name


@pytest.mark.parametrize("entity", [e for e in entities() if described(e).collection], ids=lambda e: e.__name__)
def test_a_device_is_told_the_policy_by_which_the_merge_goes(entity) -> None:
    """On the wire, in `yunfan explain` and in the merge itself: the same word."""
    views = {described(found).view_permission: ("/",) for found in entities() if described(found).collection}
    schema = schema_for(Actor(UUID(int=1), None, Authority(views)), None)
    [told] = [found.fields for found in schema.collections.values() if found.entity == described(entity).name]
    policies, edits = field_policies(entity), [found for found in EDITS if found.merges == described(entity).name]
    named = {wire_name(field.name) for found in edits for field in msgspec.structs.fields(found.input_type)}
    merged = named & policies.keys()
    assert {name: told.get(name) for name in merged} == {name: policies[name] for name in merged}
    assert told.get("custom") in (None, "per_key")


def test_every_policy_is_told_in_both_languages() -> None:
    for policy in (*(merge.value for merge in Merge), "per_key"):
        assert policy_words(policy).zh
        assert policy_words(policy).en.isascii()
