"""A merge overwrites nobody's value unseen: what an applied edit replaced is what its author saw, or the author's own.

Read from the audit, which holds the value before and after of every field, beside the base that the device kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent
from tests.simulation.oracles import oracle
from tests.simulation.oracles.outcomes import read_books, tokens_in
from tests.simulation.oracles.queue import names_erased

if TYPE_CHECKING:
    from tests.simulation.run import Run

_WRITES = """
SELECT row_id::text, device_id, before, after FROM app.audit_entry
WHERE tenant_id = %s AND op = 'update' AND entity = ANY(%s) ORDER BY at, id
"""
_ENTITIES = ["party.Customer", "party.Contact"]


@oracle("end")
async def no_value_is_overwritten_unseen(run: Run) -> None:
    writes: dict[str, dict[str, Any]] = {}
    for row in await run.ground.fetch(_WRITES, run.company.tenant_id, _ENTITIES):
        for name, value in (row["after"] or {}).items():
            for token in tokens_in(value) - tokens_in((row["before"] or {}).get(name)):
                writes.setdefault(f"{row['row_id']} {name} {token}", row)
    books = await read_books(run)
    authors = {text: sent.device for sent in run.sent.values() for text in sent.tokens.values()}
    for sent in run.sent.values():
        if sent.effect == "edit" and sent.status in ("applied", "merged") and not names_erased(run, sent):
            decided = books.clashed(sent.uuid)  # a person took theirs or mine with open eyes
            _check(run, sent, decided, writes, authors)


def _check(run: Run, sent: Sent, decided: set[str], writes: dict[str, dict[str, Any]], authors: dict[str, str]) -> None:
    for name, value in sent.tokens.items():
        write = writes.get(f"{sent.row_id} {name} {value}")
        if write is None or name in decided:
            continue
        replaced, saw = write["before"].get(name), sent.base.get(name)
        seen = tokens_in(saw) | tokens_in(sent.server_base.get(name)) | tokens_in(write["after"][name])
        gone = {token for token in tokens_in(replaced) - seen if authors.get(token) != sent.device}
        if gone:
            run.fail("merges", f"{sent.device}'s mutation {sent.n} replaced {name} {replaced!r} unseen: it saw {saw!r}")
        if "tagIds" in sent.arguments and not run.restores:
            _check_tags(run, sent, write)


def _check_tags(run: Run, sent: Sent, write: dict[str, Any]) -> None:
    """My additions and removals applied to what was there: others' tags stay, and stay away."""
    if "tag_ids" not in write["after"]:
        return
    base, mine = set(sent.base["tagIds"] or ()), set(sent.arguments["tagIds"])
    before, after = set(write["before"]["tag_ids"] or ()), set(write["after"]["tag_ids"])
    if after != (before - (base - mine)) | (mine - base):
        run.fail("merges", f"{sent.device}'s mutation {sent.n} made tags {sorted(after)} of {sorted(before)}")
