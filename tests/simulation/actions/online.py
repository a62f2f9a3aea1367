"""What members do on screens meanwhile: each a command through the executor, with the rights they have."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from kernel.command import command_named
from kernel.policy import Actor, Authority
from tests.simulation.actions import action
from tests.simulation.stage import edit_rival, write_pair, write_tag_pair

if TYPE_CHECKING:
    from tests.simulation.run import Run

_EDITORS = ("li", "zhao", "wang", "lin", "admin")


def _customer(run: Run) -> UUID:
    pairs = [pair.customer for pair in run.stage.pairs]
    return run.chance.choice([*run.customers, *pairs])


@action(3, meanwhile=True)
async def create_customer_online(run: Run) -> None:
    made = await run.online(
        run.chance.choice(_EDITORS), "party.create_customer", name=run.next_token(), level="b", phone=_phone(run)
    )
    if made is not None:
        run.customers.append(made.row_id)


@action(7, meanwhile=True)
async def edit_customer_online(run: Run) -> None:
    values = {name: run.next_token() for name in run.chance.sample(("notes", "address", "region", "website"), 2)}
    if run.chance.random() < 0.3:
        values["phone"] = _phone(run)
    await run.online(run.chance.choice(_EDITORS), "party.edit_customer", id=_customer(run), **values)


@action(1.5, meanwhile=True)
async def edit_tags_online(run: Run) -> None:
    wanted = run.chance.sample(run.stage.tags, run.chance.randint(0, len(run.stage.tags)))
    await run.online("lin", "party.edit_customer", id=_customer(run), tag_ids=wanted)


@action(1.5, meanwhile=True)
async def create_contact_online(run: Run) -> None:
    made = await run.online("lin", "party.create_contact", customer_id=_customer(run), name=run.next_token())
    if made is not None:
        run.contacts.append(made.row_id)


@action(1.5, meanwhile=True)
async def log_activity_online(run: Run) -> None:
    await run.online("lin", "crm.log_activity", customer_id=_customer(run), channel="phone", topic=run.next_token())


@action(4, meanwhile=True)
async def reassign_customer(run: Run) -> None:
    owner = run.company.people[run.chance.choice(("li", "zhao", "wang", "lin"))]
    await run.online(run.chance.choice(("lin", "admin")), "party.assign_customer", id=_customer(run), owner_id=owner)


@action(2, meanwhile=True)
async def archive_online(run: Run) -> None:
    await run.online("lin", "party.archive_customer", id=_customer(run))


@action(2, meanwhile=True)
async def restore_online(run: Run) -> None:
    await run.online("lin", "party.restore_customer", id=_customer(run))


@action(6, meanwhile=True)
async def write_both_of_a_pair(run: Run) -> None:
    await write_pair(run)


@action(3, meanwhile=True)
async def write_both_tags(run: Run) -> None:
    await write_tag_pair(run)


@action(2, meanwhile=True)
async def rival_works(run: Run) -> None:
    await edit_rival(run)


@action(1.5, meanwhile=True)
async def make_or_drop_role(run: Run) -> None:
    """A role that nobody holds comes and goes: whoever may see roles gets it, then its tombstone."""
    if run.stage.roles[1:]:
        role = run.stage.roles.pop(run.chance.randrange(1, len(run.stage.roles)))
        await run.online("admin", "tenants.delete_role", id=role)
        return
    made = await run.online("admin", "tenants.create_role", name=run.next_token(), permissions=[], masks=[])
    if made is not None:
        run.stage.roles.append(made.row_id)


@action(0.6, meanwhile=True)
async def archive_tag(run: Run) -> None:
    tag = run.chance.choice(run.stage.tags)
    await run.online("admin", run.chance.choice(("tenants.archive_tag", "tenants.restore_tag")), id=tag)


@action(0.4, rare=True)
async def erase_customer(run: Run) -> None:
    row = run.chance.choice(run.customers)
    if await run.online("admin", "party.erase_customer", id=row) is not None:
        run.erased.add(str(row))
        found = await run.ground.fetch("SELECT id FROM app.contact WHERE customer_id = %s", row)
        run.erased |= {str(contact["id"]) for contact in found}
        orders = await run.ground.fetch("SELECT id FROM app.sales_order WHERE customer_id = %s", row)
        run.blanked |= {str(order["id"]) for order in orders}


@action(0.8, rare=True)
async def empty_bin(run: Run) -> None:
    command = command_named("party.empty_recycle_bin")
    actor = Actor(run.company.tenant_id, None, Authority())
    outcome = await run.company.app.engine.executor.run_internal(actor, command, command.input_type())
    run.tell(f"  emptied: {outcome.result}")


def _phone(run: Run) -> str:
    return f"138{run.chance.randrange(10**8):08d}"
