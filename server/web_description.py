"""What the web client knows of entities and commands: web/src/generated/description.ts, as its Description asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect
from sqlalchemy import Column

from kernel.command import Command, commands
from kernel.entity import Customisable, Facet, TenantRow, Widget, described, entities, facet_of, table, targets
from modules.party.field_checks import ANY_CASE, FOLDED, PATTERNS, checks_of
from sync import versions
from sync.collections import all_collections
from sync.effects import command_schema
from sync.list_tables import list_tables, lists_hash
from sync.module_scope import modules_of
from sync.shape import kind_of, spelled
from tenants.custom_field_errors import TextExpected
from tenants.default_roles import DEFAULT_ROLES
from tenants.parking import TITLES
from tenants.permission_names import permission_names
from values.modules import MODULE_WORDS
from values.presenting import Choice
from values.wire import to_wire, wire_name

_FOLDER = Path(__file__).resolve().parents[1] / "web" / "src" / "generated"
FILE = _FOLDER / "description.ts"
# A file of its own: the sign-in page needs the number and not the description.
VERSION_FILE = _FOLDER / "schema_version.ts"
_HEAD = """\
/** Written by `yunfan schema`; not to be edited. */
import type { Description } from "../values/description";

export const DESCRIPTION: Description = """
_MEMBER = "app.member"
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_WIDTH = 118
Told = dict[str, Any]


def description() -> Told:
    """The Description as plain values. Call it with all rooms loaded."""
    known = _collections()
    found = {name: _entity(name, entity, known) for name, entity in sorted(known.items())}
    return {
        "schemaVersion": versions.current(),
        "entities": found,
        "refusals": _refusals(),
        "patterns": _patterns(),
        "commands": {command.name: _command(command) for command in commands()},
        "modules": [{"code": code, "label": [words.zh, words.en]} for code, words in MODULE_WORDS.items()],
        "builtInRoles": {role.key: [role.zh, role.en] for role in DEFAULT_ROLES},
        "permissions": {name: [words.zh, words.en] for name, words in sorted(permission_names().items())},
        "lists": {name: _list_table(asdict(listed)) for name, listed in sorted(list_tables().items())},
        "listsHash": lists_hash(),
    }


def written() -> str:
    """The file as it should be."""
    return f"{_HEAD}{literal(description())};\n"


def version_written() -> str:
    """The file of the number alone, as it should be."""
    return (
        f"/** Written by `yunfan schema`; not to be edited. */\nexport const SCHEMA_VERSION = {versions.current()};\n"
    )


def literal(value: Any, indent: int = 0) -> str:
    """A value in TypeScript: on one line where it fits, else a line for each of its parts."""
    if not isinstance(value, list | dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    flat = _flat(value)
    if len(flat) + indent <= _WIDTH:
        return flat
    inner = "  " * (indent // 2 + 1)
    if isinstance(value, dict):
        lines = [f"{inner}{_name(key)}: {literal(part, len(inner))}," for key, part in value.items()]
        return "\n".join(["{", *lines, f"{' ' * indent}}}"])
    return "\n".join(["[", *(f"{inner}{literal(part, len(inner))}," for part in value), f"{' ' * indent}]"])


def _flat(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{_name(key)}: {_flat(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _name(key: str) -> str:
    return key if _WORD.fullmatch(key) else json.dumps(key)


def _collections() -> dict[str, type[TenantRow]]:
    """By collection; entities that the API alone shows by the name that their list would have."""
    found: dict[str, type[TenantRow]] = {name: held.entity for name, held in all_collections().items()}
    for entity in entities():
        about = described(entity)
        if about.collection is None and about.graphql is not None:
            found[_plural(about.graphql)] = entity
    return found


def _plural(name: str) -> str:
    first = name[0].lower() + name[1:]
    if first.endswith("y"):
        return f"{first[:-1]}ies"
    return first if first.endswith("s") else f"{first}s"


def _entity(collection: str, entity: type[TenantRow], known: Mapping[str, type[TenantRow]]) -> Told:
    about = described(entity)
    columns = {column.name: column for column in table(entity).columns if facet_of(column).wire}
    return {
        "name": about.name,
        "collection": collection,
        "synced": about.collection is not None,
        "label": [about.zh, about.en],
        "module": _module(entity),
        "permission": about.permission,
        "archivable": about.archivable,
        "customisable": issubclass(entity, Customisable),
        "searchable": about.searchable,
        "calledBy": [wire_name(name) for name in TITLES if name in columns],
        "fields": [_field(column, entity, columns, known) for column in columns.values()],
    }


def _module(entity: type[TenantRow]) -> str | None:
    """Of shared master data the one under which people look for it: that of its own commands."""
    room = described(entity).name.split(".", 1)[0]
    if room in MODULE_WORDS or not modules_of(entity):
        return room if room in MODULE_WORDS else None
    return min(
        (found.module for found in commands() if found.module and found.name.startswith(f"{room}.")), default=None
    )


def _field(
    column: Column[Any], entity: type[TenantRow], columns: Iterable[str], known: Mapping[str, type[TenantRow]]
) -> Told:
    facet, kind, target = facet_of(column), kind_of(column), _refers_to(column.name, entity, known)
    reference = kind == "id" and target is not None
    return {
        "name": wire_name(column.name),
        "label": [facet.zh, facet.en],
        "kind": kind,
        "widget": (Widget.REFERENCE if reference else facet.widget).value,
        "choices": [_choice(choice) for choice in facet.choices],
        "refersTo": target,
        "currencyField": _currency_field(column.name, facet, columns),
        "nullable": bool(column.nullable),
        "writable": facet.writable,
        "checks": list(_checks(entity, column, facet)),
        "filterable": facet.filterable,
        "sortable": facet.sortable,
        "search": facet.search.value if facet.search else None,
        "maskable": facet.maskable,
    }


def _checks(entity: type[TenantRow], column: Column[Any], facet: Facet) -> Iterator[Told]:
    """What the rooms' commands hold a typed value to; the platform's own names have rules of their own."""
    if not facet.writable or described(entity).name.split(".", 1)[0] == "tenants":
        return
    for check in checks_of(entity, column.name, facet):
        told = {name: value.isoformat() if isinstance(value, date) else value for name, value in check.told.items()}
        # Beyond 2^53 a number is text, as on the wire.
        yield {"kind": check.kind, "code": check.refusal.code, **to_wire(told)}


def _refusals() -> Told:
    """The sentences of all checks, by code; a device fills their places with the label and what the check tells."""
    of_fields = {
        check.refusal
        for entity in _collections().values()
        for column in table(entity).columns
        for check in checks_of(entity, column.name, facet_of(column))
    }
    return {
        refusal.code: {"says": [refusal.zh, refusal.en], "remedy": [refusal.remedy_zh, refusal.remedy_en]}
        for refusal in sorted(of_fields | {TextExpected}, key=lambda found: found.code)
    }


def _patterns() -> Told:
    """As ECMAScript reads them with the flag `u`."""
    return {
        name: {
            "pattern": pattern.replace(r"[\w]", r"[\p{L}\p{N}_]").replace(r"[\w-]", r"[\p{L}\p{N}_-]"),
            "anyCase": name in ANY_CASE,
            "folded": name in FOLDED,
        }
        for name, pattern in PATTERNS.items()
    }


def _choice(choice: Choice) -> Told:
    return {"value": choice.value, "label": [choice.zh, choice.en]}


def _refers_to(column: str, entity: type[TenantRow], known: Mapping[str, type[TenantRow]]) -> str | None:
    """Who did something is a member's id without a foreign key: history outlives the member."""
    if column == "tag_ids":
        return "tags"
    target = targets(entity).get(column, _MEMBER if column.endswith("_by_id") else None)
    return next((name for name, held in known.items() if table(held).fullname == target), None)


def _currency_field(column: str, facet: Facet, columns: Iterable[str]) -> str | None:
    """`budget_minor` → `budgetCurrency`; amounts and prices of a row in one currency → `currency`."""
    if facet.widget is not Widget.MONEY and not column.endswith("_price"):
        return None
    own = [name for name in columns if name.endswith("_currency") and name.split("_")[0] == column.split("_")[0]]
    shared = [name for name in columns if name == "currency"]
    return next((wire_name(name) for name in own + shared), None)


def _command(found: Command) -> Told:
    told = command_schema(found, {described(held.entity).name: name for name, held in all_collections().items()})
    return {
        "name": found.name,
        "label": [found.zh, found.en],
        "permission": found.permission,
        "module": found.module,
        "offline": found.offline,
        "mutation": wire_name(found.function) if found.api else None,
        "collection": told.collection,
        "effect": told.effect,
        "arguments": list(_arguments(found)),
    }


def _arguments(found: Command) -> Iterator[Told]:
    for field in msgspec.structs.fields(found.input_type):
        name, kind = wire_name(field.name), spelled(inspect.type_info(field.type))
        yield {"name": name, "type": kind, "required": field.required}


def _list_table(found: Told) -> Told:
    columns = [{wire_name(key): value for key, value in column.items()} for column in found["columns"]]
    return {**found, "columns": columns, "indexes": [list(columns) for columns in found["indexes"]]}
