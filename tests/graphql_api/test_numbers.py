"""Document numbers in the API: series, what became of each number, leases, and the proof that no gap is unexplained."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from server.operations import numbers_of
from tests.directory import list_in_directory
from tests.graphql_api.conftest import Api
from tests.tenants.numbered import KEY, add_device, evidence, lease, numbered, run_on, td, use
from tests.world import World

EVIDENCE = """query($s: String) { numberEvidence(series: $s) {
  key prefix last used voided outstanding unexplained
  leases { deviceId used voided outstanding closedReason } gaps { first last why reason }
} }"""
LEASE = "mutation($i: LeaseNumbersInput!) { leaseNumbers(input: $i) { id seriesKey prefix first last closedAt } }"


@pytest.fixture(autouse=True)
def series() -> Iterator[None]:
    with numbered():
        yield


@pytest.mark.parametrize("asked", [EVIDENCE, "{ documentNumbers { totalCount } }", "{ numberSeries { totalCount } }"])
async def test_only_who_may_see_all_numbers_reads_them(api: Api, world: World, asked: str) -> None:
    assert await api.code(None, "", asked) == "NOT_SIGNED_IN"
    for who in ("li", "wang"):
        assert await api.code(world.yunfan, who, asked) == "PERMISSION_DENIED"
    for who in ("admin", "lin", "zhou"):
        await api.data(world.yunfan, who, asked)


async def test_an_auditor_leases_nothing_and_a_colleagues_device_is_unknown(api: Api, world: World) -> None:
    device = str(await add_device(world.yunfan, "li"))
    asked = {"series": KEY, "deviceId": device}
    assert await api.code(world.yunfan, "zhou", LEASE, i=asked) == "PERMISSION_DENIED"
    assert await api.code(world.yunfan, "zhao", LEASE, i=asked) == "NOT_FOUND"
    assert await api.code(world.seagull, "qian", LEASE, i=asked) == "NOT_FOUND"
    assert await api.code(world.yunfan, "li", LEASE, i={**asked, "count": 501}) == "INVALID_INPUT"


async def test_the_evidence_tells_every_number_of_the_company_alone(api: Api, world: World) -> None:
    company = world.yunfan
    device = await add_device(company, "li")
    leased = (await api.data(company, "li", LEASE, i={"series": KEY, "deviceId": str(device), "count": 6}))[
        "leaseNumbers"
    ]
    assert (leased["prefix"], leased["first"], leased["last"], leased["closedAt"]) == ("TD", 1, 6, None)
    await use(company, "li", device, td(2))
    await use(company, "li", device, None)
    await run_on(company, "li", device, "tenants.void_number", series=KEY, number=td(4), reason="填错")
    [told] = (await api.data(company, "lin", EVIDENCE, s=KEY))["numberEvidence"]
    assert {name: told[name] for name in ("last", "used", "voided", "outstanding", "unexplained")} == {
        "last": 7,
        "used": 2,
        "voided": 1,
        "outstanding": 4,
        "unexplained": 0,
    }
    assert told["leases"] == [{"deviceId": str(device), "used": 1, "voided": 1, "outstanding": 4, "closedReason": None}]
    assert [(gap["first"], gap["last"], gap["why"], gap["reason"]) for gap in told["gaps"]] == [
        (1, 1, "outstanding", None),
        (3, 3, "outstanding", None),
        (4, 4, "spoiled", "填错"),
        (5, 6, "outstanding", None),
    ]
    assert (await api.data(world.seagull, "admin", EVIDENCE))["numberEvidence"] == []
    listed = await api.data(
        company,
        "admin",
        '{ documentNumbers(filter: {state: {eq: "voided"}}) { nodes { number reason lease { seriesKey } } }'
        " numberSeries { nodes { key nextValue } } numberLeases { nodes { first last device { name } } } }",
    )
    assert listed["documentNumbers"]["nodes"] == [{"number": td(4), "reason": "填错", "lease": {"seriesKey": KEY}}]
    assert listed["numberSeries"]["nodes"] == [{"key": KEY, "nextValue": 8}]
    assert listed["numberLeases"]["nodes"] == [{"first": 1, "last": 6, "device": {"name": "手机"}}]


async def test_a_number_that_somebody_removed_is_seen(api: Api, world: World, services, app) -> None:
    """And told to the operator as well, who asks for the company by name."""
    company = world.yunfan
    found = await lease(company, "li", await add_device(company, "li"), 4)
    await use(company, "li", found.device_id, td(2))
    await run_on(company, "admin", None, "tenants.close_lease", id=found.id)
    for _ in range(2):
        await use(company, "li", None, None)
    assert (await evidence(company)).unexplained == 0
    with psycopg.connect(services.urls.admin) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "DELETE FROM app.document_number WHERE tenant_id = %s AND value IN (2, 3, 6)", [company.tenant_id]
        )
    [told] = (await api.data(company, "admin", EVIDENCE))["numberEvidence"]
    assert told["unexplained"] == 3
    assert [(g["first"], g["last"]) for g in told["gaps"] if g["why"] == "unexplained"] == [(2, 3), (6, 6)]
    await list_in_directory(app, company.tenant_id)
    name, [seen] = await numbers_of(app, str(company.tenant_id))
    assert (name, seen.unexplained) == ("云帆贸易", 3)
