"""Orders and stock from devices: with lines, numbers out of leases, steps that others take at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.actions import action
from tests.simulation.upgrades import as_today

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tests.simulation.device import Device
    from tests.simulation.run import Run

SERIES = "sales.order"
_STEPS = ("sales.confirm_order", "sales.confirm_order", "sales.deliver_order", "sales.cancel_order")
_KINDS = {"receipt": 1, "issue": -1, "adjustment": 1}


def _device(run: Run) -> Device | None:
    return run.some_device(lambda d: d.known)


def row_of(run: Run, device: Device, collection: str, **equal: Any) -> dict[str, Any] | None:
    rows = device.rows(collection, **equal)
    return run.chance.choice(rows) if rows else None


def _line(run: Run) -> dict[str, Any]:
    line: dict[str, Any] = {
        "productId": str(run.chance.choice(run.stage.products)),
        "quantity": str(run.chance.randint(1, 9)),
    }
    if run.chance.random() < 0.5:
        line["unitPrice"] = f"{run.chance.randint(0, 99)}.{run.chance.randint(0, 999):03d}"
    return line


async def make_order(run: Run, device: Device, customer_id: str) -> str | None:
    """With a leased number, if the device has one."""
    values: dict[str, Any] = {"customer_id": customer_id, "notes": run.next_token()}
    values["lines"] = [_line(run) for _ in range(run.chance.randint(0, 3))]
    if run.chance.random() < 0.6 and (number := await take_number(run, device)) is not None:
        values["number"] = number
    return await device.mutates("sales.create_order", **values)


async def take_number(run: Run, device: Device) -> str | None:
    """A number that nobody was handed before; only a copy of a file, or a restored server, may hand one out twice."""
    if device.opened().device_id is None:
        return None
    number: str | None = await device.does("take a number", lambda replica: replica.next_number(SERIES))
    if number is not None:
        if number in run.handed_out and not (run.restores or device.split):
            run.fail("numbers", f"{device.name} was handed {number}, which {run.handed_out[number]} had")
        run.handed_out[number] = device.name
    return number


@action(5, meanwhile=True)
async def create_order(run: Run) -> None:
    device = _device(run)
    customer = row_of(run, device, "customers") if device is not None else None
    if device is not None and customer is not None:
        order = await make_order(run, device, customer["id"])
        if order is not None and run.chance.random() < 0.3:
            await device.mutates("sales.confirm_order", id=order)


@action(3)
async def edit_order(run: Run) -> None:
    device = _device(run)
    order = row_of(run, device, "salesOrders") if device is not None else None
    if device is not None and order is not None:
        await device.mutates("sales.edit_order", id=order["id"], notes=run.next_token())


@action(3)
async def change_lines(run: Run) -> None:
    """Another line, another quantity, a line less."""
    device = _device(run)
    order = row_of(run, device, "salesOrders") if device is not None else None
    if device is None or order is None:
        return
    line = row_of(run, device, "salesOrderLines", order_id=order["id"])
    kind = run.chance.randrange(3)
    if line is None or kind == 0:
        await device.mutates("sales.add_order_line", order_id=order["id"], **_line(run))
    elif kind == 1:
        await device.mutates("sales.edit_order_line", id=line["id"], quantity=str(run.chance.randint(1, 99)))
    else:
        await device.mutates("sales.remove_order_line", id=line["id"])


@action(3, meanwhile=True)
async def pack_line(run: Run) -> None:
    """Two who pack one line offline have packed the sum of it."""
    device = _device(run)
    line = row_of(run, device, "salesOrderLines") if device is not None else None
    if device is not None and line is not None:
        packed = int(float(line.get("packedQuantity") or 0)) + run.chance.randint(1, 3)
        await device.mutates("sales.edit_order_line", id=line["id"], packed_quantity=str(packed))


@action(5, meanwhile=True)
async def step_of_order(run: Run) -> None:
    device = _device(run)
    order = row_of(run, device, "salesOrders") if device is not None else None
    if device is not None and order is not None:
        command = run.chance.choice(_STEPS)
        more = {"warehouse_id": str(run.stage.warehouses[0])} if command == "sales.deliver_order" else {}
        await device.mutates(command, id=order["id"], **more)


@action(2.5, meanwhile=True)
async def step_of_order_online(run: Run) -> None:
    found = await run.ground.fetch(
        "SELECT id FROM app.sales_order WHERE tenant_id = %s ORDER BY id", run.company.tenant_id
    )
    if found:
        command = run.chance.choice(_STEPS)
        more = {"warehouse_id": run.stage.warehouses[0]} if command == "sales.deliver_order" else {}
        await run.online("lin", command, id=run.chance.choice(found)["id"], **more)


@action(4, meanwhile=True)
async def move_stock(run: Run) -> None:
    device = run.some_device(lambda d: d.known and d.who in ("lin", "admin")) or _device(run)
    if device is not None:
        kind = run.chance.choice(sorted(_KINDS))
        await device.mutates(
            "inventory.record_stock_move",
            product_id=str(run.chance.choice(run.stage.products)),
            warehouse_id=str(run.chance.choice(run.stage.warehouses)),
            quantity=str(_KINDS[kind] * run.chance.randint(1, 20)),
            kind=kind,
        )


@action(2)
async def count_stock(run: Run) -> None:
    """One keeper, or both at once, so that they do not know of each other."""
    keepers = [d for d in run.devices if d.usable and d.known and d.who in ("lin", "admin")]
    if not keepers:
        return
    warehouse = str(run.chance.choice(run.stage.warehouses))
    products = run.chance.sample(run.stage.products, run.chance.randint(1, len(run.stage.products)))
    for device in keepers if run.chance.random() < 0.5 else [run.chance.choice(keepers)]:
        await _count(run, device, warehouse, products)


async def _count(run: Run, device: Device, warehouse: str, products: Sequence[UUID]) -> None:
    balances = {b["productId"]: b for b in device.rows("stockBalances", warehouse_id=warehouse)}
    lines = []
    for product in products:
        shown = balances.get(str(product), {"onHand": "0"})
        line = {"productId": str(product), "counted": str(run.chance.randint(0, 30)), "expected": shown["onHand"]}
        lines.append(line | {"id": str(run.ids.of_device()), "after": shown.get("lastCountLineId")})
    await device.mutates("inventory.post_stock_count", id=str(run.ids.of_device()), warehouse_id=warehouse, lines=lines)


@action(3)
async def lease_numbers(run: Run) -> None:
    device = _device(run)
    if device is not None and device.opened().device_id is not None:
        await device.does("lease", lambda replica: replica.lease(SERIES, run.chance.randint(1, 4)))


@action(1)
async def number_is_spoilt(run: Run) -> None:
    """It was taken, and its form was torn up when the app ended."""
    device = _device(run)
    if device is not None and await take_number(run, device) is not None:
        device.shut()


@action(2.5)
async def refused_customer(run: Run) -> None:
    """A creation that goes to the inbox, and edits that name its row: they wait for it."""
    device = _device(run)
    if device is None:
        return
    customer = await device.mutates("party.create_customer", name=run.next_token(), level="z")
    if customer is None:
        return
    await device.mutates("party.create_contact", customer_id=customer, name=run.next_token())
    order = await make_order(run, device, customer)
    if order is not None and run.chance.random() < 0.5:
        await device.mutates("sales.edit_order", id=order, notes=run.next_token())
    await device.mutates("party.edit_customer", id=customer, address=run.next_token())


@action(2.5, meanwhile=True)
async def mend_creation(run: Run) -> None:
    """Somebody puts a refused creation right: what waits for it runs."""
    device = _device(run)
    if device is not None:
        await mend(run, device, discard=False)


async def mend(run: Run, device: Device, *, discard: bool) -> bool:
    for entry in device.opened().inbox():
        arguments = as_today(entry.get("arguments") or {})
        wrong = entry["command"] == "party.create_customer" and arguments.get("level") == "z"
        if entry["state"] == "open" and wrong and entry["ownerId"] == str(run.company.people[device.who]):
            if discard:
                await device.mutates("tenants.resolve_inbox_entry", id=entry["id"], action="discard")
            else:
                run.mended.add(entry["id"])
                await device.mutates(
                    "tenants.resolve_inbox_entry", id=entry["id"], action="mine", arguments={**arguments, "level": "b"}
                )
            return True
    return False


@action(1)
async def attach_file(run: Run) -> None:
    device = _device(run)
    customer = row_of(run, device, "customers") if device is not None else None
    if device is not None and customer is not None:
        source = run.folder / f"附件{len(device.entries)}.txt"
        source.write_text(f"{source.name} {'内容' * run.chance.randrange(50)}")
        await device.does(
            "attach", lambda replica: replica.attach(source, entity="party.Customer", row_id=customer["id"])
        )
