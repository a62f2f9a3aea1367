"""A mutation of an app of another version, said in the present one, and its outcome said back."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from sqlalchemy import select

from kernel.db import TenantSession
from sync import versions
from sync.conversion import Stuck, newer, newer_fields, older_command, older_field
from sync.errors import CommandRetired, MadeByOlderApp, ServerTooOld
from sync.steps import Call
from sync.wire import Mutation, MutationOutcome
from tenants.device_entities import InboxEntry
from tenants.mutation_input import row_id_of
from tenants.parking import RESOLVE
from values.errors import Refusal


def made_under(mutation: Mutation, version: int) -> int:
    """The version of the app that made it; `version`: of the app that sends it."""
    return mutation.schema_version if mutation.schema_version is not None else version


def refuse_newer(mutation: Mutation, version: int) -> None:
    """Raises ServerTooOld for what an app made that is newer than this server. Even where the names are known its
    values may mean something else by now, so none of it is tried: it waits on the device."""
    if made_under(mutation, version) > versions.current():
        raise ServerTooOld(field="schemaVersion")


def in_present_words(mutation: Mutation, version: int) -> tuple[Mutation, Refusal | None]:
    """The mutation as the present version says it; or as much of it as can be said, and the reason for the inbox."""
    try:
        call = newer(_call(mutation), made_under(mutation, version))
    except Stuck as stuck:
        return _with(mutation, stuck.reached), _reason(stuck)
    return _with(mutation, call), None


async def with_decision(session: TenantSession, mutation: Mutation, version: int) -> tuple[Mutation, Refusal | None]:
    """A decision about an inbox entry (in present words) names fields and arguments as the older app says them."""
    made, entry_id = made_under(mutation, version), row_id_of(mutation.arguments.get("id"))
    found = select(InboxEntry.command).where(InboxEntry.tenant_id == session.tenant_id, InboxEntry.id == entry_id)
    kept = await session.scalar(found)
    said = older_command(kept, made) if kept is not None else None
    if said is None:
        return mutation, None
    arguments = dict(mutation.arguments)
    try:
        if isinstance(arguments.get("fields"), list):
            arguments["fields"] = newer_fields(said, [str(name) for name in arguments["fields"]], made)
        if isinstance(arguments.get("arguments"), dict):
            arguments["arguments"] = newer(Call(said, arguments["arguments"], {}, {}), made).arguments
    except Stuck as stuck:
        return mutation, _reason(stuck)
    return structs.replace(mutation, arguments=arguments), None


def decides(mutation: Mutation, version: int) -> bool:
    """Whether `with_decision` has anything to say anew."""
    old = made_under(mutation, version) < versions.current()
    return old and mutation.command == RESOLVE and bool({"fields", "arguments"} & mutation.arguments.keys())


def in_words_of(outcome: MutationOutcome, mutation: Mutation, version: int) -> MutationOutcome:
    """The outcome for an app of the version: the field that an error names is the one of its form."""
    if outcome.error is None or outcome.error.field is None or version >= versions.current():
        return outcome
    present, _ = in_present_words(mutation, version)
    field = older_field(present.command, outcome.error.field, version)
    return structs.replace(outcome, error=structs.replace(outcome.error, field=field))


def _call(mutation: Mutation) -> Call:
    return Call(mutation.command, mutation.arguments, mutation.base, mutation.server_base)


def _with(mutation: Mutation, call: Call) -> Mutation:
    said: dict[str, Any] = {
        "command": call.command,
        "arguments": call.arguments,
        "base": call.base,
        "server_base": call.server_base,
    }
    return structs.replace(mutation, **said)


def _reason(stuck: Stuck) -> Refusal:
    reason = stuck.reason
    if reason.retired is not None:
        return CommandRetired(field="command", why=reason.why, instead=reason.retired.remedy)
    return MadeByOlderApp(field=reason.field, why=reason.why)
