"""The sync schema does not change unnoticed: the shape in git is the present one, and what is released stays."""

from __future__ import annotations

import json

from server.catalogue import load_rooms
from sync import shape, versions
from sync.argument_steps import ArgumentAdded
from sync.client.about import SCHEMA_VERSION
from sync.conversion import unrewritten_steps, wrong_steps
from sync.field_steps import FieldAdded, FieldRenamed
from sync.steps import CollectionAdded, CommandAdded, CommandRenamed, Noted
from sync.versions import Step

load_rooms()
KEPT = json.loads(shape.FILE.read_text(encoding="utf-8"))


def test_the_shape_in_git_is_the_present_one() -> None:
    found = list(shape.unexplained(KEPT, shape.shape(), versions.current(), versions.NOTED))
    assert not found, found[0]


def test_a_change_is_told_what_to_do() -> None:
    now = shape.shape()
    del now["collections"]["customers"]["level"]
    assert list(shape.unexplained(KEPT, now, versions.current(), {})) == [shape.WHAT_TO_DO]
    now = shape.shape()
    now["commands"]["party.edit_customer"]["level"] = "integer"
    assert list(shape.unexplained(KEPT, now, versions.current(), {}))


def test_a_released_version_may_not_be_written_anew() -> None:
    now = shape.shape()
    released = {**KEPT, "version": 1, "released": {"1": "of former days"}}
    assert "released" in next(shape.unexplained(released, now, 1, {}))
    assert not list(shape.unexplained(released, now, 1, {shape.shape_hash(now): "a command more"}))
    assert not list(shape.unexplained({**released, "version": 2}, now, 2, {}))


def test_the_history_is_whole_and_the_client_is_built_for_the_present_version() -> None:
    assert not list(wrong_steps(versions.HISTORY))
    assert versions.current() == SCHEMA_VERSION
    assert versions.current() >= versions.RELEASED
    gap = (Step(2, (Noted("a"),)), Step(4, (FieldRenamed("customers", "id", "key"),)), Step(5, ()))
    assert len(list(wrong_steps(gap))) == 3


def test_a_step_that_says_commands_anew_brings_the_job_for_what_lies_in_the_inbox() -> None:
    renamed = CommandRenamed("party.edit_client", "party.edit_customer")
    changes = (renamed, FieldRenamed("customers", "area", "region"), ArgumentAdded("party.create_contact", "title", ""))
    for change in changes:
        for job in (None, "", "sync.nobody:rewrite", "sync.waiting:nothing", "sync.waiting:Settled", "sync.waiting"):
            [told] = unrewritten_steps((Step(2, (Noted("a"), change), job),))
            assert type(change).__name__ in told
        assert not list(unrewritten_steps((Step(2, (change,), "sync.waiting:apply_waiting"),)))
    silent = (
        Noted("a"),
        CommandAdded("party.restore_customer"),
        CollectionAdded("tags"),
        FieldAdded("customers", "fax"),
    )
    assert not list(unrewritten_steps((Step(2, silent),)))
    assert not list(unrewritten_steps(versions.HISTORY))


def test_the_oldest_version_served_is_five_back() -> None:
    assert versions.WINDOW == 5
