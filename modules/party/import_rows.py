"""The shapes of an import: rows prepared by the door, decisions taken by the plan, outcomes told to the importer."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from kernel.command import Input, Result
from kernel.entity import Customisable, TenantRow
from values.errors import Refusal
from values.wire import wire_name

RowT = TypeVar("RowT", bound=TenantRow)
Existing = Literal["update", "fill", "skip"]
"""What becomes of a record that exists: take what differs from the file, only fill what is empty, or leave it."""

Action = Literal["create", "update", "unchanged", "skip", "refuse"]


class PreparedRow(Input, frozen=True, kw_only=True):
    """One row of a file, its cells already of their column's type. What the file leaves empty is absent.

    `values`: column → value; `custom`: key → JSON value; `owner`: a member's name or account; `above`: code or name of
    the customer that it belongs to; `refs`: column → code or name of another row. `apart_by_phone`: the file holds
    several rows of this name, each with its own phone (of products: specification). `spoiled`: fields whose cells could
    not be read; such a row is only checked for what else is wrong.
    """

    row: int
    values: dict[str, Any]
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    owner: str | None = None
    above: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    refs: dict[str, str] = msgspec.field(default_factory=dict)
    apart_by_phone: bool = False
    spoiled: list[str] = msgspec.field(default_factory=list)


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal of one row; `field` is the wire name of the cell's field, if it is about one."""

    code: str
    message: str
    remedy: str
    field: str | None


class ImportedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row. `fields` are the wire names that were written; `problems` tell why it was refused.

    Of stock: `into` which warehouse, the file's `quantity`, and what the books say `after` it.
    """

    row: int
    action: Action
    id: str | None = None
    fields: list[str] = msgspec.field(default_factory=list)
    problems: list[RowProblem] = msgspec.field(default_factory=list)
    into: str | None = None
    quantity: str | None = None
    after: str | None = None


class ImportOutcome(Result, frozen=True, kw_only=True):
    """One outcome per row, in the order given."""

    rows: list[ImportedRow]


@dataclass(slots=True)
class Decision(Generic[RowT]):
    """What the plan decides about a row. `values` are the columns to write; `custom` and `tag_ids` what is to stand."""

    prepared: PreparedRow
    action: Action
    row_id: UUID
    existing: RowT | None = None
    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] | None = None
    tag_ids: list[UUID] | None = None
    refusals: list[Refusal] = field(default_factory=list)

    def outcome(self, language: str) -> ImportedRow:
        """The decision as the importer is told."""
        if self.action == "refuse":
            problems = [
                RowProblem(code=r.code, message=r.sentence(language), remedy=r.remedy(language), field=r.field)
                for r in self.refusals
            ]
            return ImportedRow(row=self.prepared.row, action="refuse", problems=problems)
        return ImportedRow(row=self.prepared.row, action=self.action, id=str(self.row_id), fields=self._fields())

    def leave(self) -> None:
        """The record stays as it is, because the importer asked for that."""
        self.action, self.values, self.custom, self.tag_ids = "skip", {}, None, None

    def _fields(self) -> list[str]:
        names = [wire_name(name) for name in self.values if name not in ("name_key", "scope_path")]
        names += [f"custom.{key}" for key in self.prepared.custom] if self.custom is not None else []
        return [*names, "tagIds"] if self.tag_ids is not None else names


def plain_name(text: str) -> str:
    """A name as it is compared: width, case and runs of blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def differences(existing: TenantRow, values: dict[str, Any], policy: Existing) -> dict[str, Any]:
    """Of the file's values, those that the policy would write over the row's."""
    changed = {name: value for name, value in values.items() if getattr(existing, name) != value}
    if policy == "fill":
        return {name: value for name, value in changed.items() if getattr(existing, name) in (None, "")}
    return changed


def custom_after(existing: Customisable, given: dict[str, Any], policy: Existing) -> dict[str, Any] | None:
    """What the row's custom fields become with the file's values; None when they stay as they are."""
    after = {**existing.custom, **given, **(existing.custom if policy == "fill" else {})}
    return after if after != existing.custom else None
