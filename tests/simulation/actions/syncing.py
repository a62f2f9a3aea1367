"""Devices and the server in touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.actions import action
from tests.simulation.stage import HANDS, add_device

if TYPE_CHECKING:
    from tests.simulation.run import Run

_MOST_DEVICES = 6


@action(16, meanwhile=True)
async def sync(run: Run) -> None:
    device = run.some_device()
    if device is not None:
        await device.syncs()


@action(5, meanwhile=True)
async def pull(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await device.does("pull", lambda replica: replica.pull())


@action(3, meanwhile=True)
async def push(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await device.does("push", lambda replica: replica.push())


@action(1)
async def verify(run: Run) -> None:
    """The replica's own checksums, compared with the server's: it must never find fault with an honest one."""
    device = run.some_device(lambda d: d.known)
    if device is None:
        return
    depth, run.calm = run.calm, True
    found = await device.does("verify", lambda replica: replica.verify())
    run.calm = depth
    if found:
        run.fail("checksums", f"{device.name}: checksums differ in {found}")


@action(0.4)
async def reload(run: Run) -> None:
    device = run.some_device(lambda d: d.known)
    if device is not None:
        await device.does("reload", lambda replica: replica.reload())


@action(1)
async def restart_app(run: Run) -> None:
    device = run.some_device()
    if device is not None:
        device.shut()
        run.tell(f"  {device.name} closed")


@action(1.2)
async def register_again(run: Run) -> None:
    """An app that starts anew makes itself known again, whatever waits on it."""
    device = run.some_device(lambda d: d.known and not d.forked)
    if device is not None:
        await device.mutates("party.create_customer", name=run.next_token())
        await device.does("register", lambda replica: replica.register(device.name))


@action(0.6, ready=lambda run: len(run.devices) < _MOST_DEVICES)
async def buy_device(run: Run) -> None:
    await add_device(run, run.chance.choice(HANDS))
