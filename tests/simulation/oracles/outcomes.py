"""I3, I4: every accepted mutation has one outcome and one effect, and what was sent is kept where it did not apply."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent, read_meta
from tests.simulation.oracles import oracle
from tests.simulation.oracles.queue import names_erased
from tests.simulation.upgrades import as_said_today

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

_RESOLVE = "tenants.resolve_inbox_entry"
_CLASHED, _ERASED = "EDIT_CLASHED", "RECORD_ERASED"
_LINES = "LINES_COUNTED_MEANWHILE"
_BESIDE_THE_REST = (_CLASHED, _LINES)  # what was kept back of an edit whose rest has its effect
_RAN = ("taken", "applied")
_STATUSES = ("applied", "merged", "inbox", "waiting", "parked", "settled")
_FILED = ("inbox", "waiting", "parked")
_DECIDED_TO_RUN = ("taken", "parked", "applied", "open", "waiting", "discarded")  # a clash that was parked and so on
_TOKEN = re.compile(r"tok-\d+")


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
        "SELECT row_id, op, before, after FROM app.audit_entry WHERE tenant_id = %s AND entity <> %s "
        "AND op IN ('insert', 'update', 'delete')",
        tenant,
        "tenants.InboxEntry",
    ):
        books.inserts[str(row["row_id"])] += row["op"] == "insert"
        for text in tokens_in(row["after"]) - tokens_in(row["before"]):
            books.writes[text] += 1
    return books


@oracle("end")
async def one_outcome_and_one_effect(run: Run) -> None:
    books = await read_books(run)
    held = {uuid for d in run.devices if not d.revoked and d.known for uuid in d.entries}
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
    """Applied by itself, or filed and kept as it was sent, or a decision that came too late: one of these."""
    entries = books.entries[sent.uuid]
    if sent.outcome is None:
        run.fail("outcomes", f"{_called(sent)} has no outcome though everything came to rest")
    whole = [entry for entry in entries if entry["code"] not in _BESIDE_THE_REST]
    settled = sent.status == "settled"
    filed = books.stored[f"filed:{sent.uuid}"]
    # Of an erased person's entries the code tells no more which one was a clash: of these there is one at most.
    blank = [entry for entry in whole if entry["code"] == _ERASED]
    asked, least = 0 if settled else filed, len(whole) - len(blank[:1])
    if books.stored[sent.uuid] + filed != 1 or not least <= asked <= len(whole):
        run.fail(
            "outcomes",
            f"{_called(sent)} is {sent.status}: {books.stored[sent.uuid]} effects and {filed} filings are stored, "
            f"{len(whole)} entries stand in the inbox",
        )
    if sent.status not in _STATUSES or (sent.status == "merged" and not books.stored[sent.uuid]):
        run.fail("outcomes", f"{_called(sent)} is {sent.status}")
    if sent.status in _FILED and not filed and not run.restores:
        run.fail("outcomes", f"{_called(sent)} is {sent.status}, but was applied")
    if sent.status == "applied" and filed and not any(entry["state"] == "applied" for entry in whole):
        run.fail("outcomes", f"{_called(sent)} is applied, but lies in the inbox")
    erased = names_erased(run, sent)
    for entry in entries:
        if not erased and entry["code"] != _ERASED and not _keeps(run, entry, sent):
            run.fail("payload", f"{_called(sent)}: the inbox keeps {entry['arguments']}, sent was {sent.arguments}")
    if not erased:
        _check_effects(run, books, sent, entries)


def _keeps(run: Run, entry: dict[str, Any], sent: Sent) -> bool:
    """What was sent, unless a person put something else in its place; of a clash, what was to be decided about. A
    decision about an entry that the server never had stays in the words of the app that made it."""
    kept = entry["arguments"]
    kept = as_said_today(_RESOLVE, kept) if entry["command"] == _RESOLVE else kept
    if kept == sent.arguments or str(entry["id"]) in run.mended:
        return True
    if entry["code"] == _LINES:
        return _some_lines_of(sent.arguments, kept)
    return bool(entry["state"] in _DECIDED_TO_RUN and kept.items() <= sent.arguments.items() and kept.get("id"))


def _some_lines_of(sent: dict[str, Any], kept: dict[str, Any]) -> bool:
    """A count of its own, of some of the products that were counted there."""
    counted = [(line["productId"], line["counted"]) for line in sent["lines"]]
    lines = [(line["productId"], line["counted"]) for line in kept["lines"]]
    alike = all(kept.get(name) == value for name, value in sent.items() if name not in ("id", "lines"))
    return alike and kept["id"] != sent["id"] and 0 < len(lines) < len(counted) and set(lines) <= set(counted)


def _check_effects(run: Run, books: Books, sent: Sent, entries: list[dict[str, Any]]) -> None:
    applied = bool(books.stored[sent.uuid]) and sent.status != "settled"
    ran = any(entry["state"] in _RAN for entry in entries)
    mended = any(str(entry["id"]) in run.mended for entry in entries)
    if sent.effect == "create" and sent.row_id and books.inserts[sent.row_id] != int(applied or ran):
        told = f"{_called(sent)} is {sent.status}, the row was made {books.inserts[sent.row_id]} times"
        if not (books.inserts[sent.row_id] == 1 and _made_by_another(run, sent)):
            run.fail("exactly once", told)
    clashed = books.clashed(sent.uuid)
    for name, text in sent.tokens.items() if sent.row_id not in run.blanked else ():
        times = books.writes[text]
        taken = any(e["state"] == "taken" for e in entries)
        least = int((applied and name not in clashed) or (taken and not mended))
        most = int(bool(least or ran))
        if not least <= times <= most:
            run.fail("exactly once", f"{_called(sent)} is {sent.status}, {name} was written {times} times ({text})")


def _made_by_another(run: Run, sent: Sent) -> bool:
    """Another mutation was to make the same row: somebody tapped twice."""
    return any(o.row_id == sent.row_id and o.effect == "create" and o.uuid != sent.uuid for o in run.sent.values())


@oracle("outcomes")
def edits_wait_for_the_creation_of_their_row(run: Run, device: Device, outcomes: list[dict[str, Any]]) -> None:
    """Refused alone, an edit about a refused creation would have to be made once more by hand."""
    if run.restores or device.split:
        return
    decided = {s.arguments.get("id") for s in run.sent.values() if s.command == "tenants.resolve_inbox_entry"}
    known = {uuid: s.outcome for uuid, s in device.entries.items() if s.outcome is not None}
    missing: set[str] = set()
    for outcome in (*known.values(), *outcomes):  # the creation may have been answered just before, in the same push
        sent = device.entries.get(outcome["uuid"])
        if sent is None or outcome["status"] != "inbox":
            continue
        unknown = (outcome.get("error") or {}).get("code") == "NOT_FOUND" and outcome["uuid"] not in known
        own = {sent.row_id} if sent.effect != "create" else set()
        if unknown and ({value for name, value in sent.arguments.items() if name.endswith("Id")} | own) & missing:
            run.fail("parked", f"{_called(sent)} was refused, though it could wait for the creation of its row")
        if sent.effect == "create" and sent.row_id is not None and outcome.get("inboxId") not in decided:
            missing.add(sent.row_id)


@oracle("end")
async def what_is_parked_waits_for_something(run: Run) -> None:
    """Parked behind entries that are decided, nothing would ever run it."""
    rows = await run.ground.fetch(
        "SELECT id::text, state, code, command, waits_for FROM app.inbox_entry WHERE tenant_id = %s",
        run.company.tenant_id,
    )
    unresolved = {row["id"] for row in rows if row["state"] in ("open", "waiting", "parked")}
    for row in rows:
        if row["state"] == "parked" and row["code"] == "PARKED" and not unresolved & set(row["waits_for"]):
            run.fail("parked", f"{row['command']} waits for nothing: {row['waits_for']}")
        if row["state"] == "parked" and row["code"] not in ("PARKED", "AWAITS_OTHER_DEVICE"):
            run.fail("parked", f"{row['command']} is parked with {row['code']}")


@oracle("end")
async def numbers_are_contiguous(run: Run) -> None:
    """Every number up to the last has its stored outcome, and the device's answers end with the same number."""
    books = await read_books(run)
    rows = await run.ground.fetch(
        "SELECT id, last_mutation FROM app.device WHERE tenant_id = %s", run.company.tenant_id
    )
    last = {str(row["id"]): int(row["last_mutation"]) for row in rows}
    for device in run.devices:
        if device.revoked or not device.known:
            continue
        device_id, queued = str(device.opened().device_id), int(read_meta(device.path, "next_n") or 1) - 1
        if last.get(device_id) != queued and not (device.split and queued < last.get(device_id, 0)):
            run.fail("numbers", f"{device.name} queued up to {queued}; the server is at {last.get(device_id)}")
        if not (device.split or run.restores) and books.by_client[device_id] != queued:
            stored = books.by_client[device_id]
            run.fail("numbers", f"{device.name} queued up to {queued}; the server stored {stored} outcomes")


def tokens_in(value: Any) -> set[str]:
    """Every token in a JSON value, however deep: a merged text holds those of both sides."""
    if isinstance(value, dict):
        return {token for item in value.values() for token in tokens_in(item)}
    if isinstance(value, list):
        return {token for item in value for token in tokens_in(item)}
    return set(_TOKEN.findall(value)) if isinstance(value, str) else set()


def _called(sent: Sent) -> str:
    return f"{sent.device}'s mutation {sent.n} {sent.command} {json.dumps(sent.arguments, ensure_ascii=False)[:120]}"
