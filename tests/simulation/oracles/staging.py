"""What a pull has not completed shows nowhere: a file's rows change in the transaction that ends a pull."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("file")
def pages_are_not_shown_early(
    run: Run, device: Device, before: dict[str, Any], may_have_changed: bool, pushed: bool
) -> None:
    if not may_have_changed and device.base != before:
        run.fail("staging", f"the rows of {device.name} changed although no pull was completed")
