"""What goes wrong with machines: killed apps, a server that dies, copied and restored files, a restored server."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from sync.restored import begin_epoch
from tests.simulation import oracles
from tests.simulation.actions import action
from tests.simulation.actions.online import edit_customer_online
from tests.simulation.device import Device, FileCopy
from tests.simulation.network import PULL, PUSH

if TYPE_CHECKING:
    from tests.simulation.run import Run

_OLDEST_BACKUP = timedelta(days=20)  # devices keep what they offer again for 30 days, by clocks that are off


@action(5)
async def app_dies_while_it_syncs(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        device.points.dies_in = run.chance.randrange(run.chance.choice((8, 24)))
        await device.syncs()


@action(1.5)
async def app_dies_while_it_loads(run: Run) -> None:
    """A fresh load breaks off somewhere between its pages, and goes on another day."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        device.points.dies_in = run.chance.randrange(run.chance.choice((8, 20, 40)))
        await device.does("reload", lambda replica: replica.reload())


@action(1.5)
async def app_dies_while_it_keeps_a_page(run: Run) -> None:
    """Between the answer and the rows on the disk."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await edit_customer_online(run)
        device.points.page_dies_in = run.chance.randrange(6)
        await device.does("pull", lambda replica: replica.pull())


@action(2)
async def app_dies_while_somebody_types(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        device.points.dies_in = run.chance.randrange(3)
        await device.mutates("party.create_customer", name=run.next_token())


@action(3)
async def server_dies_while_it_takes_a_queue(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        for _ in range(run.chance.randint(1, 2)):
            await device.mutates("party.create_customer", name=run.next_token())
        run.weather = PUSH, ("server dies before a commit", "server dies after a commit", None)
        await device.syncs()
        run.weather = None


@action(1.5)
async def network_breaks_down(run: Run) -> None:
    """A queue is sent again and again, and no answer comes."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await device.mutates("party.create_customer", name=run.next_token())
        run.weather = PUSH, ("answer lost", "request lost", "answer cut")
        await device.syncs()
        run.weather = None


@action(1.5)
async def others_work_while_it_commits(run: Run) -> None:
    """Between the last statement of a mutation and its commit others write, and pull."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await device.mutates("party.create_customer", name=run.next_token())
        run.weather = PUSH, ("others while it commits",)
        await device.syncs()
        run.weather = None


@action(1.5)
async def others_work_while_it_loads(run: Run) -> None:
    """A fresh load takes its time, and the company goes on working between its pages."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        run.weather = PULL, ("request late", "answer late", None)
        await device.does("reload", lambda replica: replica.reload())
        run.weather = None


@action(2)
async def old_request_arrives(run: Run) -> None:
    """A copy of an earlier request turns up: the server serves it, nobody hears the answer."""
    if run.ghosts:
        device, message = run.ghosts.pop(run.chance.randrange(len(run.ghosts)))
        answer = await run.serve(message)
        run.tell(f"  an old {message.kind} of {device.name}: {answer.status}")
        oracles.on_answer(run, device, answer)


@action(0.7, rare=True)
async def file_is_backed_up(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        kept = run.folder / f"{device.name}.{len(run.file_copies)}.copy"
        device.copy_file(kept)
        run.file_copies.append(FileCopy(device, kept, device.knew.copy(), run.restores))


@action(0.5, rare=True)
async def file_is_restored(run: Run) -> None:
    """The device's file as it was: what was done on it since, and not sent, went with the file."""
    usable = [copy for copy in run.file_copies if copy.device.usable and copy.restores == run.restores]
    if not usable:
        return
    copy = run.chance.choice(usable)
    device = copy.device
    device.shut()
    for suffix in ("", "-wal", "-shm"):
        (device.path.parent / (device.path.name + suffix)).unlink(missing_ok=True)
    shutil.copy(copy.path, device.path)
    run.tell(f"  {device.name} restored from its copy")
    device.forget(copy.knew.copy())


@action(0.4, rare=True)
async def device_is_cloned(run: Run) -> None:
    """A second machine goes on with a copy of the file. Both are told apart by what they send next."""
    device = run.some_device(lambda d: d.known and not d.split)
    if device is None or len(run.devices) >= 7:
        return
    clone = Device(
        run,
        f"{device.name}x",
        device.who,
        skew=device.skew,
        drift=device.drift,
        page_rows=device.page_rows,
        app=device.app,
    )
    device.copy_file(clone.path)
    clone.known = True
    device.split = True
    clone.forget(device.knew.copy())
    run.devices.append(clone)
    run.tell(f"  {device.name} cloned as {clone.name}")
    for one in (device, clone) if run.chance.random() < 0.7 else ():
        await one.mutates("party.create_customer", name=run.next_token())


@action(1, rare=True)
async def server_is_backed_up(run: Run) -> None:
    run.backup = (run.clock.now(), await run.ground.backup(run.company.tenant_id))


@action(0.6, rare=True, ready=lambda run: run.backup is not None)
async def server_is_restored(run: Run) -> None:
    """The company's tables as they were, a new epoch: the devices know more than the server."""
    assert run.backup is not None
    made, kept = run.backup
    if run.clock.now() - made > _OLDEST_BACKUP:
        return
    await run.ground.restore(run.company.tenant_id, kept)
    await begin_epoch(run.company.app.engine, run.company.tenant_id, "simulation")
    run.restores += 1
    if run.subscribed_at is not None and run.subscribed_at > made:
        run.subscribed_at = None
    run.ghosts.clear()
    for device in run.devices:
        device.versions.clear()
        device.markers.clear()
    run.tell(f"  the server is as it was on {made:%m-%d %H:%M:%S}")


@action(0.4, rare=True)
async def server_loses_what_it_answered(run: Run) -> None:
    """An edit that is made, sent and answered, and then the server is as it was before."""
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await server_is_backed_up(run)
        await device.mutates("party.create_customer", name=run.next_token())
        await device.syncs()
        await server_is_restored(run)


@action(0.3, rare=True)
async def copies_part_while_the_server_loses_time(run: Run) -> None:
    """What one copy was answered is lost; the other takes its numbers, and the first goes on before it hears of it."""
    pairs = [
        (one, other)
        for one in run.devices
        for other in run.devices
        if other.name == f"{one.name}x" and one.known and one.usable and other.usable
    ]
    if not pairs:
        await device_is_cloned(run)
        return
    one, other = run.chance.sample(run.chance.choice(pairs), 2)
    count = run.chance.choice((1, 2, 3))
    await server_is_backed_up(run)
    for device in (one, other):
        for _ in range(count):
            await device.mutates("party.create_customer", name=run.next_token())
        await device.syncs()
        if device is one:
            await server_is_restored(run)
    await one.mutates("party.create_customer", name=run.next_token())
    await one.syncs()
