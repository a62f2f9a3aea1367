"""Numbers that a restored server asks for and the device has no more: told to people, and passed over."""

from __future__ import annotations

from uuid import uuid5

from kernel.command import declared
from sync.errors import EditsGone
from sync.numbered import Numbered
from tenants.commands.file_inbox_entry import FileInboxEntry, file_inbox_entry, reason_of
from tenants.device_entities import Device
from tenants.parking import EDITS_GONE


async def file_gone(numbered: Numbered, device: Device, upto: int) -> int:
    """Files one entry about the numbers behind the device's last up to `upto`, and goes on there: it stops no outbox.

    Returns the number at which the device stands now.
    """
    first = device.last_mutation + 1
    told = EditsGone(device=device.name, first=first, last=upto, count=upto - first + 1)
    entry = FileInboxEntry(
        mutation_id=uuid5(device.id, f"{first}-{upto}"),
        device_id=device.id,
        command=EDITS_GONE,
        entity=None,
        row_id=None,
        state="open",
        arguments={"first": first, "last": upto},
        differences=[],
        made_at=numbered.engine.clock.now(),
        **reason_of(told),
    )

    call = numbered.in_turn(first, f"gone:{device.id}:{first}-{upto}", to=upto)
    await numbered.engine.executor.run_internal(numbered.actor, declared(file_inbox_entry), entry, call)
    return upto
