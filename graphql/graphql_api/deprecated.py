"""Fields on their way out: `Type.field` → the reason, which names the replacement and stands in the SDL.

A field leaves the schema only after it stood here in a release: `python -m graphql_api.sdl --check` compares with the
schema of the last commit and refuses what vanished without notice.
"""

from __future__ import annotations

DEPRECATED: dict[str, str] = {}


def reason_for(type_name: str, field: str) -> str | None:
    """The reason why a field is deprecated, if it is."""
    return DEPRECATED.get(f"{type_name}.{field}")
