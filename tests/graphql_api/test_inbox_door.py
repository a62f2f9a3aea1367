"""The inbox online: read and decided through the API as on a device."""

from __future__ import annotations

from uuid import uuid4

from sync.service import SyncService
from sync.wire import Mutation, PushRequest, RegisterRequest
from tests.graphql_api.conftest import Api
from tests.world import World
from values.ids import new_id

INBOX = """query { inbox(filter: {state: {in: ["open", "parked"]}}) { nodes {
  id state code whatZh whatEn messageZh remedyZh arguments differences fieldFacts waitsFor madeAt
  deviceName device { name } owner { name } resolvedAt } } }"""
RESOLVE = "mutation ($input: ResolveInboxEntryInput!) { resolveInboxEntry(input: $input) { id state } }"


async def _refused_customer(world: World, who: str = "li") -> None:
    company, service = world.yunfan, SyncService(world.yunfan.app.engine)
    actor, device, customer = await company.actor(who), new_id(), str(new_id())
    await service.register(actor, RegisterRequest(device_id=device, name="仓库平板", platform="android"))
    sent = [
        ("party.create_customer", {"id": customer, "name": "青山", "phone": "abc"}),
        ("party.create_contact", {"customerId": customer, "name": "老王"}),
    ]
    now = company.app.engine.clock.now()
    mutations = [
        Mutation(n=n, uuid=uuid4(), command=command, arguments=arguments, made_at=now)
        for n, (command, arguments) in enumerate(sent, 1)
    ]
    await service.push(actor, PushRequest(device_id=device, mutations=mutations))


async def test_nobody_reads_or_decides_what_is_not_theirs(api: Api, world: World) -> None:
    await _refused_customer(world)
    assert await api.code(None, "", INBOX) == "NOT_SIGNED_IN"
    assert (await api.data(world.seagull, "qian", INBOX))["inbox"]["nodes"] == []
    assert (await api.data(world.yunfan, "zhao", INBOX))["inbox"]["nodes"] == []
    [entry, _] = (await api.data(world.yunfan, "li", INBOX))["inbox"]["nodes"]
    for company, who in ((world.seagull, "qian"), (world.yunfan, "zhao")):
        asked = {"id": entry["id"], "action": "discard"}
        assert await api.code(company, who, RESOLVE, input=asked) == "NOT_FOUND"


async def test_a_manager_mends_what_was_refused_and_sees_what_followed(api: Api, world: World) -> None:
    await _refused_customer(world)
    found = (await api.data(world.yunfan, "wang", INBOX))["inbox"]["nodes"]
    first, second = sorted(found, key=lambda entry: entry["state"])
    assert (first["whatZh"], first["whatEn"], first["code"]) == (
        "新建客户 青山",
        "Create customer 青山",
        "PHONE_INVALID",
    )
    # Whose device it was a manager reads in the entry: the device itself is its member's and the administrator's.
    assert (first["owner"]["name"], first["device"], first["deviceName"]) == ("小李", None, "仓库平板")
    assert (second["state"], second["waitsFor"]) == ("parked", [first["id"]])
    asked = {"id": first["id"], "action": "mine", "arguments": {"name": "青山", "phone": "95588"}}
    done = await api.data(world.yunfan, "wang", RESOLVE, input=asked)
    assert done["resolveInboxEntry"]["state"] == "taken"
    assert (
        await api.code(world.yunfan, "li", RESOLVE, input={"id": first["id"], "action": "discard"}) == "ALREADY_DECIDED"
    )
    still = await api.data(world.yunfan, "li", INBOX)
    assert [entry["id"] for entry in still["inbox"]["nodes"]] == [second["id"]]
