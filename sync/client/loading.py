"""The first load: files that the server made, fetched in ranges, checked, imported at once."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sync.client.errors import Offline, SyncRefused
from sync.client.store import Store
from sync.client.transport import Transport, content_of

try:
    import zstandard
except ImportError:  # gzip is in every Python
    zstandard = None  # type: ignore[assignment]

_PIECE = 256 * 1024
_RANGES = 50  # cuts of one file until the device waits for a better hour
_ENCODINGS = ["gzip"] if zstandard is None else ["zstd", "gzip"]


class FirstLoad:
    """Fetches and imports for one replica. `path`: its file; what is fetched lies beside it, and survives a kill."""

    def __init__(self, store: Store, transport: Transport, path: Path) -> None:
        self._store, self._transport, self._path = store, transport, path

    def run(self, device_id: str, said: dict[str, Any]) -> int | None:
        """Imports what the server offers; how many rows, or None when pages are to bring them. `said`: what goes with
        every request.

        Raises Offline, SyncRefused. Called again after a kill, it goes on where it was.
        """
        for _ in range(3):
            offer = self._store.get("load") or self._asked(device_id, said)
            if not offer["files"]:
                self._done()
                return None
            try:
                return self._take(offer)
            except SyncRefused as refused:
                if refused.code not in ("LOAD_OUTDATED", "RANGE_BEYOND_END"):
                    raise
                self._done()  # rights changed or the file is gone: other files stand for this member now
        return None

    def _asked(self, device_id: str, said: dict[str, Any]) -> dict[str, Any]:
        wanted = {"deviceId": device_id, "encodings": _ENCODINGS, **said}
        offer = self._transport.post("/sync/v1/load", wanted)
        self._store.set(load=offer)
        return offer

    def _take(self, offer: dict[str, Any]) -> int:
        rows = 0
        for file in offer["files"]:
            if file["name"] == "first" and not self._store.is_empty():
                continue  # there is something to work with already
            raw = self._unpacked(self._fetched(file), file)
            if file["name"] == "first":
                self._store.show_part(raw)
            else:
                self._store.import_whole(raw, offer["cursor"])
                rows = int(file["rows"])
            raw.unlink()
        self._done()
        return rows

    def _fetched(self, file: dict[str, Any]) -> Path:
        """The file, whole and as announced."""
        target = self._beside(file)
        for _ in range(_RANGES):
            have = target.stat().st_size if target.exists() else 0
            if have < file["bytes"]:
                with suppress(Offline):
                    self._append(file["path"], target, have)
                continue
            if _sha256(target) == file["sha256"]:
                return target
            target.unlink()  # a disk that lost power kept something else: once more
        raise Offline(f"the file {file['name']} could not be fetched")

    def _append(self, path: str, target: Path, start: int) -> None:
        """The rest of a file. Raises SyncRefused, Offline; what came until then is kept."""
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with self._transport.stream(path, headers) as answer:
            if answer.status_code not in (200, 206):
                answer.read()
                content_of(answer)
            with target.open("ab" if answer.status_code == 206 else "wb") as file:
                for piece in answer.iter_raw():
                    file.write(piece)

    def _unpacked(self, packed: Path, file: dict[str, Any]) -> Path:
        raw = packed.with_suffix(".sqlite")
        with packed.open("rb") as source, raw.open("wb") as target:
            for piece in _opened(source, file["encoding"]):
                target.write(piece)
        packed.unlink()
        return raw

    def _beside(self, file: dict[str, Any]) -> Path:
        return self._path.with_name(f"{self._path.name}.load-{file['sha256'][:16]}")

    def _done(self) -> None:
        self._store.set(load=None)
        for left in self._path.parent.glob(f"{self._path.name}.load-*"):
            left.unlink()


def _opened(source: Any, encoding: str) -> Iterator[bytes]:
    if encoding == "zstd":
        yield from zstandard.ZstdDecompressor().read_to_iter(source, read_size=_PIECE)
        return
    unpack: Callable[[bytes], bytes] = zlib.decompressobj(31).decompress
    while piece := source.read(_PIECE):
        yield unpack(piece)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
