"""Secrets that Yunfan makes for itself: one file each, readable by their owner only."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path


def _random_password() -> str:
    return secrets.token_urlsafe(32)


def read_or_create_private(path: Path, make: Callable[[], str]) -> str:
    """The text of `path`; when it is missing, `make()` is stored there first, mode 0600.

    Two processes that race for it read the same text: the file appears complete or not at all, and the first one wins.
    """
    existing = read_private(path)
    if existing is not None:
        return existing
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret stands
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
    written = read_private(path)
    if written is None:
        raise OSError(f"{path} cannot be read back")
    return written


def read_private(path: Path) -> str | None:
    """The stripped text of `path`, or None when there is no such file or it is empty."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


class SecretFiles:
    """Passwords by name, in one directory (mode 0700). A name is asked for; the first asker makes the password."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def password(self, name: str) -> str:
        """The stored password `name`: URL-safe ASCII, 256 bits, made on first use."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        return read_or_create_private(self._directory / name, _random_password)

    def known(self, name: str) -> bool:
        """Whether the password `name` has been made here before."""
        return read_private(self._directory / name) is not None
