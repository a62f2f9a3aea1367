"""Whether the replica is exactly what the server has, and the repair of the rows that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sync.client.errors import NotMended
from sync.client.pages import Page, bucket_hashes, checksum, folded, in_bucket
from sync.client.pulling import Pulling
from sync.client.store import Store

_MENDED_BUCKETS = 64  # more than these that differ are loaded afresh as a whole
ResultT = TypeVar("ResultT")


class Verifying:
    """Of one replica."""

    def __init__(self, store: Store, pulling: Pulling) -> None:
        self._store, self._pulling = store, pulling

    def checksums(self) -> dict[str, dict[str, Any]]:
        """By collection: `count` and `hash` of the base rows."""
        with self._store.snapshot():
            schema = self._store.get("schema") or {"collections": {}}
            return {name: checksum(self._store.base_texts(name)) for name in schema["collections"]}

    def verify(self) -> list[str]:
        """The collections that were wrong; they are mended. Raises NotMended if one is wrong still."""
        wrong = self._differing()
        for collection in wrong[:-1]:
            self._mend(collection)
        if wrong and (still := self._mend(wrong[-1], checksums=True)):
            raise NotMended(still)
        return wrong

    def _differing(self, **wanted: Any) -> list[str]:
        """The collections that are wrong when what is `wanted` besides has come."""
        page, ours = self._compared(self.checksums, checksums=True, **wanted)
        theirs = page.header.get("checksums") or {}
        return sorted(name for name, sums in theirs.items() if ours.get(name) != sums)

    def _mend(self, collection: str, *, checksums: bool = False) -> list[str]:
        """Fetches the hashes of the buckets and, of those that differ, the rows that do. `checksums`: with the last of
        them, what is wrong still."""
        wanted = self._mending(collection)
        for one in wanted[:-1] if checksums else wanted:
            self._compared(lambda: None, **one)
        return self._differing(**(wanted[-1] if wanted else {})) if checksums else []

    def _mending(self, collection: str) -> list[dict[str, Any]]:
        """What to ask for so that it is right. Nothing: it is, or the member may not see it any more."""
        page, ours = self._compared(lambda: bucket_hashes(self._store.base_texts(collection)), buckets=collection)
        theirs = page.header.get("buckets")
        if not theirs:
            return []
        buckets = len(theirs)
        pairs = enumerate(zip(folded(ours, buckets), theirs, strict=True))
        differing = [number for number, (mine, found) in pairs if mine != found]
        if len(differing) > min(_MENDED_BUCKETS, buckets // 2):
            return [{"reload": [collection]}]
        there = self._store.base_texts(collection) if differing else []
        return [
            {"repair": {"collection": collection, "bucket": n, "of": buckets, "have": in_bucket(there, n, buckets)}}
            for n in differing
        ]

    def _compared(self, ours: Callable[[], ResultT], **wanted: Any) -> tuple[Page, ResultT]:
        """The page that completes a pull and tells what is `wanted`, and `ours` at the very instant that it shows."""
        while True:
            asked, page = self._pulling.ask(**wanted)
            wanted.pop("reload", None)  # once: the cursor remembers
            if not self._store.keep(page, asked) or page.more:
                continue
            with self._store.snapshot():
                now = self._store.standing()
                if now.cursor != page.cursor or now.step > asked.step + 1:
                    continue  # another process went on: these rows are not the ones that the server counted
                return page, ours()
