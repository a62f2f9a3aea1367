"""I3, I4: every accepted mutation has one outcome and one effect, and what was sent is kept where it did not apply."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent
from tests.simulation.oracles import oracle
from tests.simulation.oracles.queue import names_erased

if TYPE_CHECKING:
    from tests.simulation.run import Run

_CLASHED = "EDIT_CLASHED"
_RAN = ("taken", "applied")


@dataclass
class Books:
    """What the server's tables say: by mutation, by row, by text."""

    stored: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_client: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    entries: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    inserts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    writes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def clashed(self, uuid: str) -> set[str]:
        """The fields of a mutation that a person had to decide about."""
        entries = [entry for entry in self.entries[uuid] if entry["code"] == _CLASHED]
        return {difference["field"] for entry in entries for difference in entry["differences"]}


async def read_books(run: Run) -> Books:
    books, tenant = Books(), run.company.tenant_id
    for row in await run.ground.fetch("SELECT client_id, key FROM app.command_outcome WHERE tenant_id = %s", tenant):
        books.stored[row["key"]] += 1
        books.by_client[str(row["client_id"])] += 1
    for row in await run.ground.fetch("SELECT * FROM app.inbox_entry WHERE tenant_id = %s ORDER BY id", tenant):
        books.entries[str(row["mutation_id"])].append(row)
    for row in await run.ground.fetch(
        "SELECT row_id, op, before, after FROM app.audit_entry WHERE tenant_id = %s AND entity <> %s",
        tenant,
        "tenants.InboxEntry",
    ):
        books.inserts[str(row["row_id"])] += row["op"] == "insert"
        old = set(_texts(row["before"]))
        for text in set(_texts(row["after"])) - old:
            books.writes[text] += 1
    return books


@oracle("end")
async def one_outcome_and_one_effect(run: Run) -> None:
    books = await read_books(run)
    held = {uuid for d in run.devices if not (d.forked or d.revoked) and d.known for uuid in d.entries}
    for uuid, sent in sorted(run.sent.items(), key=lambda item: (item[1].device, item[1].n)):
        if books.stored[uuid] > 1 or (sent.effect == "create" and books.inserts[str(sent.row_id)] > 1):
            run.fail("exactly once", f"{_called(sent)} has had more than one effect")
        if uuid in held:
            _check(run, books, sent)
    for found in books.entries.values():
        for entry in found:
            if entry["code"] == "DEFECT":
                run.fail("defects", f"the server failed on {entry['command']} {entry['arguments']}")


def _check(run: Run, books: Books, sent: Sent) -> None:
    entries = books.entries[sent.uuid]
    if sent.outcome is None:
        run.fail("outcomes", f"{_called(sent)} has no outcome though everything came to rest")
    applied = sent.status in ("applied", "merged")
    if books.stored[sent.uuid] != applied:
        run.fail("outcomes", f"{_called(sent)} is {sent.status}, but {books.stored[sent.uuid]} effects are stored")
    whole = [entry for entry in entries if entry["code"] != _CLASHED]
    if len(whole) > (0 if applied else 1) or (not applied and not entries):
        run.fail("outcomes", f"{_called(sent)} is {sent.status}, with {len(entries)} inbox entries")
    erased = names_erased(run, sent)
    for entry in entries:
        if not erased and entry["code"] != "RECORD_ERASED" and entry["arguments"] != sent.arguments:
            run.fail("payload", f"{_called(sent)}: the inbox keeps {entry['arguments']}, sent was {sent.arguments}")
    if not erased:
        _check_effects(run, books, sent, entries)


def _check_effects(run: Run, books: Books, sent: Sent, entries: list[dict[str, Any]]) -> None:
    applied, ran = sent.status in ("applied", "merged"), any(entry["state"] in _RAN for entry in entries)
    if sent.effect == "create" and books.inserts[str(sent.row_id)] != int(applied or ran):
        run.fail(
            "exactly once", f"{_called(sent)} is {sent.status}, the row was made {books.inserts[sent.row_id]} times"
        )
    clashed = books.clashed(sent.uuid)
    for name, text in sent.tokens.items():
        times = books.writes[text]
        least = int((applied and name not in clashed) or any(e["state"] == "taken" for e in entries))
        most = int(least or ran)
        if not least <= times <= most:
            run.fail("exactly once", f"{_called(sent)} is {sent.status}, {name} was written {times} times ({text})")


@oracle("end")
async def numbers_are_contiguous(run: Run) -> None:
    """Every number up to the last has its stored outcome, and the device's answers end with the same number."""
    books = await read_books(run)
    rows = await run.ground.fetch(
        "SELECT id, last_mutation FROM app.device WHERE tenant_id = %s", run.company.tenant_id
    )
    last = {str(row["id"]): int(row["last_mutation"]) for row in rows}
    for device in run.devices:
        if device.split or device.revoked or device.forked or not device.known:
            continue
        device_id = str(device.opened().device_id)
        queued = max((sent.n for sent in device.entries.values()), default=0)
        if last.get(device_id) != queued or books.by_client[device_id] != queued:
            run.fail(
                "numbers",
                f"{device.name} queued up to {queued}; the server is at {last.get(device_id)} and stored "
                f"{books.by_client[device_id]} outcomes",
            )


def _texts(value: Any) -> list[str]:
    """Every text in a JSON value, however deep."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _called(sent: Sent) -> str:
    return f"{sent.device}'s mutation {sent.n} {sent.command} {json.dumps(sent.arguments, ensure_ascii=False)[:120]}"
