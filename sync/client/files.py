"""The files of a replica: copied beside it at once, sent and fetched when the server can be reached.

What is still to be sent stands in the replica's own SQLite file, written in the same transaction as the mutation that
attaches it; the content lies in a folder beside it (`folder.py`). A kill at any moment loses nothing: the server knows
how far an upload has come, the part on the disk how far a download.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from sync.client.errors import FileDamaged, FileUnavailable, Offline, SyncRefused
from sync.client.folder import Arriving, Folder, KeptFile
from sync.client.shelf import PIECE_BYTES
from sync.client.store import Store
from sync.client.transport import Transport, content_of

_COLLECTION = "attachments"
_ATTACH = "tenants.attach_file"
_TABLE = """
CREATE TABLE IF NOT EXISTS upload (
    attachment_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, code TEXT, message TEXT
) WITHOUT ROWID
"""
_CHUNK_BYTES = 1024 * 1024
_DOWNLOAD_ATTEMPTS = 5
_STARTS_OVER = "FILE_DIFFERS"
_DAMAGED = {
    "zh-CN": "本机保存的附件文件已损坏或丢失，请重新添加。",
    "en": "The file that was kept here is damaged or gone: attach it again.",
}
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


class Files:
    """The files beside one replica. `mutate` is the replica's own."""

    def __init__(
        self, path: str | Path, store: Store, transport: Transport, *, chunk_bytes: int = _CHUNK_BYTES
    ) -> None:
        self._store, self._transport, self._chunk_bytes = store, transport, chunk_bytes
        with store.transaction() as db:
            db.execute(_TABLE)
        self._folder = Folder(path, store, self._waiting_content)

    def attach(self, source: Path, mutate: Callable[..., str | None], **arguments: Any) -> str:
        """Copies the file and queues its row; the id of the attachment. What happens to `source` later is of no
        matter. Raises ArgumentRefused, FILE_EMPTY, and as `mutate` and opening the file do."""
        self._store.refuse_closed()  # nothing is to be left beside a replica that was erased
        kept = self._folder.add(source)
        named = {"file_name": source.name, "media_type": media_type_of(source), **arguments}
        with self._store.transaction() as db:
            row_id = mutate(_ATTACH, **named, size_bytes=kept.size_bytes, sha256=kept.sha256)
            db.execute("INSERT INTO upload (attachment_id, sha256) VALUES (?, ?)", (row_id, kept.sha256))
        return str(row_id)

    def seal_what_is_plain(self) -> None:
        """After the replica was encrypted."""
        self._folder.seal_what_is_plain()

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
                        self._refused(job["attachmentId"], refused.code, refused.message)
                    continue
                except FileDamaged:
                    self._refused(job["attachmentId"], FileDamaged.code, _DAMAGED[self._transport.language])
                    continue
                sent += done
            elif row["state"] == "stored":
                self._done(job["attachmentId"])
        return sent

    def download(self, attachment_id: str) -> KeptFile:
        """The file: the copy that lies here, or fetched; goes on where an earlier attempt broke off.

        Raises FileUnavailable (no such attachment here, or its file has not come yet), FileDamaged (the only copy, to
        be sent yet, is spoilt or gone), Offline, SyncRefused.
        """
        row = self._store.base_row(_COLLECTION, attachment_id)
        if row is None or row["state"] != "stored":
            return self._own(attachment_id, row)
        sha256, size_bytes = str(row["sha256"]), int(row["sizeBytes"])
        last: Offline | None = None
        for _ in range(_DOWNLOAD_ATTEMPTS):
            kept = self._folder.kept(sha256)
            if kept is not None:
                return kept
            with self._folder.arriving(sha256) as file:
                try:
                    self._fetch(attachment_id, size_bytes, file)
                except Offline as broken:
                    last = broken
                    continue
                if file.complete():
                    return KeptFile(sha256, size_bytes, self._folder.open)
        raise last or FileUnavailable(attachment_id)

    def _own(self, attachment_id: str, row: dict[str, Any] | None) -> KeptFile:
        """What was attached here, from the moment of attaching. `row`: the server's, which does not have the file yet,
        or has it and the pull that says so is still to come."""
        waiting = self._store.found("SELECT sha256 FROM upload WHERE attachment_id = ?", (attachment_id,))
        if not waiting and row is None:
            raise FileUnavailable(attachment_id)
        sha256 = str(waiting[0][0] if waiting else (row or {})["sha256"])
        kept = self._folder.kept(sha256)
        if kept is not None and self._folder.is_intact(sha256):
            return kept
        raise FileDamaged(sha256) if waiting else FileUnavailable(attachment_id)

    def _fetch(self, attachment_id: str, size_bytes: int, file: Arriving) -> None:
        """Adds what is missing."""
        with file.going_on() as written:
            if written.size > size_bytes:
                written.begin_anew()
            if written.size == size_bytes:
                return
            headers = {
                "Range": f"bytes={written.size}-",
                "If-Range": f'"{file.sha256}"',
                "Accept-Encoding": "identity",
            }
            with self._transport.stream(f"/sync/v1/files/{attachment_id}", headers) as answer:
                if answer.status_code not in (200, 206):
                    answer.read()
                    content_of(answer)
                if answer.status_code == 200:
                    written.begin_anew()
                for piece in answer.iter_bytes(PIECE_BYTES):
                    written.write(piece)

    def _send(self, attachment_id: str) -> bool:
        """One file, from where the server has it. False: the server took it for complete only later."""
        for attempt in range(2):
            try:
                return self._send_pieces(attachment_id)
            except SyncRefused as refused:
                if refused.code != _STARTS_OVER or attempt or not self._folder.is_intact(self._sha256(attachment_id)):
                    raise  # only what was spoilt on its way may be sent once more
        return False

    def _send_pieces(self, attachment_id: str) -> bool:
        path = f"/sync/v1/files/{attachment_id}"
        standing = content_of(self._transport.exchange("POST", path))
        offset, size = int(standing["offset"]), int(standing["sizeBytes"])
        at_once = min(self._chunk_bytes, int(standing["chunkBytes"]))
        if not standing["stored"]:
            sha256 = self._sha256(attachment_id)
            with self._folder.open(sha256) as file:
                while offset < size:
                    file.seek(offset)
                    data = file.read(at_once)
                    if len(data) < min(at_once, size - offset):
                        raise FileDamaged(sha256)  # it was cut
                    offset = self._piece(path, offset, data)
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

    def _sha256(self, attachment_id: str) -> str:
        with self._store.transaction() as db:
            row = db.execute("SELECT sha256 FROM upload WHERE attachment_id = ?", (attachment_id,)).fetchone()
        if row is None:
            raise FileUnavailable(attachment_id)
        return str(row[0])

    def _waiting_content(self) -> set[str]:
        """The hashes of what is still to be sent."""
        return {str(sha256) for (sha256,) in self._store.found("SELECT sha256 FROM upload")}

    def _discarded(self) -> set[str]:
        """Attachments that were refused and given up in the inbox: their rows will never come."""
        given_up = (e for e in self._store.base_rows("inbox") if e["state"] == "discarded")
        return {str(e["rowId"]) for e in given_up if e["command"] == _ATTACH}

    def _done(self, attachment_id: str) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM upload WHERE attachment_id = ?", (attachment_id,))

    def _refused(self, attachment_id: str, code: str, message: str) -> None:
        with self._store.transaction() as db:
            db.execute(
                "UPDATE upload SET code = ?, message = ? WHERE attachment_id = ?", (code, message, attachment_id)
            )


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
