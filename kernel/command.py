"""A command is the only way to change anything: a frozen typed input, a handler, a declaration."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from values.effects import Effect

if TYPE_CHECKING:
    from kernel.context import Context


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of command inputs. Fields that may be left out default to `msgspec.UNSET`, which differs from null."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Base of answers that are not an entity."""


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one row of a bulk command: applied, or refused with the refusal's wire form."""

    id: str
    applied: bool
    code: str | None = None
    message: str | None = None
    field: str | None = None
    remedy: str | None = None


class BulkResult(Result, frozen=True, kw_only=True):
    """One outcome per row, in the order asked."""

    rows: list[RowOutcome]


Handler = Callable[["Context", Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """A declared command. `permission` None: every signed-in member may (their own affairs only)."""

    name: str  # "party.create_customer"
    handler: Handler
    input_type: type[Input]
    result_type: Any
    permission: str | None
    module: str | None  # the module that the company must have; None: part of the platform
    zh: str
    en: str
    offline: bool = False  # a device may queue it
    on_read_only: bool = False  # works after the trial's end: subscribe, sign out, export
    pool: str = "app"
    merges: str | None = None  # entity whose fields merge three ways when the command comes from a device
    audited: bool = True
    api: bool = True  # a GraphQL mutation derives from it
    effect: Effect | None = None  # what it does to a device's rows at once; None: as its first word tells

    @property
    def function(self) -> str:
        """The name as the user says it: `create_customer`."""
        return self.name.rsplit(".", 1)[1]

    @property
    def internal(self) -> bool:
        """Neither a mutation nor for devices: only the product's own services and jobs run it, never a caller by name.

        Derived, not declared: what no door offers is closed.
        """
        return not (self.api or self.offline)


_COMMANDS: dict[str, Command] = {}


def command(
    *,
    zh: str,
    en: str,
    permission: str | None,
    module: str | None,
    offline: bool = False,
    on_read_only: bool = False,
    pool: str = "app",
    merges: str | None = None,
    api: bool = True,
    effect: Effect | None = None,
) -> Callable[[Handler], Handler]:
    """Declares the decorated `async def verb_noun(ctx, data: VerbNoun) -> Entity | Result` as a command.

    Its name is `<room>.<function>`, where room is the last package before `commands`.
    """

    def declare(handler: Handler) -> Handler:
        hints = typing.get_type_hints(handler)
        parameters = list(inspect.signature(handler).parameters)
        input_type = hints[parameters[1]]
        parts = handler.__module__.split(".")
        room = parts[parts.index("commands") - 1] if "commands" in parts else parts[0]
        name = f"{room}.{handler.__name__}"
        if name in _COMMANDS and _COMMANDS[name].handler is not handler:
            raise ValueError(f"two commands are called {name}")
        _COMMANDS[name] = Command(
            name=name,
            handler=handler,
            input_type=input_type,
            result_type=hints.get("return"),
            permission=permission,
            module=module,
            zh=zh,
            en=en,
            offline=offline,
            on_read_only=on_read_only,
            pool=pool,
            merges=merges,
            api=api,
            effect=effect,
        )
        return handler

    return declare


def commands() -> Iterator[Command]:
    """Every declared command, in name order."""
    yield from (found for _, found in sorted(_COMMANDS.items()))


def command_named(name: str) -> Command:
    """The command called `party.create_customer`. Raises LookupError."""
    try:
        return _COMMANDS[name]
    except KeyError:
        raise LookupError(name) from None


def declared(handler: Handler) -> Command:
    """The command that a handler was declared as."""
    return next(found for found in _COMMANDS.values() if found.handler is handler)
