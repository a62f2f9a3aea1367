"""Files for tests, and the doors of files spoken to byte by byte."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from PIL import Image

from kernel.command import command_named
from kernel.executor import Outcome
from tests.sync.conftest import Doors
from tests.world import Company

KIBIBYTE = 1024
PIECE = 64 * KIBIBYTE


def pdf(size: int, seed: bytes | None = None) -> bytes:
    """A file of exactly `size` bytes that begins as a PDF does; other bytes every time unless seeded."""
    head = b"%PDF-1.7\n"
    rest = os.urandom(size - len(head)) if seed is None else (seed * size)[: size - len(head)]
    return head + rest


def photo(kind: str = "JPEG", *, orientation: int = 6, size: tuple[int, int] = (40, 20)) -> bytes:
    """A photo that tells where and with what it was taken, lying on its side."""
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((20, 30, 200), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x010F] = "Maker & Söhne"
    exif[0x0112] = orientation
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (31.0, 14.0, 3.0)
    out = io.BytesIO()
    options: dict[str, Any] = {"comment": b"taken at home"} if kind == "JPEG" else {}
    image.save(out, kind, exif=exif.tobytes(), **options)
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def attach(company: Company, who: str, host_id: Any, data: bytes, **changes: Any) -> Outcome:
    """Runs `tenants.attach_file` for a PDF on a customer, or what `changes` say."""
    given = {
        "entity": "party.Customer",
        "row_id": UUID(str(host_id)),
        "file_name": "合同.pdf",
        "media_type": "application/pdf",
        "size_bytes": len(data),
        "sha256": sha256(data),
        **changes,
    }
    command = command_named("tenants.attach_file")
    return await company.run(who, command.name, command.input_type(**given))


@dataclass
class FileDoor:
    """One person's way to the file doors."""

    client: httpx.AsyncClient
    token: str | None

    @classmethod
    def of(cls, doors: Doors, client: httpx.AsyncClient, who: str, company: Company | None = None) -> FileDoor:
        return cls(client, doors.token(company or doors.world.yunfan, who))

    async def ask(self, method: str, attachment_id: Any, **options: Any) -> httpx.Response:
        headers = options.pop("headers", {})
        if self.token is not None:
            headers = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.client.request(method, f"/sync/v1/files/{attachment_id}", headers=headers, **options)

    async def piece(self, attachment_id: Any, offset: int, data: bytes) -> httpx.Response:
        return await self.ask("PATCH", attachment_id, headers={"Upload-Offset": str(offset)}, content=data)

    async def send(self, attachment_id: Any, data: bytes, piece: int = PIECE) -> httpx.Response:
        """All pieces, then the finish."""
        for offset in range(0, len(data), piece):
            answer = await self.piece(attachment_id, offset, data[offset : offset + piece])
            assert answer.status_code == 204, answer.text
        return await self.ask("POST", attachment_id)
