"""The first load: files that the server made, fetched in ranges, checked, imported at once.

Beside an encrypted replica they lie sealed from the first byte: what is fetched and what is unpacked.
"""

from __future__ import annotations

import glob
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sync.client.errors import FileDamaged, Offline, SyncRefused
from sync.client.shelf import SEALED, Shelf, sha256_of, shelf_of
from sync.client.store import Store
from sync.client.transport import Transport, content_of

try:
    import zstandard
except ImportError:  # gzip is in every Python
    zstandard = None  # type: ignore[assignment]

_PIECE = 256 * 1024
_OFFERS = 3  # of files that are not there, or not what was announced, until pages bring the rows
_SERVER_FAILS = 500  # and above
_RANGES = 50  # cuts of one file until the device waits for a better hour
_ENCODINGS = ["gzip"] if zstandard is None else ["zstd", "gzip"]


class _Unusable(Exception):
    """A file that cannot be had as it was announced."""


class FirstLoad:
    """Fetches and imports for one replica. `path`: its file; what is fetched lies beside it, and survives a kill."""

    def __init__(self, store: Store, transport: Transport, path: Path) -> None:
        self._store, self._transport, self._path = store, transport, path
        self.forget_what_is_plain()

    def forget_what_is_plain(self) -> None:
        """Beside an encrypted replica: what was fetched before it was encrypted goes, and is fetched again."""
        if self._store.encrypted:
            for left in self._left():
                if not left.name.endswith(SEALED):
                    left.unlink(missing_ok=True)

    def run(self, device_id: str, said: dict[str, Any]) -> int | None:
        """Imports what the server offers; how many rows, or None when pages are to bring them: there are few, or the
        files cannot be had. `said`: what goes with every request.

        Raises Offline, SyncRefused. Called again after a kill, it goes on where it was.
        """
        try:
            return self._run(device_id, said)
        except _Unusable:
            pass
        except SyncRefused as refused:
            if refused.status < _SERVER_FAILS:
                raise
        self._done()  # pages are slower, and need nothing of what fails here
        return None

    def _run(self, device_id: str, said: dict[str, Any]) -> int | None:
        empty = self._store.is_empty()
        for _ in range(_OFFERS):
            offer = self._store.get("load") or self._asked(device_id, "alone" if empty else "none", said)
            if not offer["files"]:
                break
            try:
                rows = self._take(offer)
                if rows is not None:
                    return rows
                empty = False  # there is something to work with while the server makes the rest
            except SyncRefused as refused:
                if refused.code not in ("LOAD_OUTDATED", "RANGE_BEYOND_END"):
                    raise
                self._done()  # rights changed or the file is gone: other files stand for this member now
        self._done()
        return None

    def _asked(self, device_id: str, first: str, said: dict[str, Any]) -> dict[str, Any]:
        wanted = {"deviceId": device_id, "encodings": _ENCODINGS, "first": first, **said}
        offer = self._transport.post("/sync/v1/load", wanted)
        self._store.set(load=offer)
        return offer

    def _take(self, offer: dict[str, Any]) -> int | None:
        """How many rows the whole has; None where it is still being made."""
        rows = None
        for file in offer["files"]:
            if file["name"] == "first" and not self._store.is_empty():
                continue  # there is something to work with already
            self._import(file, offer["cursor"])
            if file["name"] == "whole":
                rows = int(file["rows"])
        self._done()
        return rows

    def _import(self, file: dict[str, Any], cursor: str) -> None:
        shelf = shelf_of(self._store)
        raw = self._unpacked(shelf, self._fetched(shelf, file), file)
        with shelf.attachable(raw, file["sha256"]) as database:
            if file["name"] == "first":
                self._store.show_part(database)
            else:
                self._store.import_whole(database, cursor)
        raw.unlink()

    def _fetched(self, shelf: Shelf, file: dict[str, Any]) -> Path:
        """The file, whole and as announced. Raises Offline, _Unusable, SyncRefused."""
        target, others = shelf.at(self._beside(file)), 0
        for _ in range(_RANGES):
            with suppress(Offline):
                if self._append(shelf, file, target) < file["bytes"]:
                    continue
                with suppress(FileDamaged):
                    if sha256_of(shelf.opened(target, None)) == file["sha256"]:
                        return target
                target.unlink()  # a disk that lost power kept something else: once more
                others += 1
                if others == _OFFERS:
                    raise _Unusable  # the server has another file than it says
        raise Offline(f"the file {file['name']} could not be fetched")

    def _append(self, shelf: Shelf, file: dict[str, Any], target: Path) -> int:
        """The rest of a file; how much of it is here. Raises SyncRefused, Offline; what came until then is kept."""
        with shelf.writing(target, durable=False) as written:
            if written.size < file["bytes"]:
                start = {"Range": f"bytes={written.size}-"} if written.size else {}
                with self._transport.stream(file["path"], {"Accept-Encoding": "identity", **start}) as answer:
                    if answer.status_code not in (200, 206):
                        answer.read()
                        content_of(answer)
                    if answer.status_code == 200:
                        written.begin_anew()
                    for piece in answer.iter_raw():
                        written.write(piece)
            return written.size

    def _unpacked(self, shelf: Shelf, packed: Path, file: dict[str, Any]) -> Path:
        raw = shelf.at(self._path.with_name(f"{self._beside(file).name}.sqlite"))
        with shelf.opened(packed, None) as source, shelf.writing(raw, durable=False) as target:
            target.begin_anew()
            for piece in _opened(source, file["encoding"]):
                target.write(piece)
            target.finish(file["sha256"])
        packed.unlink()
        return raw

    def _beside(self, file: dict[str, Any]) -> Path:
        return self._path.with_name(f"{self._path.name}.load-{file['sha256'][:16]}")

    def _done(self) -> None:
        self._store.set(load=None)
        for left in self._left():
            left.unlink(missing_ok=True)

    def _left(self) -> list[Path]:
        return list(self._path.parent.glob(f"{glob.escape(self._path.name)}.load-*"))


def _opened(source: Any, encoding: str) -> Iterator[bytes]:
    if encoding == "zstd":
        yield from zstandard.ZstdDecompressor().read_to_iter(source, read_size=_PIECE)
        return
    unpack: Callable[[bytes], bytes] = zlib.decompressobj(31).decompress
    while piece := source.read(_PIECE):
        yield unpack(piece)
