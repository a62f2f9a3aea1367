"""A page of a pull as it came: the header, and the rows' texts, which are kept byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

BUCKETS = 1_024
_ID = slice(7, 43)  # {"id":"01890a5d-ac96-774b-bcce-b302099a8057",…


@dataclass(frozen=True, slots=True)
class Section:
    """One collection's part. `mode`: delta, replace, drop or repair; `removes` are ids, `puts` rows as JSON texts."""

    collection: str
    mode: str
    removes: list[str]
    puts: list[str]


@dataclass(frozen=True, slots=True)
class Page:
    """`header`: the first line of the answer (PROTOCOL.md, "Pull")."""

    header: dict[str, Any]
    sections: list[Section]

    @property
    def cursor(self) -> str:
        return str(self.header["cursor"])

    @property
    def more(self) -> bool:
        return bool(self.header["more"])

    @property
    def rebase(self) -> bool:
        return bool(self.header["rebase"])

    @property
    def rows(self) -> int:
        """How many rows it brings or takes."""
        return sum(len(part.puts) + len(part.removes) for part in self.sections)


def parse_page(body: bytes) -> Page:
    """Raises ValueError for what is no whole page: a cut answer must not be taken for a small one."""
    head, *lines = body.decode().split("\n")
    header = json.loads(head)
    sections: list[Section] = []
    at = 0
    for told in header["sections"]:
        middle = at + told["removes"]
        end = middle + told["puts"]
        sections.append(Section(told["name"], told["mode"], lines[at:middle], lines[middle:end]))
        at = end
    if lines == [""]:
        lines = []
    if len(lines) != at or any(not text.endswith("}") for part in sections for text in part.puts):
        raise ValueError("the answer is not whole")
    return Page(header, sections)


def follows(cursor: str) -> str:
    """How a page on the air names the cursor that it leads on from."""
    return hashlib.sha256(cursor.encode()).hexdigest()[:16]


def id_of(text: str) -> str:
    """The id in a row's text: always its first member."""
    return text[_ID]


def digest_of(text: str) -> int:
    """64 bits of a row's content, as the server counts it."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "big")


def bucket_of(row_id: str) -> int:
    return int(row_id[-3:], 16) % BUCKETS


def checksum(rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`rows`: (id, text)."""
    count = mixed = 0
    for _, text in rows:
        count, mixed = count + 1, mixed ^ digest_of(text)
    return {"count": count, "hash": f"{mixed:016x}"}


def bucket_hashes(rows: Iterable[tuple[str, str]]) -> list[int]:
    """Of the most buckets that there can be."""
    mixed = [0] * BUCKETS
    for row_id, text in rows:
        mixed[bucket_of(row_id)] ^= digest_of(text)
    return mixed


def folded(mixed: Sequence[int], buckets: int) -> list[str]:
    """The same rows in fewer buckets, as the server tells them."""
    fewer = [0] * buckets
    for number, value in enumerate(mixed):
        fewer[number % buckets] ^= value
    return [f"{value:016x}" for value in fewer]


def in_bucket(rows: Iterable[tuple[str, str]], bucket: int, buckets: int) -> dict[str, str]:
    """id → digest of the rows in one of so many buckets."""
    return {row_id: f"{digest_of(text):016x}" for row_id, text in rows if bucket_of(row_id) % buckets == bucket}
