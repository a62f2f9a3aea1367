"""Import of a file: a thin door to the entity's import command, with a dry run that takes the same decisions.

A record that exists is found again (see the command's plan), so a file may be imported twice. Empty cells change
nothing; tags are added, never removed. `existing` says what a cell that differs does to a record that exists:
"update" (the default) takes the file's value, "fill" only fills what is empty, "skip" leaves the record. Every record
that is changed is listed, in the dry run too, so that newer edits are never overwritten unseen.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from sqlalchemy import select

from exchange.columns import Column, assign, columns_of
from exchange.errors import ColumnNotRecognised, FileUnreadable, NameColumnMissing, NotImportable, RowsRefused
from exchange.errors_text import UnreadableFile
from exchange.preparing import Identity, prepare
from exchange.readers import Table, read_table
from exchange.report import ImportReport, Reporter
from kernel.command import Command, Input, declared
from kernel.context import Context
from kernel.engine import Engine
from kernel.entity import TenantRow, described
from kernel.executor import Invocation
from kernel.policy import Actor
from modules.catalog.commands.import_products import ImportProducts, import_products
from modules.catalog.entities import Product
from modules.catalog.import_products_plan import ProductsPlan
from modules.inventory.commands.import_opening_stock import ImportOpeningStock, import_opening_stock
from modules.inventory.entities import StockBalance
from modules.inventory.import_opening_stock_plan import OpeningStockPlan
from modules.party.commands.import_contacts import ImportContacts, import_contacts
from modules.party.commands.import_customers import ImportCustomers, import_customers
from modules.party.entities import Contact, Customer
from modules.party.import_contacts_plan import ContactsPlan
from modules.party.import_customers_plan import CustomersPlan
from modules.party.import_rows import Decision, Existing, ImportedRow, ImportOutcome, PreparedRow
from modules.party.import_writing import LARGEST_BATCH
from tenants.custom_fields import definitions
from tenants.entities import LegalEntity
from values.errors import Kind, NotSignedIn, Refusal, Words

_RETRIED = frozenset({Kind.CONFLICT, Kind.UNAVAILABLE})


class Plan(Protocol):
    """Decides batches of rows without writing."""

    async def decide(self, rows: Sequence[PreparedRow]) -> Sequence[Decision[Any]]: ...


@dataclass(frozen=True, slots=True)
class Importer:
    """What an entity's import consists of."""

    handler: Callable[[Context, Any], Awaitable[ImportOutcome]]
    batch: Callable[[list[PreparedRow], Existing], Input]
    plan: Callable[[Context, Existing], Plan]
    identity: Identity
    required: tuple[str, ...]  # columns without which no row can be right

    @property
    def command(self) -> Command:
        return declared(self.handler)


IMPORTERS: dict[type[TenantRow], Importer] = {
    Customer: Importer(
        import_customers,
        lambda rows, existing: ImportCustomers(rows=rows, existing=existing),
        lambda ctx, existing: CustomersPlan(ctx, existing, writing=False),
        Identity("phone"),
        ("name",),
    ),
    Contact: Importer(
        import_contacts,
        lambda rows, existing: ImportContacts(rows=rows, existing=existing),
        lambda ctx, existing: ContactsPlan(ctx, existing, writing=False),
        Identity("mobile", above=True),
        ("name", "customer_id"),
    ),
    Product: Importer(
        import_products,
        lambda rows, existing: ImportProducts(rows=rows, existing=existing),
        lambda ctx, existing: ProductsPlan(ctx, existing, writing=False),
        Identity("spec", digits=False),
        ("name",),
    ),
    StockBalance: Importer(
        import_opening_stock,
        lambda rows, existing: ImportOpeningStock(rows=rows, existing=existing),
        lambda ctx, existing: OpeningStockPlan(ctx, existing),
        Identity("spec"),
        ("product_id", "on_hand"),
    ),
}


async def import_rows(
    engine: Engine,
    actor: Actor,
    entity: type[TenantRow],
    data: bytes,
    filename: str,
    mapping: Mapping[str, str | None] | None = None,
    dry_run: bool = True,
    key: str | None = None,
    *,
    existing: Existing = "update",
    only_if_all_good: bool = False,
    sheet: str | None = None,
    before_batch: Callable[[], Awaitable[object]] | None = None,
) -> ImportReport:
    """Imports a CSV, XLSX or XLS file, 1,000 rows a transaction; bad rows are reported and stop no other.

    `mapping`: header of the file → wire name of the field, `custom.<key>`, or None to ignore it; headers left out are
    guessed. `key`: an idempotency key of the caller: a retry with it answers again instead of importing again.
    `only_if_all_good`: decide first, and write nothing if any row is bad. `before_batch`: the door's own question, for
    example whether the session still stands; a refusal of it keeps that batch out. Raises Refusal (file, mapping,
    rights); once a batch is written, refusals go to the report, row by row. A dry run tells of a column that is missing
    instead, with all headers of the file, so that somebody can say which it is.
    """
    importer = IMPORTERS.get(entity)
    if importer is None:
        raise NotImportable(field="entity", entity=described(entity).name)
    actor.authority.require(f"{described(entity).permission}.import")
    table = await _read(data, filename, sheet)
    columns, currency = await _columns(engine, actor, entity)
    assigned, unknown = assign(entity, table.headers, mapping, columns, actor)
    missing = _missing(importer, assigned, columns)
    if missing is not None and not dry_run:
        raise missing
    sha = hashlib.sha256(data).hexdigest()
    reporter = Reporter(actor.language, table.headers, assigned, dry_run=dry_run, sha256=sha)
    if missing is not None:
        reporter.unusable(table.header_row, missing)
        return reporter.finish(table.row_count)
    for header in unknown:
        reporter.warned(table.header_row, header, ColumnNotRecognised(header=header[:60]))
    rows = await asyncio.to_thread(prepare, table, assigned, reporter, importer.identity, currency)
    run = _Run(engine, actor, importer, reporter, existing, before_batch)
    if dry_run:
        await run.rehearse(rows)
    else:
        if only_if_all_good:
            await run.refuse_any_bad(rows, reporter)
        await run.write(rows, f"import:{key}:{sha[:32]}" if key else None)
    return reporter.finish(table.row_count)


class _Run:
    """One import on its way."""

    def __init__(
        self,
        engine: Engine,
        actor: Actor,
        importer: Importer,
        reporter: Reporter,
        existing: Existing,
        before_batch: Callable[[], Awaitable[object]] | None,
    ) -> None:
        self._engine, self._actor, self._importer = engine, actor, importer
        self._reporter, self._existing, self._before_batch = reporter, existing, before_batch

    async def rehearse(self, rows: list[PreparedRow]) -> None:
        """Reports what writing would do."""
        self._reporter.outcomes(await self._decisions(rows))

    async def refuse_any_bad(self, rows: list[PreparedRow], reporter: Reporter) -> None:
        """Raises RowsRefused if any row is bad."""
        bad = reporter.bad_rows | {row.row for row in await self._decisions(rows) if row.action == "refuse"}
        if bad:
            raise RowsRefused(field="file", bad=len(bad))

    async def write(self, rows: list[PreparedRow], key: str | None) -> None:
        """Runs the command batch by batch. Rows with unreadable cells are only checked for what else is wrong.

        Whoever is signed out or deactivated meanwhile writes nothing more; what is committed stays and is told.
        """
        gone: NotSignedIn | None = None
        for number, batch in enumerate(_batches(rows)):
            call = Invocation(key=f"{key}:{number}") if key else None
            try:
                if gone is not None:
                    raise gone
                if self._before_batch is not None:
                    await self._before_batch()
                outcome = await self._run(batch, call)
            except Refusal as refusal:
                if number == 0:
                    raise
                gone = refusal if isinstance(refusal, NotSignedIn) else None
                for row in batch:
                    self._reporter.refused(row.row, refusal)
            else:
                self._reporter.outcomes(outcome.rows)

    async def _run(self, batch: list[PreparedRow], call: Invocation | None) -> ImportOutcome:
        data = self._importer.batch(batch, self._existing)
        executor, command = self._engine.executor, self._importer.command
        try:
            outcome = await executor.run_internal(self._actor, command, data, call)
        except Refusal as refusal:
            if refusal.kind not in _RETRIED:
                raise
            outcome = await executor.run_internal(self._actor, command, data, call)  # somebody was faster: decide anew
        return ImportOutcome(rows=_stored(outcome.result) if outcome.replayed else outcome.value.rows)

    async def _decisions(self, rows: list[PreparedRow]) -> list[ImportedRow]:
        async def decide(ctx: Context) -> list[ImportedRow]:
            plan = self._importer.plan(ctx, self._existing)
            found: list[ImportedRow] = []
            for batch in _batches(rows):
                found += [decision.outcome(self._actor.language) for decision in await plan.decide(batch)]
            return found

        return await self._engine.executor.rehearse(self._actor, self._importer.command, decide)


def _batches(rows: list[PreparedRow]) -> list[list[PreparedRow]]:
    return [rows[start : start + LARGEST_BATCH] for start in range(0, len(rows), LARGEST_BATCH)] or [[]]


def _stored(result: dict[str, Any] | None) -> list[ImportedRow]:
    return msgspec.convert((result or {}).get("rows", []), list[ImportedRow])


async def _read(data: bytes, filename: str, sheet: str | None) -> Table:
    try:
        return await asyncio.to_thread(read_table, data, filename, sheet=sheet)
    except UnreadableFile as wrong:
        raise FileUnreadable.because(wrong) from wrong


async def _columns(engine: Engine, actor: Actor, entity: type[TenantRow]) -> tuple[list[Column], str]:
    """The entity's columns and the company's base currency."""
    async with engine.reading(actor) as session:
        fields = await definitions(session, described(entity).name)
        first = select(LegalEntity.currency).where(LegalEntity.tenant_id == session.tenant_id).order_by(LegalEntity.id)
        currency = str(await session.scalar(first.limit(1)))
        session.orm.expunge_all()  # the definitions outlive the transaction, whose end would empty them
        return columns_of(entity, fields), currency


def _missing(importer: Importer, assigned: dict[int, Column], columns: list[Column]) -> NameColumnMissing | None:
    """The first column without which no row can be right and that no header of the file is."""
    present = {column.name for column in assigned.values() if column.custom is None}
    for column in columns:
        if column.custom is None and column.name in importer.required and column.name not in present:
            return NameColumnMissing(field="mapping", label=Words(column.zh, column.en))
    return None


__all__ = ["IMPORTERS", "ImportReport", "Importer", "import_rows"]
