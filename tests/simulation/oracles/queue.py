"""The queue loses nothing, changes nothing, and lets nothing stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent, read_outbox
from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("file")
def queue_is_kept(run: Run, device: Device, before: dict[str, Any], may_have_changed: bool, pushed: bool) -> None:
    """What was queued stands there, under its number and as it was, until it is answered; an answer stands too."""
    held = {sent.uuid: sent for sent in read_outbox(device.path)}
    for uuid, old in device.entries.items():
        new = held.get(uuid)
        if new is None:
            if old.outcome is None:
                run.fail("queue", f"{device.name} lost mutation {old.n} {old.command} before it was answered")
            continue
        if new.n != old.n:
            run.fail("queue", f"{device.name} renumbered mutation {old.n} as {new.n}")
        if new.arguments != old.arguments and not names_erased(run, old):
            run.fail("queue", f"{device.name} changed mutation {old.n}: {old.arguments} became {new.arguments}")
        if old.outcome is not None and new.outcome is None:
            run.fail("queue", f"{device.name} forgot the answer to mutation {old.n}")
        if old.outcome not in (None, new.outcome) and not run.restores:
            run.fail("queue", f"{device.name} mutation {old.n} was {old.status} and is {new.outcome}")
    for sent in held.values():
        sent.device = device.name
        known = run.sent.get(sent.uuid)
        sent.late = known.late if known is not None else device.heard_the_end
        if known is None or sent.outcome is not None or known.outcome is None:
            if known is not None and not sent.arguments:
                sent = _with_arguments(sent, known)
            run.sent[sent.uuid] = sent
    device.entries = {**device.entries, **held}


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


def _with_arguments(sent: Sent, known: Sent) -> Sent:
    sent.arguments = known.arguments
    return sent
