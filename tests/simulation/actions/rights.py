"""Who may see what changes: scopes, roles, masks, departments, people who leave and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.actions import action

if TYPE_CHECKING:
    from tests.simulation.run import Run

_MEMBERS = ("li", "zhao", "wang", "lin", "zhou")
_SCOPES = ("own", "department", "subtree", "all")
_MASKS = (
    "party.Customer.phone",
    "party.Customer.custom",
    "party.Customer.email",
    "party.Contact.mobile",
)
_LOSABLE = ("party.contact.view", "crm.activity.view", "party.customer.edit", "tenants.tag.view", "tenants.role.view")


@action(3, meanwhile=True)
async def change_scope(run: Run) -> None:
    held = await _assignments(run, _somebody(run))
    if held:
        row = run.chance.choice(held)
        await run.online("admin", "tenants.set_scope", id=row["id"], scope=run.chance.choice(_SCOPES))


@action(1.5, meanwhile=True)
async def give_role(run: Run) -> None:
    who, role = _somebody(run), run.stage.roles[0]
    await run.online(
        "admin",
        "tenants.assign_role",
        member_id=run.company.people[who],
        role_id=role,
        scope=run.chance.choice(_SCOPES),
    )


@action(1, meanwhile=True)
async def take_role(run: Run) -> None:
    held = await _assignments(run, _somebody(run))
    if len(held) > 1:
        await run.online("admin", "tenants.unassign_role", id=run.chance.choice(held)["id"])


@action(2, meanwhile=True)
async def change_masks(run: Run) -> None:
    role = await _role(run)
    wanted = run.chance.sample(_MASKS, run.chance.randint(0, 2))
    await run.online("admin", "tenants.edit_role", id=role["id"], masks=wanted)


@action(1, meanwhile=True)
async def change_permissions(run: Run) -> None:
    role = await _role(run)
    permission = run.chance.choice(_LOSABLE)
    wanted = set(role["permissions"]) ^ {permission}
    await run.online("admin", "tenants.edit_role", id=role["id"], permissions=sorted(wanted))


@action(2, meanwhile=True)
async def move_member(run: Run) -> None:
    who = run.chance.choice(("li", "zhao", "wang"))
    department = run.company.departments[run.chance.choice(sorted(run.company.departments))]
    await run.online("admin", "tenants.move_member", id=run.company.people[who], department_id=department)


@action(0.7, rare=True)
async def member_leaves(run: Run) -> None:
    await run.online("admin", "tenants.deactivate_member", id=run.company.people[run.chance.choice(("li", "zhao"))])


@action(1, rare=True)
async def member_returns(run: Run) -> None:
    await run.online("admin", "tenants.reactivate_member", id=run.company.people[run.chance.choice(("li", "zhao"))])


@action(0.2, rare=True)
async def revoke_device(run: Run) -> None:
    device = run.some_device(lambda d: d.known and len(run.devices) > 2)
    if device is not None:
        found = await run.ground.fetch(
            "SELECT id FROM app.device WHERE tenant_id = %s AND name = %s", run.company.tenant_id, device.name
        )
        if found:
            run.revoked.add(str(found[0]["id"]))
            await run.online("admin", "tenants.revoke_device", id=found[0]["id"])


def _somebody(run: Run) -> str:
    """Mostly one who has a device: there it shows."""
    owners = [device.who for device in run.devices if device.who != "admin"]
    return run.chance.choice(owners if owners and run.chance.random() < 0.8 else _MEMBERS)


async def bring_everybody_back(run: Run) -> None:
    left = await run.ground.fetch(
        "SELECT id FROM app.member WHERE tenant_id = %s AND deactivated_at IS NOT NULL ORDER BY id",
        run.company.tenant_id,
    )
    for row in left:
        await run.online("admin", "tenants.reactivate_member", id=row["id"])


async def _assignments(run: Run, who: str) -> list[dict[str, Any]]:
    return await run.ground.fetch(
        "SELECT id, scope FROM app.role_assignment WHERE tenant_id = %s AND member_id = %s ORDER BY id",
        run.company.tenant_id,
        run.company.people[who],
    )


async def _role(run: Run) -> dict[str, Any]:
    """Any role but the administrator's."""
    found = await run.ground.fetch(
        "SELECT id, permissions FROM app.role WHERE tenant_id = %s AND key IS DISTINCT FROM 'admin' ORDER BY id",
        run.company.tenant_id,
    )
    return run.chance.choice(found)
