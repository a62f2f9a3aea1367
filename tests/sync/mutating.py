"""Valid requests made wrong in one place or several, as a hostile or broken client would."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

# What JSON itself cannot say is written into the text afterwards: see `spoiled`.
RAW = {"\ue000": "1e400", "\ue001": "NaN", "\ue002": "-Infinity", "\ue003": '"\\ud800"', "\ue004": "1" * 400}
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63),
    1e308,
    5e-324,
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "9" * 400,
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066",
    "\n",
    "…" * 300,
    "x" * 70_000,
    "' OR 1=1 --",
    "%s%s%n",
    "{field}",
    "../../../etc/passwd",
    "<script>",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-03-02T01:30:00",
    "2026-02-30",
    "0000-00-00",
    "-0001-01-01",
    "2026-03-02T01:30:00Z",
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"\x00": 1},
    {"\ud800": 1},
    {"__proto__": {}},
    {"id": "x"},
    *RAW,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON value but itself, as far as it is not very deep."""
    if len(path) > 8:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def spoiled(body: Any, chance: random.Random) -> bytes:
    """The body with one to three places changed; now and then its text cut, doubled or with bits flipped."""
    data = encoded(changed(body, chance))
    return chance.choice(_BYTES)(data, chance) if chance.random() < 0.1 else data


def changed(body: Any, chance: random.Random) -> Any:
    """A copy of the body with one to three places changed."""
    body = json.loads(json.dumps(body))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        found = list(places(body))
        if found:
            chance.choice(_CHANGES)(body, chance.choice(found), chance)
    return body


def encoded(body: Any) -> bytes:
    """As JSON, with what JSON has no words for."""
    text = json.dumps(body)
    for mark, raw in RAW.items():
        text = text.replace(json.dumps(mark), raw)
    return text.encode()


def _strange(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(STRANGE))  # the next change may be inside it


def _holder(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body


def _replace(body: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    _holder(body, path)[path[-1]] = _strange(chance)


def _remove(body: Any, path: tuple[Any, ...], _chance: random.Random) -> None:
    del _holder(body, path)[path[-1]]


def _rename(body: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(body, path)
    if isinstance(holder, dict):
        holder[chance.choice(("", "\x00", "\ud800", "id", "tenantId", "x" * 300, "ID"))] = holder.pop(path[-1])


def _repeat(body: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(body, path)
    if isinstance(holder, list):
        holder += [holder[path[-1]]] * chance.choice((1, 2, 600, 1_100))
    else:
        holder[path[-1]] = [holder[path[-1]]]


def _nest(body: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(body, path)
    for level in range(chance.choice((1, 65, 300))):
        holder[path[-1]] = [holder[path[-1]]] if level % 2 else {"k": holder[path[-1]]}


def _alter(body: Any, path: tuple[Any, ...], chance: random.Random) -> None:
    holder = _holder(body, path)
    value = holder[path[-1]]
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        holder[path[-1]] = value[:at] + chance.choice(("", "\x00", "A", "-", value)) + value[at + 1 :]
    elif isinstance(value, int | float):
        holder[path[-1]] = chance.choice((-value, value + 1, str(value), float(value), value * 10**18))
    else:
        holder[path[-1]] = _strange(chance)


_Change = Callable[[Any, tuple[Any, ...], random.Random], None]
_CHANGES: tuple[_Change, ...] = (_replace, _replace, _replace, _alter, _alter, _remove, _rename, _repeat, _nest)
_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda data, chance: data[: chance.randrange(len(data))],
    lambda data, _chance: data + data,
    lambda data, _chance: data.replace(b'"', b"'"),
    lambda data, _chance: b"\xef\xbb\xbf" + data,
    lambda data, _chance: data.decode().encode("utf-16"),
    lambda data, chance: bytes(b ^ (1 << chance.randrange(8)) if chance.random() < 0.01 else b for b in data),
)
