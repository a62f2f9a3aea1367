"""Error reports to Sentry: where the code broke, and nothing about whom it broke for.

Local variables, request bodies, headers, SQL parameters, breadcrumbs and even the exception's own text stay here: a
text like "duplicate key (phone)=(138…)" names a person. The log, which does not leave the operator, has the same
request id.
"""

from __future__ import annotations

from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.types import Event, Hint

from infra.settings import Settings
from values.errors import Refusal

_KEPT_OF_FRAME = ("filename", "function", "module", "lineno", "in_app")
_KEPT_OF_EVENT = ("event_id", "timestamp", "platform", "level", "release", "environment", "sdk")
_TAGS = ("request", "command")


def configure(settings: Settings, *, release: str) -> None:
    """Reports to the DSN of the settings; without one nothing ever leaves."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        release=f"yunfan@{release}",
        environment=settings.environment,
        server_name="",
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=False,  # they look into requests, arguments and log lines
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        traces_sample_rate=0.0,
        before_send=_only_the_code,
        shutdown_timeout=2,
    )


def capture(wrong: BaseException) -> None:
    """Reports a defect. A refusal is an expected answer and is never reported."""
    if not isinstance(wrong, Refusal):
        sentry_sdk.capture_exception(wrong)


def flush() -> None:
    """Waits, two seconds at most, for reports that are under way."""
    sentry_sdk.flush(timeout=2)


def _only_the_code(event: Event, hint: Hint) -> Event | None:
    """Builds the report anew out of what is known to be harmless; whatever else an integration adds is not copied."""
    cause = (hint.get("exc_info") or (None, None, None))[1]
    if isinstance(cause, Refusal) or "exception" not in event:
        return None
    source: dict[str, Any] = dict(event)
    report: dict[str, Any] = {name: source[name] for name in _KEPT_OF_EVENT if name in source}
    report["exception"] = {"values": [_harmless(value) for value in source["exception"].get("values", ())]}
    bound = structlog.contextvars.get_contextvars()
    report["tags"] = {name: str(bound[name]) for name in _TAGS if name in bound}
    return report  # type: ignore[return-value]  # an Event is a dict with known keys


def _harmless(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {"frames": [{key: frame[key] for key in _KEPT_OF_FRAME if key in frame} for frame in frames]},
    }
