"""What sync derives from an entity: lines for `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator

from kernel.entity import TenantRow, described, facet_of
from sync.collections import all_collections
from values.wire import wire_name


def explain(entity: type[TenantRow]) -> Iterator[str]:
    """The collection that devices replicate, with the columns by how offline edits of them merge."""
    found = next((c for c in all_collections().values() if c.entity is entity), None)
    if found is None:
        yield "sync         not replicated to devices"
        return
    yield f"sync         collection {found.name}, for who holds {described(entity).view_permission}"
    merges: dict[str, list[str]] = {}
    for column in found.columns:
        merges.setdefault(facet_of(column).merge.value, []).append(wire_name(column.name))
    for merge, names in merges.items():
        yield f"  {merge:<12} {', '.join(names)}"
