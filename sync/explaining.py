"""What sync derives from an entity. For `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column

from kernel.command import Command, commands
from kernel.entity import TenantRow, described, facet_of
from kernel.explain import Fact
from sync.collections import all_collections
from sync.effects import command_schema, transition_of
from sync.rebasing import told_policies
from sync.wire import AddsTo, CommandSchema
from values.errors import Words
from values.merging import policy_words
from values.wire import wire_name


class SyncExplainer:
    """The collection that devices replicate, how offline edits of its fields merge, the commands that devices queue."""

    room = "sync"

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]:
        about = described(entity)
        collection = next((found for found in all_collections().values() if found.entity is entity), None)
        yield Fact("collection", Words("同步集合", "collection"), collection.name if collection else "")
        seen_with = about.view_permission if collection else ""
        yield Fact("permission", Words("需要的权限", "for who holds"), seen_with)
        fields = [_merged(entity, column) for column in collection.columns] if collection else []
        yield Fact("fields", Words("字段与合并策略", "fields by merge policy"), fields)
        names = {described(found.entity).name: found.name for found in all_collections().values()}
        queued = [
            {
                "command": found.name,
                "effect": _effect(told),
                "from": _starts(found),
                "merges": told.merges,
                "arguments": told.fields,
            }
            for found in commands()
            if collection and found.offline and (told := command_schema(found, names)).collection == collection.name
        ]
        yield Fact("offlineCommands", Words("可离线排队的命令", "commands that devices queue"), queued)


def _starts(found: Command) -> list[str]:
    """The states from which a transition may start; none where it is no transition, or its handler alone decides."""
    move = transition_of(found)
    return list(move[1].after or ()) if move is not None else []


def _effect(told: CommandSchema) -> str:
    """`transition state=confirmed`, `create lines→salesOrderLines.orderId`, `create stockBalances.onHand+quantity`."""
    sets = [f"{name}={value}" for name, value in told.sets.items()]
    children = [f"{name}→{child.collection}.{child.parent}" for name, child in told.children.items()]
    adds = [_added(told.adds)] if told.adds is not None else []
    takes = [f"{t.collection}.{t.number}−{t.rows}.{t.minus}"] if (t := told.takes) is not None else []
    return " ".join([told.effect, *sets, *children, *adds, *takes])


def _added(adds: AddsTo) -> str:
    of = f"{adds.of}." if adds.of is not None else ""
    less = f"−{of}{adds.minus}" if adds.minus is not None else ""
    return f"{adds.collection}.{adds.number}+{of}{adds.plus}{less}"


def _merged(entity: type[TenantRow], column: Column[Any]) -> dict[str, Any]:
    name = wire_name(column.name)
    policy = told_policies(entity).get(name, facet_of(column).merge.value)
    return {"wire": name, "merge": policy, "rule": policy_words(policy)}
