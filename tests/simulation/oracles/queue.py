"""The queue loses nothing, changes nothing, and lets nothing stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent, read_meta, read_outbox
from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("file")
def queue_is_kept(run: Run, device: Device, before: dict[str, Any], may_have_changed: bool, pushed: bool) -> None:
    """What was queued stands there, under its number and as it was, until it is answered; an answer stands too."""
    held = {sent.uuid: sent for sent in read_outbox(device.path)}
    device_id = read_meta(device.path, "device_id")
    another = device.knew.device_id not in (None, device_id)
    if another:
        _became_a_copy(run, device, held)
    device.knew.device_id = device_id
    for uuid, old in device.entries.items():
        new = held.get(uuid)
        if new is None:
            if old.outcome is None:
                run.fail("queue", f"{device.name} lost mutation {old.n} {old.command} before it was answered")
            continue
        if new.n != old.n and not another:
            run.fail("queue", f"{device.name} renumbered mutation {old.n} as {new.n}")
        if new.arguments != old.arguments and not (names_erased(run, old) or _told_of_erasure(new)):
            run.fail("queue", f"{device.name} changed mutation {old.n}: {old.arguments} became {new.arguments}")
        if old.outcome is not None and new.outcome is None and not run.restores:
            run.fail("queue", f"{device.name} forgot the answer to mutation {old.n}")
        moved = old.outcome not in (None, new.outcome) and not _is_the_same_entry(old, new)
        if moved and not (run.restores or device.split):
            run.fail("queue", f"{device.name} mutation {old.n} was {old.status} and is {new.outcome}")
    for sent in held.values():
        sent.device = device.name
        known = run.sent.get(sent.uuid)
        sent.late = known.late if known is not None else device.heard_the_end
        if known is None or sent.outcome is not None or known.outcome is None:
            if known is not None and not sent.arguments:
                sent = _with_arguments(sent, known)
            run.sent[sent.uuid] = sent
    device.knew.entries = {**device.entries, **held}


def _is_the_same_entry(old: Sent, new: Sent) -> bool:
    """The device asked again after a fresh load: of an inbox entry it is told what has become of that meanwhile."""
    was, now = old.outcome or {}, new.outcome or {}
    return was.get("inboxId") == now.get("inboxId") is not None


def _became_a_copy(run: Run, device: Device, held: dict[str, Sent]) -> None:
    """A device of its own from now on: the same mutations in the same order, numbered from 1."""
    device.split = device.split or device.knew.device_id in run.revoked  # its member made a new device of it
    if not (device.split or run.restores):
        run.fail("copies", f"{device.name} became a copy, but nobody ever copied its file")
    order = [sent.uuid for sent in sorted(device.entries.values(), key=lambda sent: sent.n) if sent.uuid in held]
    kept = sorted((sent for sent in held.values() if sent.uuid in device.entries), key=lambda sent: sent.n)
    if [sent.uuid for sent in kept] != order or [sent.n for sent in kept] != list(range(1, len(kept) + 1)):
        run.fail("copies", f"{device.name} became a copy and mixed up its queue")
    if device.pushed_as != read_meta(device.path, "device_id"):
        device.knew.heard = 0
    for sent in device.entries.values():
        sent.n = held[sent.uuid].n if sent.uuid in held else 0


@oracle("file")
def nothing_stops_the_queue(
    run: Run, device: Device, before: dict[str, Any], may_have_changed: bool, pushed: bool
) -> None:
    """A push that came to its end, and that the server did not stop for a passing reason, leaves nothing unanswered."""
    waiting = [sent for sent in device.entries.values() if sent.outcome is None]
    if pushed and waiting:
        run.fail("queue", f"{device.name} pushed without being stopped, but {waiting[0].n} {waiting[0].command} waits")


def names_erased(run: Run, sent: Sent) -> bool:
    """Of what named an erased person less is kept, on the device and on the server."""
    told = str(sent.arguments) + str(sent.row_id)
    return any(row in told for row in run.erased)


def _told_of_erasure(sent: Sent) -> bool:
    """The server answered that it names an erased person: the device forgets what it said, all of it, before any pull
    has brought the row."""
    error = (sent.outcome or {}).get("error") or {}
    return error.get("code") == "RECORD_ERASED" and not sent.arguments


def _with_arguments(sent: Sent, known: Sent) -> Sent:
    sent.arguments = known.arguments
    return sent
