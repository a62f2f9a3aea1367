"""Fields on their way out. A field leaves the schema only after it stood here, with a reason, in a release.

Keys are `Type.field`; the reason names the replacement and stands in the SDL as `@deprecated`. When a field is gone
from the code, its line stays in RETIRED: that is the proof that clients were told.
"""

from __future__ import annotations

DEPRECATED: dict[str, str] = {}
RETIRED: frozenset[str] = frozenset()


def reason_for(type_name: str, field: str) -> str | None:
    """The reason why a field is deprecated, if it is."""
    return DEPRECATED.get(f"{type_name}.{field}")
