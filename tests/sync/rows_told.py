"""What a pull's answer tells, read as a device reads it."""

from __future__ import annotations

import json
from typing import Any

from sync.client.pages import parse_page
from sync.wire import PullResponse


def rows_told(answer: PullResponse, collection: str) -> list[dict[str, Any]]:
    """The rows that it puts into the collection."""
    page = parse_page(answer.encoded())
    return [json.loads(text) for part in page.sections if part.collection == collection for text in part.puts]


def removed(answer: PullResponse, collection: str) -> list[str]:
    page = parse_page(answer.encoded())
    return [row_id for part in page.sections if part.collection == collection for row_id in part.removes]
