"""Logs: one JSON object a line, from structlog and from every library alike, without secrets or personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TextIO

import structlog

from server.recent import ERRORS
from tenants.identity.tokens import TOKEN_PATTERN

REMOVED = "[removed]"
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|recovery|totp|otp|dsn|(^|_)(phone|email|e_mail)$", re.I
)
_IN_TEXT = (
    (TOKEN_PATTERN, REMOVED),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", re.I), rf"\1 {REMOVED}"),
    (re.compile(r"(://[^/\s:@]*):[^@\s/]+@"), rf"\1:{REMOVED}@"),
    (re.compile(r"((?:password|secret|token)[\"']?\s*[=:]\s*)[\"']?[^\s,;\"'}]+", re.I), rf"\1{REMOVED}"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), REMOVED),
    (re.compile(r"(?<![\w.-])\+?(?:86)?1[3-9]\d{9}(?![\w-])"), REMOVED),
    (re.compile(r"(?<![\w.-])\+[1-9]\d{6,14}(?![\w-])"), REMOVED),
    # What PostgreSQL and SQLAlchemy quote of a row.
    (re.compile(r"^(\s*DETAIL:).*$", re.M), rf"\1 {REMOVED}"),
    (re.compile(r"^(\s*\[parameters:).*$", re.M), rf"\1 {REMOVED}"),
)
_SHORT = 64  # events, paths, codes: most of what a line says it has said before
_NOISY = ("alembic", "arq", "asyncio", "httpx", "httpcore", "_granian", "granian", "urllib3")


def configure(level: str, *, as_json: bool, stream: TextIO | None = None) -> None:
    """Sends structlog and the standard library's logging to `stream` (stdout; for people, stderr).

    `level`: a name like "INFO". `as_json` False is for a person at a terminal.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        ERRORS,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]
    rendered: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, scrub, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.processors.format_exc_info, scrub, structlog.dev.ConsoleRenderer(colors=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or (sys.stdout if as_json else sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_as_event, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(True)


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: what must not be written is taken out of every value, however deep."""
    return {key: REMOVED if _is_secret(key) and value else _clean(value) for key, value in event.items()}


def scrub_text(text: str) -> str:
    """The text without tokens, passwords in URLs, e-mail addresses, telephone numbers and quoted rows."""
    return _scrubbed_before(text) if len(text) <= _SHORT else _scrubbed(text)


def _scrubbed(text: str) -> str:
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


_scrubbed_before = lru_cache(maxsize=1_024)(_scrubbed)


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {
            key: REMOVED if isinstance(key, str) and _is_secret(key) and inner else _clean(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub_text(str(value))


def _name_as_event(logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's free text becomes the `message` of an event named after its logger."""
    record = event.get("_record")
    name = record.name if record is not None else getattr(logger, "name", "python")
    event["message"], event["event"] = event.get("event"), f"{name.strip('_').split('.')[0]}.message_logged"
    return event
