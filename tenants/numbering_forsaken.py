"""The number of a document that somebody decided not to make, or to make without it: voided with that decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.context import Context
from tenants.numbering_entities import NumberLease
from tenants.numbering_errors import NumberMalformed
from tenants.numbering_leases import for_the_meantime, lease_holding, lock_lease, number_of, void
from tenants.numbering_series import series_brought_by, value_of

_REASON = "单据已放弃，或改用了别的编号 / the document was discarded, or made without this number"


@dataclass(frozen=True, slots=True)
class Kept:
    """A number in an inbox entry, in a lease that is locked."""

    lease: NumberLease
    value: int

    async def void_if_outstanding(self, ctx: Context) -> None:
        """Nothing happens to one that a document has, or that was voided for good."""
        found = await number_of(ctx, self.lease.series_id, self.value)
        if found is None or for_the_meantime(self.lease, found):
            await void(ctx, self.lease, self.value, _REASON)


async def number_kept(ctx: Context, owner_id: UUID | None, command: str, arguments: Mapping[str, Any]) -> Kept | None:
    """The leased number that an entry's document was to have; its lease is locked from here on, before any series."""
    series, offered = series_brought_by(command), arguments.get("number")
    if series is None or owner_id is None or not isinstance(offered, str):
        return None
    try:
        value = value_of(series, offered, "number")
    except NumberMalformed:
        return None
    lease_id, holder_id = await lease_holding(ctx, series, value)
    if lease_id is None or holder_id != owner_id:
        return None
    return Kept(await lock_lease(ctx, lease_id), value)
