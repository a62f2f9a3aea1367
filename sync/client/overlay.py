"""What a queued mutation does to the rows at once, before the server has seen it: generic, by its schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Context, Decimal
from typing import Any

from sync.client.outbox import Queued
from sync.client.values import uuid7

_NO_FIELDS = frozenset({"id", "version"})
_DECIMAL = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,30})?")
_EXACT = Context(prec=100)
_SEEN = ("version", "updatedAt")
_TAKEN = "taken"  # the items of a transition that takes


def camel(name: str) -> str:
    """`credit_grade` → `creditGrade`; a name in camelCase stays."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def effect_on(row: dict[str, Any] | None, queued: Queued, member_id: str | None) -> dict[str, Any] | None:
    """The row after the mutation; None when there is nothing to show. The base row itself is never changed."""
    if queued.effect == "create":
        children = queued.shows.get("children", {})
        own = {name: value for name, value in queued.arguments.items() if name not in children}
        begun = {**_made(queued, queued.row_id, member_id), **queued.shows.get("sets", {}), **own}
        return row if row is not None else begun
    if row is None:
        return None
    if queued.effect == "edit":
        return {**row, **_edited(row, queued.arguments), "updatedAt": queued.made_at}
    if queued.effect == "transition":
        return {**row, **queued.shows.get("sets", {}), "updatedAt": queued.made_at}
    if queued.effect == "archive":
        return {**row, "archivedAt": row.get("archivedAt") or queued.made_at}
    if queued.effect == "restore":
        return {**row, "archivedAt": None}
    return row


def child_rows(queued: Queued, collection: str, member_id: str | None) -> dict[str, dict[str, Any]]:
    """The rows of another collection that a creation makes along with its own, by id."""
    found: dict[str, dict[str, Any]] = {}
    for argument, child in queued.shows.get("children", {}).items():
        for item in _items(queued.arguments.get(argument)) if child["collection"] == collection else ():
            made = _made(queued, item["id"], member_id)
            found[item["id"]] = {**made, **item, child["parent"]: queued.row_id}
    return found


def rows_added_to(
    rows: Mapping[str, dict[str, Any]],
    queued: Queued,
    collection: str,
    there: Callable[[str, str], bool],
    member_id: str | None,
) -> dict[str, dict[str, Any]]:
    """What a creation adds to rows of another collection: those that change, by id.

    `there`: whether a row (collection, id) has come from the server, whose numbers hold what it brought then.
    """
    adds = queued.shows.get("adds")
    if adds is None or adds["collection"] != collection:
        return {}
    of = adds.get("of")
    made = queued.shows.get("children", {}).get(of, {}).get("collection") if of else queued.collection
    items = _items(queued.arguments.get(of)) if of else _items([queued.arguments])
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        if made is None or there(made, item["id"]):
            continue
        given = {**queued.arguments, **item}
        match = {name: given.get(name) for name in adds["match"]}
        standing = (row for row in {**rows, **found}.values() if all(row.get(k) == v for k, v in match.items()))
        row = next(standing, None) or {**_made(queued, item["id"], member_id), **match}
        plus, minus = _number(given.get(adds["plus"])), _number(given.get(adds.get("minus") or ""))
        number = _EXACT.subtract(_EXACT.add(_number(row.get(adds["number"])), plus), minus)
        sets = {field: given.get(argument) for field, argument in adds["sets"].items()}
        found[row["id"]] = {**row, adds["number"]: _spelled(number), **sets}
    return found


def takings(queued: Queued, lines: Iterable[Mapping[str, Any]], in_use: Callable[[str], list[str]]) -> Queued:
    """A transition that takes from rows of another collection, as what a creation with items adds to them.

    `lines`: the standing rows under the one that is moved; `in_use`: the ids of a collection's rows that are not
    archived.
    """
    takes, arguments = queued.shows["takes"], dict(queued.arguments)
    for name, collection in takes["only"].items():
        if arguments.get(name) is None:
            found = in_use(collection)
            arguments[name] = found[0] if len(found) == 1 else None
    complete = all(arguments.get(name) is not None for name in takes["only"])
    kept = {takes["minus"], *takes["match"]} - set(takes["only"])
    items = [{"id": line["id"], **{name: line.get(name) for name in kept}} for line in lines] if complete else []
    adds = {"collection": takes["collection"], "match": takes["match"], "number": takes["number"], "of": _TAKEN}
    adds |= {"plus": "", "minus": takes["minus"], "sets": {}}
    shows = {"adds": adds, "children": {_TAKEN: {"collection": takes["rows"]}}}
    return replace(queued, arguments={**arguments, _TAKEN: items}, shows=shows)


def _keyed(value: Any) -> dict[str, Any]:
    """Custom fields as they show. A queued edit that sends something else in their place does not hide the next one."""
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[dict[str, Any]]:
    """The new rows in a list argument. Anything else shows nothing: the server will refuse it, with a reason."""
    items = value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]


def _number(value: Any) -> Decimal:
    """What is no number is refused by the server, and adds nothing here."""
    fits = isinstance(value, str | int) and _DECIMAL.fullmatch(str(value))
    return Decimal(str(value)) if fits else Decimal(0)


def _spelled(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def with_ids(items: Any) -> Any:
    """A list of new rows, camelCased, each with the id that the device makes for it; anything else as it is."""
    if not isinstance(items, list):
        return items
    named = [{camel(name): value for name, value in item.items()} if isinstance(item, dict) else item for item in items]
    return [{"id": str(uuid7()), **item} if isinstance(item, dict) else item for item in named]


def base_sent(
    known: Mapping[str, Any],
    shown: Mapping[str, Any] | None,
    under: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes along as `base` and `serverBase`, by the command's schema.

    `shown`: the row as the member sees it; `under`: as the last completed pull brought it.
    """
    if known["merges"]:
        seen = fields_changed(shown or {}, arguments)
        return seen, server_base(under, arguments, seen)
    if known["effect"] == "transition" and shown is not None:
        return {name: shown.get(name) for name in known.get("sets", {})}, {}
    if known["effect"] == "archive" and under is not None:
        return {name: under[name] for name in _SEEN if name in under}, {}
    return {}, {}


def fields_changed(row: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The base values that a three-way merge needs: what the member saw in each field that the mutation names."""
    base: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in _NO_FIELDS:
            continue
        if name == "custom" and isinstance(value, dict):
            seen = _keyed(row.get("custom"))
            base["custom"] = {key: seen.get(key) for key in value}
        else:
            base[name] = row.get(name)
    return base


def server_base(row: Mapping[str, Any] | None, arguments: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """What the server's own `row` holds where the overlay showed another value (`seen`, from `fields_changed`).

    A queued edit may yet be refused: the value that it showed is then one that the server never had.
    """
    if row is None:
        return {}
    found: dict[str, Any] = {}
    for name, value in fields_changed(row, arguments).items():
        if value == seen[name]:
            continue
        if name == "custom" and isinstance(arguments[name], dict):
            found[name] = {key: item for key, item in value.items() if item != seen[name].get(key)}
        else:
            found[name] = value
    return found


def _edited(row: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    changed = {name: value for name, value in arguments.items() if name not in _NO_FIELDS}
    if isinstance(changed.get("custom"), dict):
        merged = {**_keyed(row.get("custom")), **changed["custom"]}
        changed["custom"] = {key: value for key, value in merged.items() if value is not None}
    return changed


def _made(queued: Queued, row_id: str | None, member_id: str | None) -> dict[str, Any]:
    """What a new row shows beside what was sent."""
    return {
        "id": row_id,
        "version": 0,
        "createdAt": queued.made_at,
        "updatedAt": queued.made_at,
        "createdById": member_id,
        "ownerId": member_id,
        "archivedAt": None,
    }
