"""Whatever the logs may hold has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kernel.command import commands
from kernel.entity import TenantRow, described, entities, tables
from tenants.audit_names import command_words, entity_code, entity_words, stored_entity
from tenants.identity.event_names import EVENT_WORDS, event_words

ROOT = Path(__file__).resolve().parents[2] / "tenants"
WRITERS = {"entry": 1, "log_device": 2, "write_entry": 1, "_logged": 1, "end_membership": 2, "resume_membership": 2}


def written_events() -> set[str]:
    """The events that the code writes: constants at the place where the writers of the log take them."""
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            place = WRITERS.get(call.func.id) if isinstance(call.func, ast.Name) else None
            told = [key.value for key in call.keywords if key.arg == "event"]
            told += call.args[place : place + 1] if place is not None else []
            found |= {one.value for one in told if isinstance(one, ast.Constant)}
            found |= {constants[one.id] for one in told if isinstance(one, ast.Name) and one.id in constants}
    return found


def test_every_event_has_words_and_no_words_are_idle() -> None:
    assert written_events() == set(EVENT_WORDS)
    assert all(words.en.isascii() and not words.zh.isascii() for words in EVENT_WORDS.values())
    assert event_words("of_an_older_version").zh == "of_an_older_version"


@pytest.mark.parametrize("name", ["gone.command", "nonsense"])
def test_what_is_gone_stands_for_itself(name: str) -> None:
    assert (command_words(name).zh, entity_words(name).en, entity_code(name)) == (name, name, name)


def test_every_row_that_is_audited_has_a_code_and_words() -> None:
    for entity in tables():
        if not issubclass(entity, TenantRow):
            continue
        stored = described(entity).name if entity.__entity__ else entity.__tablename__
        words = entity_words(stored)
        assert stored_entity(entity_code(stored)) == stored
        assert "." in entity_code(stored)
        assert words.en.isascii(), stored
        assert not words.zh.isascii(), stored
    assert entity_words("tenants.Tenant").zh == "公司"
    assert len(list(entities())) > 5


def test_every_command_has_words() -> None:
    for found in commands():
        assert command_words(found.name).zh == found.zh
