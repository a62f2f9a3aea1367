"""Opens a replica's file with the server's half of its key, and erases it when the server says so."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from sync.client.errors import DeviceWiped, KeyWithheld, KeyWrong, Offline, ReplicaEncrypted, SyncRefused
from sync.client.keychain import Keychain
from sync.client.store import Store
from sync.client.transport import REVOKED, Transport
from sync.client.vault import can_encrypt, is_encrypted
from sync.client.wiping import Wiping


@dataclass(slots=True)
class Safe:
    """One replica's file and keychain. `push_last`: sends what waits in a store, under a wipe order."""

    path: Path
    keychain: Keychain | None
    transport: Transport
    now: Callable[[], datetime]
    push_last: Callable[[Store, str], None]
    _store: Store | None = field(default=None, init=False)
    _key: bytes | None = field(default=None, init=False, repr=False)

    def open(self) -> Store:
        """Raises KeyWithheld (offline for too long), KeyWrong, ReplicaEncrypted, SyncRefused (revoked), DeviceWiped."""
        self.transport.on_wiped = self._wipe
        self.transport.on_revoked = self._forget_share
        note = self._wiping.begun()
        if note is not None:
            self._go_on(note)
        self._key = self._key_now()
        self._store = Store(self.path, self._key)
        return self._store

    def belongs_to(self, device_id: str) -> None:
        if self.keychain is not None:
            self.keychain.belongs_to(device_id)

    def encrypt(self) -> None:
        """After the registration: the first moment at which there is a key. Raises SyncRefused, Offline."""
        assert self._store is not None
        if self.keychain is None or not can_encrypt() or self._store.encrypted:
            return
        self._key = self.keychain.key(self._fetched(self.keychain))
        self._store.encrypt(self._key)

    @property
    def _wiping(self) -> Wiping:
        return Wiping(self.path, self.keychain, self.transport.send, self.now)

    def _key_now(self) -> bytes | None:
        """With the server, else with the copy of its half that may be kept for a time."""
        if self.keychain is None or self.keychain.device_id is None or not can_encrypt():
            return None
        try:
            share = self._fetched(self.keychain)
        except (Offline, SyncRefused) as wrong:
            if isinstance(wrong, SyncRefused) and wrong.code == REVOKED:
                raise
            if not is_encrypted(self.path):
                return None
            share = self.keychain.kept_share(self.now())
        return self.keychain.key(share)

    def _fetched(self, keychain: Keychain) -> bytes:
        answer = self.transport.post("/sync/v1/keys", {"deviceId": keychain.device_id})
        share = base64.urlsafe_b64decode(answer["share"] + "=" * (-len(answer["share"]) % 4))
        keychain.keep_share(share, int(answer["offlineHours"]), self.now())
        return share

    def _forget_share(self) -> None:
        """From now on the file opens with the server only, which has destroyed its half."""
        if self.keychain is not None:
            self.keychain.forget_share()

    def _wipe(self, order: dict[str, Any]) -> NoReturn:
        """Raises DeviceWiped."""
        self._wiping.begin(str(self._device_id()), order)
        self._count_and_erase(order)

    def _go_on(self, note: dict[str, Any]) -> NoReturn:
        """After a kill. Raises DeviceWiped."""
        if "receipt" in note or "unsent" in note:
            self._wiping.finish(None)
        self._count_and_erase(note["order"])

    def _count_and_erase(self, order: dict[str, Any]) -> NoReturn:
        store, unsent = self._store or self._opened_once_more(), None
        if store is not None:
            if order["afterPush"]:
                with contextlib.suppress(Offline, SyncRefused):  # one try; what the server did not take is counted
                    self.push_last(store, order["order"])
            unsent = store.outbox.pending_count()
            store.close(lambda: DeviceWiped(unsent, confirmed=False))
        self._wiping.counted(unsent)
        try:
            self._wiping.finish(self._key)
        except DeviceWiped as wiped:
            if store is not None and wiped.confirmed:
                store.close(lambda: DeviceWiped(unsent, confirmed=True))
            raise

    def _opened_once_more(self) -> Store | None:
        """The server gives no key any more: only with the copy that was kept, to count and to push."""
        if not self.path.exists():
            return None
        try:
            if is_encrypted(self.path) and self.keychain is not None:
                self._key = self.keychain.key(self.keychain.kept_share(self.now()))
            return Store(self.path, self._key)
        except (KeyWithheld, KeyWrong, ReplicaEncrypted):
            return None

    def _device_id(self) -> str | None:
        if self.keychain is not None and self.keychain.device_id is not None:
            return self.keychain.device_id
        return self._store.standing().device_id if self._store is not None else None
