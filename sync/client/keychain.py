"""What a device keeps outside its replica: half of the key, the present token, its id. One small file, mode 0600.

The file's key is made of two halves: the server's share, which it hands out at each start and withholds for good after
a revocation or a wipe, and a secret that stays here. A copy of the replica without this file is noise. This file also
keeps the share, sealed with the secret, for as long as the company lets a replica open offline; the client destroys it
when that time is over. Whoever takes both files and does not use this client is held by nothing until the disk is.

It is a SQLite file of its own, for the sake of its locks: processes share it as they share the replica.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sync.client.errors import KeyWithheld
from sync.client.values import instant

_SECRET_BYTES = 32
_REMEMBERED = 50  # tokens of one chain: an app may start with any of them


class Keychain:
    """The file at `path`, made when it is missing. One for each replica; survives the replica's wipe, emptied."""

    def __init__(self, path: str | Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30.0)
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
            db.execute("CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")

    @property
    def device_id(self) -> str | None:
        found = self._get("device_id")
        return str(found) if found is not None else None

    def belongs_to(self, device_id: str) -> None:
        """Before the device's first registration is sent."""
        self._put(device_id=device_id)

    def key(self, share: bytes) -> bytes:
        """The key of the replica's file."""
        return _derived(share + self._secret(), f"replica/{self.device_id}")

    def keep_share(self, share: bytes, hours: int, now: datetime) -> None:
        """Seals the server's share for starts without the server, for as many hours; 0: not at all."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._writing():
            now = self._noted(now)
            if hours == 0:
                self._forget("share")
                return
            until, nonce = instant(now + timedelta(hours=hours)), os.urandom(12)
            sealed = AESGCM(_derived(self._secret(), "share")).encrypt(nonce, share, self._bound(until))
            self._put(share={"until": until, "box": base64.b64encode(nonce + sealed).decode()})

    def kept_share(self, now: datetime) -> bytes:
        """The share of the last start with the server. Raises KeyWithheld when its time is over: then it is destroyed.

        A clock that is set back does not bring the time back.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._writing():
            now, kept = self._noted(now), self._get("share")
            if kept is None or instant(now) > kept["until"]:
                self._forget("share")
                kept = None
        if kept is None:
            raise KeyWithheld
        box = base64.b64decode(kept["box"])
        try:
            return AESGCM(_derived(self._secret(), "share")).decrypt(box[:12], box[12:], self._bound(kept["until"]))
        except InvalidTag:
            raise KeyWithheld(changed=True) from None

    def forget_share(self) -> None:
        """From now on the replica opens with the server only."""
        self._forget("share")

    def destroy(self) -> None:
        """Forgets everything: without the secret the replica is noise, whoever has the server's share."""
        with self._writing() as db:
            db.execute("DELETE FROM entry")
        with self._lock:
            self._db.execute("VACUUM")

    def adopt_token(self, token: str, now: datetime) -> None:
        """The token that the app starts with. One that was replaced since gives way to its successor."""
        with self._writing():
            if _mark(token) not in (self._get("chain") or []):
                self._put(token=token, token_since=instant(now), chain=[_mark(token)])

    def token(self) -> tuple[str, str] | None:
        """The present token and since when it is."""
        with self._lock:
            rows = dict(self._db.execute("SELECT name, value FROM entry WHERE name IN ('token', 'token_since')"))
        return (json.loads(rows["token"]), json.loads(rows["token_since"])) if len(rows) == 2 else None

    def replace_token(self, old: str, new: str, now: datetime) -> None:
        """On the disk when it returns. Another process may have been quicker; it was given the same."""
        with self._writing():
            if self._get("token") == old:
                chain = [*(self._get("chain") or []), _mark(new)][-_REMEMBERED:]
                self._put(token=new, token_since=instant(now), chain=chain)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _secret(self) -> bytes:
        with self._writing():
            if self._get("secret") is None:
                self._put(secret=base64.b64encode(os.urandom(_SECRET_BYTES)).decode())
            return base64.b64decode(self._get("secret"))

    def _noted(self, now: datetime) -> datetime:
        """The latest instant that was ever seen here. Inside a transaction."""
        seen = self._get("seen_at")
        latest = max(now, datetime.fromisoformat(seen)) if seen is not None else now
        self._put(seen_at=instant(latest))
        return latest

    def _bound(self, until: str) -> bytes:
        return f"{self.device_id}|{until}".encode()

    def _get(self, name: str) -> Any:
        with self._lock:
            row = self._db.execute("SELECT value FROM entry WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row is not None else None

    def _put(self, **values: Any) -> None:
        with self._writing() as db:
            for name, value in values.items():
                db.execute("INSERT OR REPLACE INTO entry (name, value) VALUES (?, ?)", (name, json.dumps(value)))

    def _forget(self, name: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM entry WHERE name = ?", (name,))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; one inside another is part of it."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _derived(secret: bytes, use: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), 32, salt=None, info=f"yunfan/device/v1/{use}".encode()).derive(secret)


def _mark(token: str) -> str:
    """How a token is remembered that must not be kept."""
    return hashlib.sha256(token.encode()).hexdigest()
