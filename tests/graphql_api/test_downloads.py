"""A download link: used up by one use, also of another process, and kept by a refusal that passes."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar

from exchange.export_turns import ExportTurns
from graphql_api.downloads import attached_as, download_route
from server.parts import Application
from tests.graphql_api.conftest import Api, Doorman, calling
from tests.world import World
from values.ids import new_id

EXPORT = "mutation($e: String) { exportData(entity: $e) { path } }"


@pytest.mark.parametrize("entity", ["customers", None])
async def test_a_link_is_used_up(api: Api, world: World, app: Application, doorman: Doorman, entity: Any) -> None:
    path = (await api.data(world.yunfan, "admin", EXPORT, e=entity))["exportData"]["path"]
    assert (await api.client.get(path)).status_code == 200
    again = await api.client.get(path)
    assert (again.status_code, again.json()["extensions"]["code"]) == (404, "DOWNLOAD_EXPIRED")
    async with calling(Litestar([download_route(app.engine, doorman)], openapi_config=None)) as other_process:
        assert (await other_process.get(path)).status_code == 404
    fresh = (await api.data(world.yunfan, "admin", EXPORT, e=entity))["exportData"]["path"]
    assert (await api.client.get(fresh)).status_code == 200


async def test_busy_leaves_the_link_as_it_is(api: Api, world: World, app: Application, doorman: Doorman) -> None:
    path = (await api.data(world.yunfan, "admin", EXPORT, e="customers"))["exportData"]["path"]
    turns = ExportTurns(at_once=1, wait_seconds=0.05)
    async with calling(Litestar([download_route(app.engine, doorman, turns)], openapi_config=None)) as client:
        async with turns.turn(new_id()):
            refused = await client.get(path)
        assert (refused.status_code, refused.json()["extensions"]["code"]) == (503, "BUSY")
        async with turns.turn(world.yunfan.admin_id):
            assert (await client.get(path)).status_code == 503
        assert (await client.get(path)).status_code == 200


def test_a_file_is_named_for_every_program() -> None:
    assert attached_as("客户 1.csv") == "attachment; filename=\"___1.csv\"; filename*=UTF-8''%E5%AE%A2%E6%88%B7%201.csv"
    assert attached_as('a"b\r\nx.zip').startswith('attachment; filename="a_b__x.zip"; ')
