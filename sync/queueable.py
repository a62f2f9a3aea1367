"""Which commands a device may queue."""

from __future__ import annotations

from kernel.command import Command, command_named
from sync.errors import CommandOnlineOnly, CommandUnknown
from values.errors import Words


def known(name: str) -> Command | None:
    """The command, if there is one of that name."""
    try:
        return command_named(name)
    except LookupError:
        return None


def queueable(name: str) -> Command:
    """A command that a device may queue. Raises CommandUnknown, CommandOnlineOnly.

    The inbox asks the same before it runs an entry again (`resolve_inbox_entry`).
    """
    command = known(name)
    if command is None or command.internal:
        raise CommandUnknown(field="command", command=name)
    if not command.offline:
        raise CommandOnlineOnly(field="command", command=Words(command.zh, command.en))
    return command
