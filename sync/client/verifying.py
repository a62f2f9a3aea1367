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
        for collection in wrong:
            self._mend(collection)
        if wrong and (still := self._differing()):
            raise NotMended(still)
        return wrong

    def _differing(self) -> list[str]:
        page, ours = self._compared(self.checksums, checksums=True)
        theirs = page.header.get("checksums") or {}
        return sorted(name for name, sums in theirs.items() if ours.get(name) != sums)

    def _mend(self, collection: str) -> None:
        """Fetches the hashes of the buckets and, of those that differ, the rows that do."""
        page, ours = self._compared(lambda: bucket_hashes(self._store.base_texts(collection)), buckets=collection)
        theirs = page.header.get("buckets")
        if not theirs:
            return  # a collection that the member may not see any more
        differing = [
            n for n, (mine, found) in enumerate(zip(folded(ours, len(theirs)), theirs, strict=True)) if mine != found
        ]
        if len(differing) > min(_MENDED_BUCKETS, len(theirs) // 2):
            self._compared(lambda: None, reload=[collection])
            return
        for bucket in differing:
            have = in_bucket(self._store.base_texts(collection), bucket, len(theirs))
            wanted = {"collection": collection, "bucket": bucket, "of": len(theirs), "have": have}
            self._compared(lambda: None, repair=wanted)

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
