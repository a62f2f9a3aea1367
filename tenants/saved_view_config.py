"""What a saved view says of its list: conditions, order, columns. Fields are not looked up: an app of another version
has others, and what a list does not have it leaves out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from tenants.saved_view_errors import ViewConfigInvalid

MOST_BYTES = 16_384
_LISTED = 200  # values of one condition

_Field = Annotated[str, msgspec.Meta(pattern=r"^[a-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)?$", max_length=80)]
_Text = Annotated[str, msgspec.Meta(max_length=500)]
_Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
_Single = _Text | _Number | float | bool | None


class ViewCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: _Field
    op: Literal["eq", "ne", "in", "lt", "le", "gt", "ge", "contains", "startsWith", "empty", "filled", "has"]
    value: _Single | Annotated[list[_Single], msgspec.Meta(max_length=_LISTED)] | msgspec.UnsetType = msgspec.UNSET


class ViewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: _Field
    desc: bool = False


class ViewColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`width`: in CSS pixels."""

    field: _Field
    width: Annotated[int, msgspec.Meta(ge=20, le=2_000)] | None = None
    hidden: bool = False


class ViewConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """`group_by`: the field whose values head the columns of a board. `layout`: how the rows are shown."""

    where: Annotated[list[ViewCondition], msgspec.Meta(max_length=30)] = []
    text: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    archived: Literal["only", "all"] | None = None
    order_by: Annotated[list[ViewOrder], msgspec.Meta(max_length=3)] = []
    columns: Annotated[list[ViewColumn], msgspec.Meta(max_length=80)] = []
    group_by: _Field | None = None
    layout: Literal["table", "cards", "board", "calendar"] | None = None


def checked_config(given: dict[str, Any]) -> dict[str, Any]:
    """The settings as they were given. Raises ViewConfigInvalid, which names the place."""
    try:
        size = len(msgspec.json.encode(given))
        msgspec.convert(given, ViewConfig)
    except msgspec.ValidationError as wrong:
        problem, _, place = str(wrong).partition(" - at `$")
        field = f"config{place.rstrip('`')}"
        raise ViewConfigInvalid(
            field=field, problem_zh=f"“{field}”不是列表视图所能保存的内容。", problem_en=f"{field}: {problem}."
        ) from None
    if size > MOST_BYTES:
        raise ViewConfigInvalid(
            field="config",
            problem_zh=f"内容超过 {MOST_BYTES // 1024} KB。",
            problem_en=f"they take more than {MOST_BYTES // 1024} KB.",
        )
    return given
