"""The folder where messages wait when no gateway is set, so that a fresh machine works and loses none."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from datetime import UTC, datetime
from pathlib import Path


def leave_in_outbox(folder: Path, title: str, suffix: str, content: bytes, at: datetime | None = None) -> Path:
    """Write one file `<UTC instant>-<slug of title>-<random><suffix>`, whole or not at all, mode 0600, folder 0700.

    The files hold codes and links that sign people in, hence the modes. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = f"{stamp}-{_slug(title)}-{secrets.token_hex(3)}{suffix}"
    unfinished = folder / f".{name}.part"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return folder / name


def _slug(title: str) -> str:
    """At most 40 letters and digits of any script: no separator can leave the folder."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", title[:200]))
    # File systems limit a name to 255 bytes; 40 characters have at most 160.
    return "-".join(words)[:40].strip("-").lower() or "message"
