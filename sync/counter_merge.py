"""What a member added to a number, added to the server's. Exact decimals; pure wire values."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

from values.errors import InvalidInput, Words

_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,30})?")
_EXACT = Context(prec=100)


def counted(name: str, base: Any, mine: Any, theirs: Any) -> int | str:
    """`theirs + (mine - base)`; null counts as 0. With the most decimal places of the three, in plain notation.

    An integer where one of the three is one and none has decimal places, a decimal as text otherwise.
    Raises InvalidInput.
    """
    numbers = [number_of(place, value) for place, value in ((f"base.{name}", base), (name, mine), (name, theirs))]
    before, after, current = numbers
    result = _EXACT.add(current, _EXACT.subtract(after, before))
    whole = any(isinstance(value, int) for value in (base, mine, theirs)) and result.as_tuple().exponent == 0
    return int(result) if whole else format(result, "f")


def number_of(place: str, value: Any) -> Decimal:
    """An integer, or a decimal as text. Raises InvalidInput with `place` for anything else."""
    if value is None:
        return Decimal(0)
    if (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and _NUMBER.fullmatch(value)
    ):
        return Decimal(value)
    raise InvalidInput(field=place, problem=Words("应为整数，或以文本写出的小数", "must be a number"))
