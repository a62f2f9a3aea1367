"""Rotating the key ring: a fresh key in front, the older ones behind it still open what they made."""

from __future__ import annotations

import os
import secrets
import tempfile

from infra.secret_files import read_private
from infra.settings import Settings
from server.failures import OperatorError
from values.keyring import KeyRing


def rotate(settings: Settings) -> str:
    """Puts a fresh key in front of the ring in `keys` of the data directory; returns what to tell the operator.

    A ring that comes from YUNFAN_KEYS belongs to the operator's own store: raises OperatorError that says how.
    """
    if os.environ.get("YUNFAN_KEYS", "").strip():
        raise OperatorError(
            "The ring comes from YUNFAN_KEYS: put what yunfan keys new ID prints in front of it, with a comma.",
            "密钥环来自 YUNFAN_KEYS：请把 yunfan keys new ID 的输出加逗号放到它的最前面。",
        )
    path = settings.data_dir / "keys"
    before = read_private(path)
    if before is None:
        raise OperatorError("There is no key ring yet: start Yunfan once.", "还没有密钥环：请先启动一次云帆。")
    fresh = KeyRing.new_entry(f"k{secrets.token_hex(3)}")
    KeyRing.parse(f"{fresh},{before}")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{fresh},{before}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    key_id = fresh.partition(":")[0]
    return f"新密钥 {key_id} 已置顶，重启后生效。 The key {key_id} is in front now; restart Yunfan to use it."
