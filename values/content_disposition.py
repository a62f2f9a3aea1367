"""The header under which a file is saved."""

from __future__ import annotations

from urllib.parse import quote


def attached_as(name: str) -> str:
    """RFC 6266: the name as it is, and before it one in ASCII for programs that read only that."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
