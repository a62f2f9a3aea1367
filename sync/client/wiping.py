"""Erasing a replica because the server says so, and the receipt. A kill at any point is taken up at the next start.

Beside the replica lies a note, `<file>.wipe`: first the order, then that nothing is left to count, at last the receipt,
which goes without it only when the server has it.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from sync.client import vault
from sync.client.errors import DeviceWiped, Offline, SyncRefused
from sync.client.keychain import Keychain
from sync.client.values import instant

Send = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Wiping:
    """What erasing needs. `send`: a request as it is, whose refusals are raised and lead to nothing else."""

    path: Path
    keychain: Keychain | None
    send: Send
    now: Callable[[], datetime]

    @property
    def note(self) -> Path:
        return self.path.with_name(self.path.name + ".wipe")

    def begun(self) -> dict[str, Any] | None:
        """The note of a wipe that a kill has cut off."""
        try:
            found: dict[str, Any] = json.loads(self.note.read_text())
        except (FileNotFoundError, ValueError):  # the note is written before anything is erased
            return None
        return found

    def begin(self, device_id: str, order: dict[str, Any]) -> None:
        self._write({"deviceId": device_id, "order": order})

    def counted(self, unsent: int | None) -> None:
        """What is lost, before it cannot be counted any more."""
        self._write({**(self.begun() or {}), "unsent": unsent})

    def finish(self, key: bytes | None) -> NoReturn:
        """Erases and sends the receipt, each unless that is done. Nobody has the file open here. Raises DeviceWiped."""
        note = self.begun() or {}
        if "receipt" not in note:
            note["receipt"] = self._receipt(note, self._erase(key))
            self._write(note)
        unsent = note["receipt"]["unsent"]
        try:
            self.send("/sync/v1/devices/wiped", note["receipt"])
        except Offline:
            raise DeviceWiped(unsent, confirmed=False) from None
        except SyncRefused as refused:
            if refused.status == 503:
                raise DeviceWiped(unsent, confirmed=False) from None
            self.note.unlink()  # the order is not in force any more: nobody waits for this receipt
            raise DeviceWiped(unsent, confirmed=False) from None
        self.note.unlink()
        raise DeviceWiped(unsent, confirmed=True)

    def _erase(self, key: bytes | None) -> str:
        """The key first: from then on the file is noise, whatever comes between."""
        if self.keychain is not None:
            self.keychain.destroy()
        rekeyed = key is not None and vault.rekey_and_forget(self.path, key)
        vault.remove(self.path)
        return "rekeyed" if rekeyed else "deleted"

    def _receipt(self, note: dict[str, Any], method: str) -> dict[str, Any]:
        order, unsent, at = note["order"], note.get("unsent"), instant(self.now())
        told = "-" if unsent is None else str(unsent)
        message = "\n".join([note["deviceId"], order["order"], told, method, at]).encode()
        proof = hmac.digest(order["secret"].encode(), message, "sha256").hex()
        receipt = {"deviceId": note["deviceId"], "order": order["order"], "unsent": unsent}
        return {**receipt, "method": method, "at": at, "proof": proof}

    def _write(self, note: dict[str, Any]) -> None:
        fresh = self.note.with_name(self.note.name + ".new")
        descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(note, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.note)
        with contextlib.suppress(OSError):  # not every system lets a folder be opened
            folder = os.open(self.note.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
