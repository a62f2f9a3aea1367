"""Erasing a person: the row stays, so that documents keep their customer; what tells who it was goes everywhere.

From the row itself and its custom fields; from the audit, also of this very erasure; from what devices sent and the
inbox keeps; from stored answers and waiting messages; from search. Devices learn of it as of any other change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, select, text
from sqlalchemy.types import TypeEngine

from kernel.context import Context
from kernel.entity import TenantRow, facets, table
from tenants.attachment_entities import Attachment
from tenants.attachment_following import erase_attachments
from tenants.custom_fields import delete_custom_values
from tenants.device_entities import Device, InboxEntry
from tenants.entities import Member, RoleAssignment
from tenants.erased_rows import only_ids, record_erased
from tenants.errors import MemberActive
from tenants.events import MemberErased
from tenants.identity.erasing import forget_person
from tenants.numbering import close_leases_of
from tenants.numbering_entities import REVOKED
from tenants.parking import what_of
from values.errors import LANGUAGES, PermissionDenied
from values.pinyin import sort_key

BLANK = "***"
_MERGE_SIDES = ("base", "mine", "theirs", "result", "before", "after")
_SHORTEST_NUMBER = 6  # shorter ones occur everywhere
_HOME_PREFIX = "+86"
_QUOTING = ["arguments", "differences", "what_zh", "what_en", "message_zh", "message_en", "remedy_zh", "remedy_en"]
_NAMING = ["file_name"]  # of a file: it often says whose it is
_EDGE = ("(?<![0-9A-Za-z/~_-])", "(?![0-9A-Za-z/~_-])")


def erased_name(language: str) -> str:
    """What stands where a name stood."""
    return "Erased" if language.startswith("en") else "已删除"


async def erase_row(ctx: Context, row: TenantRow) -> frozenset[str]:
    """Blanks everything personal about the person behind `row`, which the caller has locked.

    What `blank_rows` blanks, and the row's former values in stored answers and messages. Returns those values, by
    which the person could still be found in what others wrote: see `blank_mentions`.
    """
    await ctx.flush()
    telling = _telling_columns(type(row))
    traces = _traces(getattr(row, name) for name in telling)
    traces |= await _traces_in_audit(ctx, row.id, telling)
    await blank_rows(ctx, [row])
    await _blank_elsewhere(ctx, "command_outcome", "outcome", traces)
    await _blank_elsewhere(ctx, "outbox", "payload", traces)
    return frozenset(traces)


async def blank_rows(ctx: Context, rows: Sequence[TenantRow]) -> None:
    """Blanks locked rows of one entity: columns whose facet says `personal`, their sort keys and all custom fields;
    the same keys in every audit entry of the rows; and inbox entries about them. Their files go for good."""
    if not rows:
        return
    columns, ids = personal_columns(type(rows[0])), [row.id for row in rows]
    for row in rows:
        for name in columns:
            setattr(row, name, _neutral(type(row), name, ctx.actor.language))
    await ctx.flush()
    _forget_before(ctx, ids, columns)
    if "custom" in columns:
        await delete_custom_values(ctx, ids)
    await _blank_audit(ctx, ids, columns)
    if not isinstance(rows[0], InboxEntry):
        await _erase_inbox(ctx, type(rows[0]), ids)
    files = await erase_attachments(ctx, type(rows[0]), ids)
    if files:
        _forget_before(ctx, files, _NAMING)
        await _blank_audit(ctx, files, _NAMING)
        await _erase_inbox(ctx, Attachment, files)


async def blank_columns(ctx: Context, rows: Sequence[TenantRow], columns: list[str]) -> None:
    """Empties these nullable columns of locked rows of one entity, which stay as they are otherwise: in the rows, in
    their audit and in stored answers and messages."""
    if not rows:
        return
    ids = [row.id for row in rows]
    held = [getattr(row, name) for row in rows for name in columns]
    for row in rows:
        for name in columns:
            setattr(row, name, None)
    await ctx.flush()
    _forget_before(ctx, ids, columns)
    await _blank_audit(ctx, ids, columns)
    told = {str(value) for value in held if value is not None}
    traces = {text for text in told if len(text) >= _SHORTEST_NUMBER}
    await _blank_elsewhere(ctx, "command_outcome", "outcome", traces)
    await _blank_elsewhere(ctx, "outbox", "payload", traces)


async def blank_mentions(ctx: Context, rows: Iterable[TenantRow], traces: frozenset[str]) -> None:
    """Takes an erased person's former values out of what was written in locked rows that stay as they are."""
    pattern = _pattern_of(traces)
    for row in rows:
        texts = {name: getattr(row, name) for name in _text_columns(type(row))}
        mentioning = {name: pattern.sub(BLANK, text) for name, text in texts.items() if text and pattern.search(text)}
        for name, rest in mentioning.items():
            setattr(row, name, rest)
        if mentioning:
            await ctx.flush()
            _forget_before(ctx, [row.id], list(mentioning))
            await _blank_audit(ctx, [row.id], list(mentioning))


async def erase_member(ctx: Context, member: Member) -> None:
    """Erases a deactivated member: name, sign-in data, devices, roles. What they did stays, by an unnamed member.

    The user on the platform goes too, unless the person belongs to other companies. Raises MemberActive.
    """
    if member.deactivated_at is None:
        raise MemberActive
    if member.id == ctx.actor.member_id:
        raise PermissionDenied(permission="tenants.member.manage")
    await erase_row(ctx, member)
    member.erased_at = member.erased_at or ctx.now
    user_id = await forget_person(ctx, member.id, erased_name(ctx.actor.language))
    if user_id is not None:
        member.user_id = user_id
    for device in await ctx.session.scalars(
        select(Device).where(Device.tenant_id == ctx.tenant_id, Device.member_id == member.id)
    ):
        device.revoked_at = device.revoked_at or ctx.now
        await close_leases_of(ctx, device.id, REVOKED)
        await erase_row(ctx, device)
    for held in await ctx.session.scalars(
        select(RoleAssignment).where(RoleAssignment.tenant_id == ctx.tenant_id, RoleAssignment.member_id == member.id)
    ):
        await ctx.delete(held)
    await ctx.emit(MemberErased(member.id))


def personal_columns(entity: type[TenantRow]) -> list[str]:
    """The columns that tell who somebody is: by facet, their sort keys, the custom fields, a member's account."""
    known = facets(entity)
    named = [name for name, facet in known.items() if facet.personal]
    derived = [f"{name}_key" for name in named if f"{name}_key" in known]
    also = [name for name in ("custom",) if name in known]
    if entity is Member:
        also.append("account")
    return [*named, *derived, *also]


def _neutral(entity: type[TenantRow], name: str, language: str) -> Any:
    """NULL where the column allows it, otherwise the emptiest value of its type."""
    column = table(entity).columns[name]
    if name == "custom":
        return {}
    if column.nullable:
        return None
    if column.type.python_type is str:
        return sort_key(erased_name(language)) if name.endswith("_key") else erased_name(language)
    return [] if name == "differences" else {}


def _telling_columns(entity: type[TenantRow]) -> list[str]:
    """The texts by which the person could be found again elsewhere: names, phones, addresses, notes."""
    known = facets(entity)
    return [name for name in _text_columns(entity) if known[name].personal]


def _text_columns(entity: type[TenantRow]) -> list[str]:
    """The texts that members read and write, but not the choices among given values."""
    columns = table(entity).columns
    return [
        name
        for name, facet in facets(entity).items()
        if (facet.wire or facet.personal) and not facet.choices and _is_text(columns[name].type)
    ]


def _is_text(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, String)


def _traces(values: Iterable[Any]) -> set[str]:
    found = {value.strip() for value in values if isinstance(value, str)}
    found |= {value.removeprefix(_HOME_PREFIX) for value in found}  # as people write their numbers
    found -= {BLANK, *map(erased_name, LANGUAGES)}
    return {value for value in found if len(value) >= (_SHORTEST_NUMBER if value.isdigit() else 2)}


async def _traces_in_audit(ctx: Context, row_id: UUID, columns: list[str]) -> set[str]:
    """Earlier values: a name that was corrected once is still a trace."""
    rows = await ctx.session.core(
        text("SELECT before, after FROM app.audit_entry WHERE tenant_id = :tenant AND row_id = :row"),
        {"tenant": ctx.tenant_id, "row": row_id},
    )
    found: set[str] = set()
    for entry in rows.mappings():
        for side in (entry["before"] or {}, entry["after"] or {}):
            found |= _traces(text for name in columns if name in side for text in _said(side[name]))
    return found


def _said(value: Any) -> list[Any]:
    """The values that an audit entry tells of a column: of a merge, those on all sides."""
    return [value[side] for side in _MERGE_SIDES if side in value] if isinstance(value, dict) else [value]


def _forget_before(ctx: Context, row_ids: list[UUID], columns: list[str]) -> None:
    """This transaction's own audit entries must not keep what it erases."""
    erased = set(row_ids)
    for change in ctx.changes:
        if change.row_id in erased:
            for entry in (change.before, change.after):
                entry.update({name: BLANK for name in columns if name in entry})


async def _blank_audit(ctx: Context, row_ids: list[UUID], columns: list[str]) -> None:
    """The audit is append-only but for this: the app role may update `before` and `after`, nothing else."""
    blanked = (
        "(SELECT jsonb_object_agg(e.key, CASE WHEN e.key = ANY(:columns) THEN to_jsonb(:blank ::text) ELSE e.value END)"
        " FROM jsonb_each(CASE WHEN jsonb_typeof({side}) = 'object' THEN {side} END) AS e)"
    )
    await ctx.session.core(
        text(
            f"UPDATE app.audit_entry SET before = {blanked.format(side='before')}, "  # noqa: S608 — fixed names
            f"after = {blanked.format(side='after')} WHERE tenant_id = :tenant AND row_id = ANY(:rows)"
        ),
        {"columns": columns, "blank": BLANK, "tenant": ctx.tenant_id, "rows": row_ids},
    )


async def _erase_inbox(ctx: Context, entity: type[TenantRow], row_ids: list[UUID]) -> None:
    """What devices sent about the rows and could not be applied; the reason may quote it, so it goes too."""
    about = text("(row_id = ANY(:rows) OR arguments::text ILIKE ANY(:mentioned))").bindparams(
        rows=row_ids, mentioned=[f"%{spelled}%" for row_id in row_ids for spelled in (row_id, row_id.hex)]
    )
    told = record_erased(entity)
    for entry in await ctx.session.scalars(select(InboxEntry).where(InboxEntry.tenant_id == ctx.tenant_id, about)):
        entry.arguments, entry.differences = only_ids(entry.arguments), []
        # Nothing is left that could be applied.
        entry.state = "open" if entry.state in ("waiting", "parked") else entry.state
        entry.waits_for = []
        bare = what_of(entry.command, {})
        entry.what_zh, entry.what_en = bare.zh, bare.en
        entry.code, entry.field = told.code, told.field
        entry.message_zh, entry.message_en = told.sentence("zh-CN"), told.sentence("en")
        entry.remedy_zh, entry.remedy_en = told.remedy("zh-CN"), told.remedy("en")
        await ctx.flush()
        _forget_before(ctx, [entry.id], _QUOTING)
        await _blank_audit(ctx, [entry.id], _QUOTING)


async def _blank_elsewhere(ctx: Context, name: str, column: str, traces: set[str]) -> None:
    """Replaces the traces in a kernel table's JSON: stored answers, messages that wait or have left."""
    if not traces:
        return
    patterns, pattern = [f"%{_escaped(trace)}%" for trace in traces], _pattern_of(traces)
    keys = {"command_outcome": ("client_id", "key"), "outbox": ("id",)}[name]
    rows = await ctx.session.core(
        text(
            f"SELECT {', '.join(keys)}, {column} AS held FROM app.{name} "  # noqa: S608 — fixed names
            f"WHERE tenant_id = :tenant AND {column}::text LIKE ANY(:patterns) FOR UPDATE"
        ),
        {"tenant": ctx.tenant_id, "patterns": patterns},
    )
    for row in rows.mappings().all():
        where = " AND ".join(f"{key} = :{key}" for key in keys)
        await ctx.session.core(
            text(
                f"UPDATE app.{name} SET {column} = CAST(:held AS jsonb) "  # noqa: S608 — fixed names
                f"WHERE tenant_id = :tenant AND {where}"
            ),
            {
                "held": json.dumps(_without(row["held"], pattern), ensure_ascii=False),
                "tenant": ctx.tenant_id,
                **{key: row[key] for key in keys},
            },
        )


def _escaped(trace: str) -> str:
    """As the text of a JSON value shows it, with LIKE's own signs made harmless."""
    shown = json.dumps(trace, ensure_ascii=False)[1:-1]
    return shown.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pattern_of(traces: Iterable[str]) -> re.Pattern[str]:
    """Matches every trace, the longest first; a latin one only where it stands as a word, so that an id or a path that
    happens to contain it stays whole. Without traces nothing matches."""
    words = sorted(traces, key=len, reverse=True)
    found = [f"{_EDGE[0]}{re.escape(w)}{_EDGE[1]}" if w.isascii() else re.escape(w) for w in words]
    return re.compile("|".join(found) if found else r"(?!)")


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    """The JSON value with every trace blanked."""
    if isinstance(value, dict):
        return {key: _without(item, pattern) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, pattern) for item in value]
    return pattern.sub(BLANK, value) if isinstance(value, str) else value


__all__ = ["blank_mentions", "blank_rows", "erase_member", "erase_row", "erased_name", "personal_columns"]
