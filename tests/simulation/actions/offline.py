"""What members do on their devices, with or without a network. Every edit carries a text that nothing else has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.actions import action

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

_FREE = ("notes", "address", "region", "website")  # texts that the server stores as they come
_CHANNELS = ("visit", "phone", "wechat")


def _device(run: Run) -> Device | None:
    return run.some_device(lambda d: d.known)


def _row(run: Run, device: Device, collection: str, *, archived: bool = False) -> dict[str, Any] | None:
    rows = device.rows(collection, archived=archived)
    if archived:
        rows = [row for row in rows if row.get("archivedAt") is not None]
    return run.chance.choice(rows) if rows else None


@action(4)
async def create_customer(run: Run) -> None:
    device = _device(run)
    if device is not None:
        values: dict[str, Any] = {"name": run.next_token(), "level": run.chance.choice("abcd")}
        if run.chance.random() < 0.3:
            values["tag_ids"] = [str(run.chance.choice(run.stage.tags))]
        await device.mutates("party.create_customer", **values)


@action(9, meanwhile=True)
async def edit_customer(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None:
        fields = run.chance.sample(_FREE, run.chance.randint(1, 2))
        values: dict[str, Any] = {name: run.next_token() for name in fields}
        if run.chance.random() < 0.3:
            values["level"] = run.chance.choice("abcd")
        await device.mutates("party.edit_customer", id=row["id"], **values)


@action(2)
async def edit_memo(run: Run) -> None:
    """The company's own field: each key of `custom` merges by itself."""
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None:
        await device.mutates("party.edit_customer", id=row["id"], custom={run.stage.memo_key: run.next_token()})


@action(2.5)
async def edit_tags(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None and "tagIds" in row:
        tag, carried = str(run.chance.choice(run.stage.tags)), list(row["tagIds"])
        wanted = [t for t in carried if t != tag] if tag in carried else [*carried, tag]
        await device.mutates("party.edit_customer", id=row["id"], tag_ids=wanted, notes=run.next_token())


@action(2)
async def create_contact(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None:
        await device.mutates("party.create_contact", customer_id=row["id"], name=run.next_token())


@action(2)
async def edit_contact(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "contacts") if device is not None else None
    if device is not None and row is not None:
        await device.mutates("party.edit_contact", id=row["id"], notes=run.next_token())


@action(3)
async def log_activity(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None:
        await device.mutates(
            "crm.log_activity",
            customer_id=row["id"],
            channel=run.chance.choice(_CHANNELS),
            topic=run.next_token(),
            budget_minor=run.chance.randint(1, 10**6),
        )


@action(1)
async def archive_on_device(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers") if device is not None else None
    if device is not None and row is not None:
        await device.mutates("party.archive_customer", id=row["id"])


@action(1)
async def restore_on_device(run: Run) -> None:
    device = _device(run)
    row = _row(run, device, "customers", archived=True) if device is not None else None
    if device is not None and row is not None:
        await device.mutates("party.restore_customer", id=row["id"])


@action(2.5)
async def decide_inbox(run: Run) -> None:
    device = _device(run)
    entries = device.opened().inbox() if device is not None else []
    if device is not None and entries:
        entry = run.chance.choice(entries)
        await device.mutates(
            "tenants.resolve_inbox_entry",
            id=entry["id"],
            action=run.chance.choice(("mine", "mine", "theirs", "discard")),
        )


@action(2.5)
async def poison(run: Run) -> None:
    """A mutation that no server can apply. It may end in the inbox and nowhere else, and stop nothing."""
    device = _device(run)
    if device is None:
        return
    kind = run.chance.randrange(6)
    if kind == 0:
        await device.mutates("party.create_customer", name="")
    elif kind == 1:
        await device.mutates("party.create_customer", name=run.next_token(), level="z")
    elif kind == 2:
        await device.mutates("party.edit_customer", id="no id at all", notes=run.next_token())
    elif kind == 3:
        await device.mutates("party.edit_customer", id=str(run.ids.of_server()), notes=run.next_token())
    elif kind == 4:
        await device.mutates("crm.log_activity", customer_id=str(run.ids.of_server()), channel="phone", topic="x")
    else:
        await device.mutates("party.create_customer", name=7, phone={"not": ["a", "phone"]})
