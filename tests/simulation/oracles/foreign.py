"""Not a byte of another company: the rival's mark stands in all its texts, and may be in no answer and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.oracles import oracle
from tests.simulation.stage import RIVAL

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.network import Answer
    from tests.simulation.run import Run

_SPELLINGS = (RIVAL.encode(), RIVAL.encode("unicode_escape"))


@oracle("answer")
def no_answer_tells_of_the_rival(run: Run, device: Device, answer: Answer) -> None:
    if any(mark in answer.body for mark in (*_SPELLINGS, str(run.world.seagull.tenant_id).encode())):
        run.fail("foreign", f"an answer to {device.name} holds what is the rival's")


@oracle("end")
async def no_file_holds_what_is_the_rivals(run: Run) -> None:
    for file in sorted(run.folder.iterdir()):
        content = file.read_bytes()
        if any(mark in content for mark in _SPELLINGS):
            run.fail("foreign", f"{file.name} holds what is the rival's")
