"""Reads are monotonic: inside one epoch no completed pull shows an older version of a row than an earlier one did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.oracles import oracle
from tests.simulation.oracles.pairs import pairs_of

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("pull")
async def nothing_goes_back(run: Run, device: Device, fresh: bool) -> None:
    for collection, rows in device.base.items():
        for row_id, row in rows.items():
            seen = device.versions.get((collection, row_id), 0)
            if row["version"] < seen:
                run.fail(
                    "monotonic", f"{device.name} {collection} {row_id} went from version {seen} to {row['version']}"
                )
            device.versions[collection, row_id] = row["version"]
    for name, markers in pairs_of(run, device.base).items():
        for marker in markers:
            if int(marker) < device.markers.get(name, 0):
                run.fail("monotonic", f"{device.name} {name} went back from {device.markers[name]} to {marker}")
            device.markers[name] = int(marker)
