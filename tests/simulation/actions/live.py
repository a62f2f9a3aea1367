"""Pages on the socket: they come, come late, get lost; what does not follow is dropped and pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tests.simulation import oracles
from tests.simulation.actions import action
from tests.simulation.actions.rights import change_masks, change_scope
from tests.simulation.air import Air, kept
from tests.simulation.network import Answer

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@action(3)
async def socket_opens(run: Run) -> None:
    """As an app does it: pull, then say where one stands."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await _opens(run, device)


async def _opens(run: Run, device: Device) -> None:
    await device.does("pull", lambda replica: replica.pull())
    if device.revoked or device.opened().device_id is None:
        return
    device.air = Air(run, device, run.service)
    if not await device.air.opened():
        device.air = None


@action(8, meanwhile=True)
async def page_comes(run: Run) -> None:
    """Something happened, and the server tells whoever is on the air; one page in four is lost, one in four waits."""
    device = run.some_device(lambda d: d.air is not None)
    if device is not None:
        await _hears(run, device)


@action(2)
async def row_leaves_on_the_air(run: Run) -> None:
    """A customer that the device shows goes to somebody else while it listens."""
    device = run.some_device(lambda d: d.known and d.who in ("li", "zhao"))  # who sees their own or their department's
    if device is None:
        return
    if device.air is None:
        await _opens(run, device)
    if device.air is not None:
        await _hears(run, device)  # what happened before
    rows = device.rows("customers") if device.air is not None else []
    if not rows:
        return
    owner = run.company.people[run.chance.choice([who for who in ("li", "zhao", "wang", "lin") if who != device.who])]
    row = run.chance.choice(sorted(rows, key=lambda found: str(found["id"])))
    await run.online("lin", "party.assign_customer", id=row["id"], owner_id=owner)
    await _hears(run, device)


@action(1.5)
async def pages_go_astray(run: Run) -> None:
    """Rows that the device shows change one after the other, and rights in between; of the pages some are lost."""
    device = run.some_device(lambda d: d.known)
    if device is None:
        return
    if device.air is None:
        await _opens(run, device)
    rows = sorted(str(row["id"]) for row in device.rows("customers")) if device.air is not None else []
    air, count = device.air, run.chance.choice((2, 3, 4))
    if air is None or not rows:
        return
    for _ in range(count):
        await run.online("lin", "party.edit_customer", id=UUID(run.chance.choice(rows)), address=run.next_token())
        if run.chance.random() < 0.15:
            await run.chance.choice((change_scope, change_masks))(run)
        told = await air.hears()
        run.tell(f"    {device.name} on the air: {told}")
        if told.startswith("closed"):
            device.air = None
            return
        if told == "a page":
            oracles.on_answer(run, device, Answer(200, "", air.waiting[-1][0]))
    air.waiting = [page for page in air.waiting if run.chance.random() < 0.6]
    while air.waiting and device.air is air and not device.revoked:
        await _deliver(device)


async def _hears(run: Run, device: Device) -> None:
    assert device.air is not None
    told = await device.air.hears()
    run.tell(f"    {device.name} on the air: {told}")
    if told.startswith("closed"):
        device.air = None
    elif told == "a page":
        oracles.on_answer(run, device, Answer(200, "", device.air.waiting[-1][0]))
        fate = run.chance.choice(("kept", "kept", "lost", "late"))
        if fate == "lost":
            device.air.waiting.pop()
        elif fate == "kept":
            await _deliver(device)


@action(2)
async def late_page_comes(run: Run) -> None:
    device = run.some_device(lambda d: d.air is not None and bool(d.air.waiting))
    if device is not None:
        await _deliver(device)


async def _deliver(device: Device) -> None:
    """The oldest page on its way. One that does not follow makes the device pull, and say where it stands then."""
    air = device.air
    assert air is not None
    page, commits = air.waiting.pop(0)

    def keep(replica: object) -> bool:
        device.completed, device.commits_when_asked = kept(device.opened(), page), commits
        return device.completed

    if not await device.does("live", keep) and device.air is air and not device.revoked:
        await device.does("pull", lambda replica: replica.pull())
        if device.air is air:
            air.stands_at(device.opened().cursor)
