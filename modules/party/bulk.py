"""What a bulk command accepts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from modules.party.errors import TooManyRows

LARGEST_BULK = 1000


def bulk_ids(ids: Sequence[UUID]) -> list[UUID]:
    """The ids, each once, in the order asked. Raises TooManyRows beyond 1,000."""
    if len(ids) > LARGEST_BULK:
        raise TooManyRows(field="ids", largest=LARGEST_BULK)
    return list(dict.fromkeys(ids))
