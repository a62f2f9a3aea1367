"""How a replica's file is opened: plain, or encrypted with a key that the server can withhold.

Encryption needs the extra `device` (apsw-sqlite3mc: SQLite with the ChaCha20-Poly1305 cipher over every page and the
WAL). Without it a file stays plain, and `encrypted` says so. The key is random, so no password stretching is done.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sync.client.errors import KeyWrong, ReplicaEncrypted

LOCK_SECONDS = 30.0
_PATIENCE_SECONDS = 2.0  # for being alone with the file
_CHECKPOINT_PAGES = 4_000  # 16 MB of WAL: a catch-up of thousands of rows is not held up by copying them once more
_LEFTOVERS = ("-wal", "-shm", "-journal")
_BACKUP = ".encrypting"


class Rows(Protocol):
    """What a statement answers."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Any: ...


class Database(Protocol):
    """The part of SQLite's interface that the store uses; transactions are plain statements."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Rows: ...
    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...
    def close(self) -> None: ...


def can_encrypt() -> bool:
    """Whether the extra `device` is installed."""
    try:
        import apsw  # noqa: F401
        import cryptography  # noqa: F401
    except ImportError:
        return False
    return True


def is_encrypted(path: str | Path) -> bool:
    """Whether there is a file that is no plain SQLite file. A file of no bytes is none yet.

    Asked of SQLite: opening the file by hand, and closing it, would drop the locks that this process holds on it
    (sqlite.org/howtocorrupt.html, 2.2).
    """
    path = Path(path)
    if not path.exists() or path.stat().st_size == 0:
        return False
    db = _connected(path)
    try:
        db.execute("PRAGMA schema_version").fetchall()
    except Exception as wrong:
        if _code_of(wrong) != sqlite3.SQLITE_NOTADB:
            raise
        return True
    finally:
        db.close()
    return False


class Opened(NamedTuple):
    """A file that is open, and whether it is encrypted on the disk."""

    db: Database
    encrypted: bool


def open_file(path: str | Path, key: bytes | None = None) -> Opened:
    """The file in WAL mode, each commit on the disk. `key`: 32 bytes; a plain file is encrypted with it first, unless
    another process has it open.

    Raises KeyWrong, ReplicaEncrypted (a file that needs a key, or the extra that is missing).
    """
    if key is None:
        if is_encrypted(path):
            raise ReplicaEncrypted
        return Opened(_ready(_connected(path)), False)
    _take_back_unfinished(Path(path), key)
    if Path(path).exists() and Path(path).stat().st_size and not is_encrypted(path):
        try:
            encrypt(path, key)
        except Exception as wrong:
            if not is_busy(wrong):
                raise
            return Opened(_ready(_connected(path)), False)
    return Opened(_open_with_key(path, key), True)


def encrypt(path: str | Path, key: bytes) -> None:
    """Encrypts a plain file in place. A kill in between leaves a copy beside it, from which the next start recovers.

    Nobody else may have the file open: raises apsw.BusyError when somebody has.
    """
    path = Path(path)
    db = _connected(path, seconds=_PATIENCE_SECONDS)
    try:
        # Leaving WAL takes an exclusive lock, which is then held until all is done: what the copy has, the file has.
        _until_free(lambda: db.execute("PRAGMA journal_mode = DELETE").fetchall(), _PATIENCE_SECONDS)
        db.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        db.execute("BEGIN EXCLUSIVE")
        db.execute("COMMIT")
        _copy_of(path).unlink(missing_ok=True)
        db.execute("VACUUM INTO ?", (str(_copy_of(path)),)).fetchall()
        _flush(_copy_of(path))
        db.pragma("rekey", f"raw:{key.hex()}")
    finally:
        db.close()
    _forget_copy(path)


def rekey_and_forget(path: str | Path, key: bytes) -> bool:
    """Encrypts the file anew with a key that nobody keeps; False when that was not possible any more."""
    try:
        _rekey(Path(path), key, os.urandom(32))
    except Exception:  # noqa: BLE001 - whatever stands in the way, the caller removes the file next
        return False
    return True


def remove(path: str | Path) -> None:
    """Removes the file with all that lies beside it: attachments, and what a first load left. Raises OSError when it
    cannot."""
    attachments, path = Path(f"{path}.files"), Path(path)
    for suffix in ("", *_LEFTOVERS, _BACKUP):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    for left in path.parent.glob(f"{glob.escape(path.name)}.load-*"):
        left.unlink(missing_ok=True)
    if attachments.exists():
        shutil.rmtree(attachments)


def size_of(path: str | Path) -> int:
    """The bytes on the disk, WAL included."""
    found = (Path(f"{path}{suffix}") for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in found if file.exists())


def is_busy(wrong: BaseException) -> bool:
    """Whether the file is only locked by somebody else for the moment."""
    return _code_of(wrong) == sqlite3.SQLITE_BUSY


def cannot_write_now(wrong: BaseException) -> bool:
    """Whether the file can be read all the same."""
    return _code_of(wrong) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)


def _code_of(wrong: BaseException) -> int:
    """SQLite's primary code. sqlite3 and apsw have no common base for their errors, and each its own name for it."""
    code = getattr(wrong, "sqlite_errorcode", None) or getattr(wrong, "result", 0)
    return code & 0xFF if isinstance(code, int) else 0


def _open_with_key(path: str | Path, key: bytes) -> Database:
    db = _connected(path, key)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except Exception as wrong:
        db.close()
        if is_busy(wrong):
            raise
        raise KeyWrong(Path(path).name) from wrong
    return _ready(db)


def _connected(path: str | Path, key: bytes | None = None, seconds: float = LOCK_SECONDS) -> Any:
    """One library for all files of a process, the one that can encrypt if there is one: two that open the same file
    side by side undo each other's locks."""
    if not can_encrypt():
        return sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=seconds)
    import apsw

    # URIs: so that ATTACH can name a sealed file (sealed_sqlite.py).
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    db = apsw.Connection(os.path.abspath(path), flags=flags)
    db.set_busy_timeout(int(seconds * 1000))
    if key is not None:
        db.pragma("key", f"raw:{key.hex()}")
    return db


def _ready(db: Any) -> Database:
    """Changing a fresh file to WAL fails at once while others open it, without SQLite's wait for the lock: a deadlock
    is possible there (sqlite.org/c3ref/busy_handler.html). Once changed, a file stays so."""
    _until_free(lambda: db.execute("PRAGMA journal_mode = WAL").fetchall())
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}").fetchall()
    db.execute("PRAGMA secure_delete = ON").fetchall()  # what a person had erased must not lie on in free pages
    ready: Database = db
    return ready


def _until_free(work: Any, seconds: float = LOCK_SECONDS) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            work()
        except Exception as wrong:
            if not is_busy(wrong) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _rekey(path: Path, old: bytes, new: bytes) -> None:
    db = _connected(path, old, _PATIENCE_SECONDS)
    try:
        # WAL takes no new key.
        _until_free(lambda: db.execute("PRAGMA journal_mode = DELETE").fetchall(), _PATIENCE_SECONDS)
        db.pragma("rekey", f"raw:{new.hex()}")
    finally:
        db.close()


def _take_back_unfinished(path: Path, key: bytes) -> None:
    """After a kill while the file was being encrypted: what opens is whole, with the key or plain; else the copy takes
    its place, since nobody can have written to a file that does not open."""
    copy = _copy_of(path)
    if not copy.exists():
        return
    if not path.exists() or not (_opens_with(path, key) or _opens_plain(path)):
        for suffix in _LEFTOVERS:
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        _copy(copy, path)
    _forget_copy(path)


def _opens_with(path: Path, key: bytes) -> bool:
    try:
        _open_with_key(path, key).close()
    except KeyWrong:
        return False
    return True


def _opens_plain(path: Path) -> bool:
    db = _connected(path)
    try:
        return bool(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except Exception as wrong:
        if is_busy(wrong):
            raise
        return False
    finally:
        db.close()


def _copy_of(path: Path) -> Path:
    return path.with_name(path.name + _BACKUP)


def _copy(source: Path, target: Path) -> None:
    """For a file that nobody can have open, because it does not open."""
    with source.open("rb") as read, target.open("wb") as write:
        shutil.copyfileobj(read, write)
    _flush(target)


def _flush(path: Path) -> None:
    """The file, readable by its owner only, is on the disk when this returns."""
    path.chmod(0o600)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    _sync_folder(path)


def _forget_copy(path: Path) -> None:
    _copy_of(path).unlink(missing_ok=True)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    with contextlib.suppress(OSError):  # not every system lets a folder be opened
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
