"""A sign-out reaches a long import: the batch under way ends, no other begins, and the report says so."""

from __future__ import annotations

import base64
from typing import Any

from tests.graphql_api.conftest import Api, Badge, Doorman
from tests.world import World
from values.errors import NotSignedIn

IMPORT = "mutation($file: FileInput!) { importCustomers(file: $file) { rows created bad problems { code row } } }"


async def test_a_signed_out_importer_writes_no_further_batch(
    api: Api, doorman: Doorman, world: World, monkeypatch: Any
) -> None:
    look, asked = doorman.authenticate, 0

    async def until_the_third_batch(token: str, *, address: str | None, request_id: str | None) -> Badge:
        nonlocal asked
        asked += 1
        if asked == 4:  # the request itself, then each batch
            doorman.badges.clear()
        return await look(token, address=address, request_id=request_id)

    monkeypatch.setattr(doorman, "authenticate", until_the_third_batch)
    text = "客户名称\n" + "".join(f"客户{number}\n" for number in range(3500))
    file = {"name": "客户.csv", "contentBase64": base64.b64encode(text.encode()).decode()}
    report = (await api.data(world.yunfan, "lin", IMPORT, file=file))["importCustomers"]
    assert (report["rows"], report["created"], report["bad"]) == (3500, 2000, 1500)
    assert {problem["code"] for problem in report["problems"]} == {NotSignedIn.code}
    monkeypatch.undo()
    assert (await Api(api.client, doorman).data(world.yunfan, "admin", "{ customers { totalCount } }"))["customers"][
        "totalCount"
    ] == 2000
