"""A history of six steps that never was, over entities that are there: every kind of change once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sync import conversion, versions
from sync.argument_steps import ArgumentAdded, ArgumentChanged, ArgumentRemoved, ArgumentRenamed
from sync.client import Replica
from sync.field_steps import FieldAdded, FieldChanged, FieldRemoved, FieldRenamed
from sync.steps import CollectionAdded, CollectionRenamed, CommandAdded, CommandRenamed, CommandRetired, Noted
from sync.versions import Step
from tests.sync.conftest import Doors
from tests.sync.declaring import forget_derived
from values.errors import Words

GRADES = {"A": "a", "B": "b", "C": "c", "D": "d"}
LETTERS = {small: large for large, small in GRADES.items()}
FAX_GONE = Words("传真号码已不再保存", "fax numbers are not kept any more")
FREEZE_GONE = Words("不再支持冻结客户。", "customers are not frozen any more.")
FREEZE_INSTEAD = Words("请改用信用额度控制。", "Set a credit limit instead.")
CREATE, EDIT = "party.create_customer", "party.edit_customer"

HISTORY = (
    Step(2, (CollectionRenamed("clients", "customers"), CommandRenamed("party.edit_client", EDIT))),
    Step(3, (FieldRenamed("customers", "area", "region"), ArgumentRenamed(CREATE, "area", "region"))),
    Step(
        4,
        (
            FieldAdded("customers", "industry"),
            FieldRemoved("customers", "shortName", lambda row: row["name"][:2]),
            FieldRemoved("customers", "fax", "", matters=FAX_GONE),
            ArgumentRemoved(CREATE, "shortName"),
            ArgumentRemoved(CREATE, "fax", matters=FAX_GONE),
        ),
    ),
    Step(
        5,
        (
            FieldChanged("customers", "level", newer=GRADES.__getitem__, older=LETTERS.__getitem__),
            ArgumentChanged(CREATE, "level", newer=GRADES.__getitem__, older=LETTERS.__getitem__),
        ),
    ),
    Step(
        6,
        (
            CommandRetired("party.freeze_customer", FREEZE_GONE, FREEZE_INSTEAD),
            ArgumentAdded("party.create_contact", "title", "联系人"),
            CollectionAdded("tags"),
        ),
    ),
    Step(
        7,
        (
            Noted("crm.log_activity reads otherwise, devices need not know"),
            CommandAdded("party.restore_customer"),
            ArgumentRenamed("sales.create_order", "lines.count", "quantity"),
            FieldRenamed("contacts", "phone", "mobile"),
        ),
    ),
)
NEWEST = 7


@contextmanager
def history(monkeypatch: pytest.MonkeyPatch, steps: tuple[Step, ...] = HISTORY) -> Iterator[None]:
    """Inside, the schema has come so far."""
    with monkeypatch.context() as patched:
        patched.setattr(versions, "HISTORY", steps)
        forget_derived()
        conversion.forget()
        yield
    forget_derived()
    conversion.forget()


def words(version: int) -> dict[str, Any]:
    """How an app of a version speaks of customers."""
    return {
        "collection": "clients" if version < 2 else "customers",
        "edit": "party.edit_client" if version < 2 else EDIT,
        "region": "area" if version < 3 else "region",
        "level": LETTERS.__getitem__ if version < 5 else str,
    }


async def built_for(doors: Doors, version: int, who: str, name: str, **options: Any) -> Replica:
    """A registered and loaded device whose app was built for the version."""
    replica = await doors.device(who, name, registered=False, **options)
    replica.schema_version = version
    await asyncio.to_thread(replica.register, name)
    await asyncio.to_thread(replica.pull)
    return replica
