"""The files of a replica: copied beside it at once, sent and fetched when the server can be reached.

Content lies under its SHA-256 in the folder `<replica>.files`; what is still to be sent stands in the replica's own
SQLite file, written in the same transaction as the mutation that attaches it. A kill at any moment loses nothing: the
server knows how far an upload has come, the length of the part on the disk how far a download.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from sync.client.errors import FileUnavailable, Offline, SyncRefused
from sync.client.store import Store
from sync.client.transport import Transport, content_of

_COLLECTION = "attachments"
_ATTACH = "tenants.attach_file"
_TABLE = """
CREATE TABLE IF NOT EXISTS upload (
    attachment_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, code TEXT, message TEXT
) WITHOUT ROWID
"""
_PIECE_BYTES = 256 * 1024
_CHUNK_BYTES = 1024 * 1024
_DOWNLOAD_ATTEMPTS = 5
_LEFT_BEHIND_SECONDS = 24 * 3600
_STARTS_OVER = "FILE_DIFFERS"
_PASSING = frozenset({401, 402, 403, 404, 429, 500, 502, 503, 504})  # of a row or a right that may yet come
_MORE_TYPES = {
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".webp": "image/webp",
    ".m4a": "audio/mp4",
    ".amr": "audio/amr",
    ".wav": "audio/wav",
    ".aac": "audio/aac",
    ".opus": "audio/ogg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".csv": "text/csv",
    ".md": "text/plain",
    ".log": "text/plain",
    ".wps": "application/msword",
    ".et": "application/vnd.ms-excel",
    ".dps": "application/vnd.ms-powerpoint",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies beside the replica."""

    path: Path
    sha256: str
    size_bytes: int


class Files:
    """The files beside one replica. `mutate` is the replica's own."""

    def __init__(
        self, path: str | Path, store: Store, transport: Transport, *, chunk_bytes: int = _CHUNK_BYTES
    ) -> None:
        self._folder = Path(f"{path}.files")
        self._store, self._transport, self._chunk_bytes = store, transport, chunk_bytes
        with store.transaction() as db:
            db.execute(_TABLE)
        self._clear_left_behind()

    def attach(self, source: Path, mutate: Callable[..., str | None], **arguments: Any) -> str:
        """Copies the file and queues its row; the id of the attachment. What happens to `source` later is of no
        matter."""
        kept = self._copy(source)
        named = {"file_name": source.name, "media_type": media_type_of(source), **arguments}
        with self._store.transaction() as db:
            row_id = mutate(_ATTACH, **named, size_bytes=kept.size_bytes, sha256=kept.sha256)
            db.execute("INSERT INTO upload (attachment_id, sha256) VALUES (?, ?)", (row_id, kept.sha256))
        return str(row_id)

    def waiting(self) -> list[dict[str, Any]]:
        """What is still to be sent: `{attachmentId, code, message}`. With a code the server refused the file."""
        with self._store.transaction() as db:
            rows = db.execute("SELECT attachment_id, code, message FROM upload ORDER BY attachment_id").fetchall()
        return [{"attachmentId": row[0], "code": row[1], "message": row[2]} for row in rows]

    def upload(self) -> int:
        """Sends what the server has a row for; how many files it has now. What passes is tried again next time.

        Raises Offline.
        """
        jobs = self.waiting()
        sent, discarded = 0, self._discarded() if jobs else set()
        for job in jobs:
            if job["attachmentId"] in discarded:
                self._done(job["attachmentId"])
                continue
            row = self._store.base_row(_COLLECTION, job["attachmentId"])
            if job["code"] is not None or row is None:
                continue  # refused, or the row is not there yet: it waits in the queue or in the inbox
            if row["state"] != "stored" and row.get("archivedAt") is None:
                try:
                    done = self._send(job["attachmentId"])
                except SyncRefused as refused:
                    if refused.status not in _PASSING:
                        self._refused(job["attachmentId"], refused)
                    continue
                sent += done
            elif row["state"] == "stored":
                self._done(job["attachmentId"])
        return sent

    def download(self, attachment_id: str) -> Path:
        """The file, fetched if it is not here yet; goes on where an earlier attempt broke off.

        Raises FileUnavailable (no such attachment here, or its file has not come yet), Offline, SyncRefused.
        """
        row = self._store.base_row(_COLLECTION, attachment_id)
        if row is None or row["state"] != "stored":
            raise FileUnavailable(attachment_id)
        target = self._folder / str(row["sha256"])
        if target.exists():
            return target
        self._make_folder()
        part = self._folder / f"{row['sha256']}.part"
        last: Offline | None = None
        for _ in range(_DOWNLOAD_ATTEMPTS):
            try:
                self._fetch(attachment_id, row["sha256"], row["sizeBytes"], part)
            except Offline as broken:
                last = broken
                continue
            if _sha256_of(part) == row["sha256"]:
                os.replace(part, target)
                _sync_folder(self._folder)
                return target
            part.unlink()  # spoilt on the way or on the disk: from the beginning
        raise last or FileUnavailable(attachment_id)

    def _fetch(self, attachment_id: str, sha256: str, size_bytes: int, part: Path) -> None:
        """Appends what is missing to `part`."""
        here = part.stat().st_size if part.exists() else 0
        if here > size_bytes:
            part.unlink()
            here = 0
        if here == size_bytes:
            return
        headers = {"Range": f"bytes={here}-", "If-Range": f'"{sha256}"', "Accept-Encoding": "identity"}
        with self._transport.stream(f"/sync/v1/files/{attachment_id}", headers) as answer:
            if answer.status_code not in (200, 206):
                answer.read()
                content_of(answer)
            with _private(part, "ab" if answer.status_code == 206 else "wb") as file:
                for piece in answer.iter_bytes(_PIECE_BYTES):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())

    def _send(self, attachment_id: str) -> bool:
        """One file, from where the server has it. False: the server took it for complete only later."""
        for attempt in range(2):
            try:
                return self._send_pieces(attachment_id)
            except SyncRefused as refused:
                if refused.code != _STARTS_OVER or attempt or not self._intact(attachment_id):
                    raise
        return False

    def _intact(self, attachment_id: str) -> bool:
        """Whether the copy is still what was attached: then it was spoilt on its way, and may be sent once more."""
        content = self._content(attachment_id)
        return _sha256_of(content) == content.name

    def _send_pieces(self, attachment_id: str) -> bool:
        path = f"/sync/v1/files/{attachment_id}"
        standing = content_of(self._transport.exchange("POST", path))
        offset, size = int(standing["offset"]), int(standing["sizeBytes"])
        at_once = min(self._chunk_bytes, int(standing["chunkBytes"]))
        if not standing["stored"]:
            with self._content(attachment_id).open("rb") as file:
                while offset < size:
                    file.seek(offset)
                    offset = self._piece(path, offset, file.read(at_once))
            standing = content_of(self._transport.exchange("POST", path))
        if standing["stored"]:
            self._done(attachment_id)
        return bool(standing["stored"])

    def _piece(self, path: str, offset: int, data: bytes) -> int:
        """Where to go on. The server's word counts: another process of this replica may have sent more."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        answer = self._transport.exchange("PATCH", path, content=data, headers=headers)
        if answer.status_code != 204 and not (answer.status_code == 409 and "upload-offset" in answer.headers):
            raise _refusal(answer)
        return int(answer.headers["upload-offset"])

    def _content(self, attachment_id: str) -> Path:
        with self._store.transaction() as db:
            row = db.execute("SELECT sha256 FROM upload WHERE attachment_id = ?", (attachment_id,)).fetchone()
        if row is None:
            raise FileUnavailable(attachment_id)
        return self._folder / str(row[0])

    def _discarded(self) -> set[str]:
        """Attachments that were refused and given up in the inbox: their rows will never come."""
        given_up = (e for e in self._store.base_rows("inbox") if e["state"] == "discarded")
        return {str(e["rowId"]) for e in given_up if e["command"] == _ATTACH}

    def _done(self, attachment_id: str) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM upload WHERE attachment_id = ?", (attachment_id,))

    def _refused(self, attachment_id: str, refused: SyncRefused) -> None:
        with self._store.transaction() as db:
            db.execute(
                "UPDATE upload SET code = ?, message = ? WHERE attachment_id = ?",
                (refused.code, refused.message, attachment_id),
            )

    def _copy(self, source: Path) -> Kept:
        """On the disk under its hash before anything refers to it."""
        self._make_folder()
        arriving = self._folder / f".{secrets.token_hex(8)}"
        try:
            with source.open("rb") as read, _private(arriving, "xb") as written:
                shutil.copyfileobj(read, written, _PIECE_BYTES)
                written.flush()
                os.fsync(written.fileno())
            sha256 = _sha256_of(arriving)
            target = self._folder / sha256
            os.replace(arriving, target)
        finally:
            arriving.unlink(missing_ok=True)
        _sync_folder(self._folder)
        return Kept(target, sha256, target.stat().st_size)

    def _clear_left_behind(self) -> None:
        """What a kill left of a copy under way: nothing refers to it."""
        for left in self._folder.glob(".*"):
            with suppress(FileNotFoundError):  # another process clears up too
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    left.unlink()

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)


def media_type_of(path: Path) -> str:
    """By the name's ending; `application/octet-stream`, which the server refuses, for one that is unknown."""
    known = _MORE_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name, strict=True)[0] or "application/octet-stream"


def _refusal(answer: httpx.Response) -> SyncRefused:
    try:
        content_of(answer)
    except SyncRefused as refused:
        return refused
    return SyncRefused(answer.status_code, "UNEXPECTED_ANSWER", f"HTTP {answer.status_code}")


def _private(path: Path, mode: str) -> IO[bytes]:
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(_PIECE_BYTES):
            digest.update(data)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
