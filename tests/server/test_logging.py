"""Nothing secret or personal reaches a log line, wherever it hides."""

from __future__ import annotations

import io
import json
import logging as stdlib_logging
from collections.abc import Iterator

import pytest
import structlog

from server import logging
from tenants.identity.tokens import SESSION, new_token

TOKEN = new_token(SESSION)[0]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, config = stdlib_logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    levels = {name: stdlib_logging.getLogger(name).level for name in logging._NOISY}
    written = io.StringIO()
    logging.configure("INFO", as_json=True, stream=written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        stdlib_logging.getLogger(name).setLevel(before)
    stdlib_logging.captureWarnings(False)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("secret", "event"),
    [
        (TOKEN, {"note": f"got {TOKEN} from a header"}),
        (TOKEN, {"nested": {"list": [{"deep": TOKEN}]}}),
        ("hunter2-long", {"password": "hunter2-long"}),
        ("hunter2-long", {"input": {"newPassword": "hunter2-long"}}),
        ("abc.def", {"Authorization": "Bearer abc.def"}),
        ("abc.def", {"headers": "authorization: Bearer abc.def"}),
        ("s3cret", {"url": "redis://:s3cret@127.0.0.1:6379/0"}),
        ("s3cret", {"url": "postgresql://yunfan_app:s3cret@db/yunfan"}),
        ("chen@example.com", {"problem": "duplicate chen@example.com"}),
        ("13800138000", {"problem": "taken: +8613800138000"}),
        ("13800138000", {"problem": "taken: 13800138000"}),
        ("云帆公司", {"exception": "ERROR: duplicate key\nDETAIL:  Key (name)=(云帆公司) already exists."}),
        ("云帆公司", {"exception": "[SQL: INSERT]\n[parameters: {'name': '云帆公司'}]"}),
    ],
    ids=lambda value: "token" if value == TOKEN else None,
)
def test_secrets_are_taken_out(lines: io.StringIO, secret: str, event: dict[str, object]):
    structlog.get_logger().warning("tests.thing_happened", **event)
    assert "tests.thing_happened" in lines.getvalue()
    assert secret not in lines.getvalue()


def test_exceptions_and_other_libraries_are_cleaned_too(lines: io.StringIO):
    try:
        raise ValueError(f"bad token {TOKEN}")
    except ValueError as wrong:
        structlog.get_logger().error("tests.failed", exc_info=wrong)
    stdlib_logging.getLogger("some.library").error("sent %s to %s", TOKEN, "chen@example.com")
    written = lines.getvalue()
    assert "ValueError" in written
    assert "some.message_logged" in written
    assert TOKEN not in written
    assert "chen@example.com" not in written


def test_a_line_is_json_with_instant_level_and_context(lines: io.StringIO):
    structlog.contextvars.bind_contextvars(request="r-1", tenant="t-1")
    structlog.get_logger().info("tests.thing_happened", rows=3, id="0192f3c4-1380-7138-8000-138001380001")
    structlog.get_logger().debug("tests.too_fine")
    (line,) = lines.getvalue().splitlines()
    told = json.loads(line)
    assert told["event"] == "tests.thing_happened"
    assert told["level"] == "info"
    assert told["at"].endswith("Z")
    assert (told["request"], told["tenant"], told["rows"]) == ("r-1", "t-1", 3)
    assert told["id"] == "0192f3c4-1380-7138-8000-138001380001"
