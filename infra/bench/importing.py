"""How long a file of 10,000 customers takes, from its bytes to the report: the dry run, then the import itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from exchange.importing import ImportReport, import_rows
from infra.bench.report import Row, at_most
from infra.settings import Settings
from modules.party.entities import Customer
from server.parts import Application, build
from tests.exchange.import_world import big_file, define
from tests.world import Company, found_company

ROWS = 10_000
_GOAL_SECONDS = 15
_WARM_ROWS = 200


def rows(settings: Settings) -> Iterator[Row]:
    """`import.*`, in seconds."""
    yield from asyncio.run(_measure(settings))


async def _measure(settings: Settings) -> list[Row]:
    app = build(settings, pool_size=4)
    try:
        # A company of its own warms the process, as a server that has run for a while is.
        warm = await _company(app, "暖机")
        await _timed(app, warm, big_file(_WARM_ROWS), dry_run=False)
        company, file = await _company(app, "云帆"), big_file(ROWS)
        rehearsal, decided = await _timed(app, company, file, dry_run=True)
        seconds, written = await _timed(app, company, file, dry_run=False)
    finally:
        await app.close()
    if (decided.created, written.created) != (ROWS, ROWS):
        raise RuntimeError(f"of {ROWS} rows the dry run creates {decided.created}, the import {written.created}")
    what = f"{ROWS} customers of ten columns, two of them custom fields, CSV of {len(file) // 1024} KiB"
    return [
        Row("import.dry_run_10k", round(rehearsal, 4), "s", None, None, f"decided, not written: {what}"),
        at_most("import.customers_10k", seconds, "s", _GOAL_SECONDS, f"{what}: audited, searchable, synced"),
    ]


async def _company(app: Application, name: str) -> Company:
    company = await found_company(app, name, "陈总")
    await define(company)
    return company


async def _timed(app: Application, company: Company, file: bytes, *, dry_run: bool) -> tuple[float, ImportReport]:
    actor = await company.actor()
    began = time.perf_counter()
    report = await import_rows(app.engine, actor, Customer, file, "客户.csv", dry_run=dry_run)
    return time.perf_counter() - began, report
