"""The version of the sync schema, and how each version came out of the one before.

The schema is what a device must know to read rows and to say commands: names, fields, types, commands, arguments. An
app is built for one version and may meet a server of another. To change the schema: append a `Step` with the changes,
let `yunfan schema` write `vectors/schema.json` anew, and raise `SCHEMA_VERSION` in `client/about.py`;
`tests/contracts/test_schema_versions.py` fails until that is done.

Steps convert what devices send and are sent. Entries that lie unresolved in the inbox when a server goes on to a step
stand in the words of their day: a step that says commands anew has to name the job that rewrites them, or the same test
fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.errors import AppTooOld, ServerTooOld
from sync.steps import Change

WINDOW = 5  # versions back that are still sent rows
UNSAID = 1  # what a device that names no version was built for
RELEASED = 0  # the newest version that apps were shipped for; what it looks like may not change any more


@dataclass(frozen=True, eq=False)
class Step:
    """From version `to` - 1 to `to`. A change sees what those before it in the list have made.

    `rewritten_by`: the job that says unresolved inbox entries in the words of `to`: an `async def` of one company, as
    `module:function`. Left out by a step under which no kept command reads otherwise.
    """

    to: int
    changes: tuple[Change, ...]
    rewritten_by: str | None = None


# In order, without gaps. The oldest may be cut off: edits of versions before them then go to the inbox.
HISTORY: tuple[Step, ...] = ()

# Changes of a released version that no device has to know of: the shape's hash, and why no step is needed.
NOTED: dict[str, str] = {}


def current() -> int:
    return HISTORY[-1].to if HISTORY else UNSAID


def oldest() -> int:
    """The oldest version from which there are steps to the present one."""
    return HISTORY[0].to - 1 if HISTORY else UNSAID


def readable(version: int) -> int:
    """The version in which a device is sent rows. Raises AppTooOld, ServerTooOld (the server was rolled back)."""
    if version > current():
        raise ServerTooOld(field="schemaVersion")
    if version < max(current() - WINDOW, oldest()):
        raise AppTooOld(field="schemaVersion", version=str(version), oldest=str(max(current() - WINDOW, oldest())))
    return version


def describable(version: int) -> int:
    """The version in which a device is told what it may say; of one beyond all steps the oldest that we know.

    Raises ServerTooOld.
    """
    if version > current():
        raise ServerTooOld(field="schemaVersion")
    return max(version, oldest())
