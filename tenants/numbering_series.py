"""The series that modules declare, and how a number is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tenants.numbering_errors import NumberMalformed, SeriesUnknown
from values.errors import Words

_PREFIX = re.compile(r"[A-Z]{1,8}")
_NUMBER = re.compile(r"([A-Z]{1,8})-([0-9]{6,18})")
_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of document that is numbered: `sales.order`, 销售单, SO. `brought_by`: the command that makes such a
    document and takes a leased number as its argument `number`."""

    key: str
    words: Words
    prefix: str
    brought_by: str | None = None


_SERIES: dict[str, Series] = {}


def declare_series(key: str, zh: str, en: str, prefix: str, *, brought_by: str | None = None) -> None:
    """Registers a series when its module is loaded; the same again is the same.

    Raises ValueError for a key that is declared otherwise, a prefix that another series has, and one that is not 1 to 8
    capital letters.
    """
    made = Series(key, Words(zh, en), prefix, brought_by)
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix: 1 to 8 capital letters")
    if _SERIES.get(key, made) != made:
        raise ValueError(f"the series {key} is declared twice, differently")
    other = next((found.key for found in _SERIES.values() if found.prefix == prefix and found.key != key), None)
    if other is not None:
        raise ValueError(f"{key} and {other} have the same prefix {prefix}")
    _SERIES[key] = made


def declared_series() -> list[Series]:
    """Every series of the loaded modules, in order of key."""
    return [_SERIES[key] for key in sorted(_SERIES)]


def declared(key: str) -> Series:
    """The series that a module's own code names. Raises LookupError for one that nobody declared."""
    return _SERIES[key]


def series_brought_by(command: str) -> Series | None:
    """The series of the documents that a command makes."""
    return next((found for found in _SERIES.values() if found.brought_by == command), None)


def series_named(key: str) -> Series:
    """The series that a caller named. Raises SeriesUnknown."""
    found = _SERIES.get(key)
    if found is None:
        raise SeriesUnknown(field="series", series=key[:_SHOWN_LENGTH], choices=Words.listed(sorted(_SERIES)))
    return found


def number_text(prefix: str, value: int) -> str:
    """`SO-000123`: six digits at least."""
    return f"{prefix}-{value:06d}"


def value_of(series: Series, offered: str, field: str) -> int:
    """Of a number as it is written, and only so: two spellings of one number would be two numbers to a reader.

    Raises NumberMalformed.
    """
    parts = _NUMBER.fullmatch(offered)
    if parts is None or parts[1] != series.prefix or number_text(parts[1], int(parts[2])) != offered:
        raise NumberMalformed(field=field, number=offered[:_SHOWN_LENGTH], example=number_text(series.prefix, 123))
    return int(parts[2])
