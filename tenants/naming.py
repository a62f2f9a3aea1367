"""What a name may be: trimmed, not empty, without control characters, not too long."""

from __future__ import annotations

import unicodedata

from tenants.errors import NameInvalid


def clean_name(value: str, *, field: str = "name", limit: int = 60) -> str:
    """The name in NFC without surrounding blanks. Raises NameInvalid; `field` is the input's wire path."""
    name = unicodedata.normalize("NFC", value).strip()
    if not 1 <= len(name) <= limit or any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise NameInvalid(field=field, limit=limit)
    return name
