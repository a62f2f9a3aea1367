"""What an import tells its importer: counts, every bad cell, every record that it changes or would change."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from exchange.columns import Column
from exchange.errors import CellUnreadable
from exchange.errors_text import CellProblem
from modules.party.import_rows import ImportedRow
from values.errors import Refusal

LISTED = 10_000


class ReportedProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One bad row or cell. `row` as the spreadsheet counts; `column` is the file's header, if it is about a cell."""

    row: int
    column: str | None
    code: str
    message: str
    remedy: str


class ReportedUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An existing record that the file changes, and which fields (labels)."""

    row: int
    id: str
    fields: list[str]


class MappedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the file and the field that it fills (wire name); None: ignored."""

    header: str
    field: str | None
    label: str | None


class StockTotal(msgspec.Struct, kw_only=True):
    """The rows of one warehouse: how many, the file's quantities added up, and those that the books say afterwards."""

    warehouse: str
    rows: int
    quantity: Decimal
    on_hand: Decimal


class ImportReport(msgspec.Struct, kw_only=True):
    """After a dry run `created` and `updated` say what would happen. Lists hold the first 10,000, totals all.

    `stock`: of opening stock, by warehouse; it balances where both quantities are equal.
    """

    dry_run: bool
    sha256: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    bad: int = 0
    problems: list[ReportedProblem] = msgspec.field(default_factory=list)
    problems_total: int = 0
    warnings: list[ReportedProblem] = msgspec.field(default_factory=list)
    warnings_total: int = 0
    updates: list[ReportedUpdate] = msgspec.field(default_factory=list)
    columns: list[MappedColumn] = msgspec.field(default_factory=list)
    stock: list[StockTotal] = msgspec.field(default_factory=list)


class Reporter:
    """Collects an import's report in the importer's language."""

    def __init__(
        self, language: str, headers: list[str], columns: dict[int, Column], *, dry_run: bool, sha256: str
    ) -> None:
        self._language = language
        self._header_of = {column.wire: headers[at] for at, column in columns.items()}
        self._label_of = {column.wire: column.label(language) for column in columns.values()}
        self._bad_rows: set[int] = set()
        self._unusable = False
        self.report = ImportReport(dry_run=dry_run, sha256=sha256)
        for at, header in enumerate(headers):
            column = columns.get(at)
            label = column.label(language) if column else None
            self.report.columns.append(MappedColumn(header=header, field=column.wire if column else None, label=label))

    @property
    def bad_rows(self) -> frozenset[int]:
        return frozenset(self._bad_rows)

    def refused(self, row: int, refusal: Refusal) -> None:
        """A row is bad for this reason."""
        self._problem(
            row, refusal.field, refusal.code, refusal.sentence(self._language), refusal.remedy(self._language)
        )

    def unusable(self, header_row: int, refusal: Refusal) -> None:
        """No row can be right as the columns are."""
        self.refused(header_row, refusal)
        self._unusable = True

    def warned(self, row: int, header: str | None, refusal: Refusal, code: str | None = None) -> None:
        """Something that the importer should look at; the row goes on."""
        self.report.warnings_total += 1
        if len(self.report.warnings) < LISTED:
            text = refusal.sentence(self._language), refusal.remedy(self._language)
            self.report.warnings.append(
                ReportedProblem(row=row, column=header, code=code or refusal.code, message=text[0], remedy=text[1])
            )

    def cell(self, found: CellProblem, field: str | None) -> None:
        """What the reader of the file found."""
        refusal = CellUnreadable(
            field=field,
            problem_zh=found.zh,
            problem_en=found.en,
            todo_zh=found.remedy_zh,
            todo_en=found.remedy_en,
        )
        if found.is_warning:
            self.warned(found.row, found.header, refusal, found.code)
        else:
            message, remedy = refusal.sentence(self._language), refusal.remedy(self._language)
            self._problem(found.row, field, found.code, message, remedy, found.header or found.column)

    def outcomes(self, rows: Iterable[ImportedRow]) -> None:
        """What became of a batch."""
        for row in rows:
            self._stock(row)
            if row.action == "refuse":
                self._bad_rows.add(row.row)
                for p in row.problems:
                    self._problem(row.row, p.field, p.code, p.message, p.remedy)
            elif row.action == "create":
                self.report.created += 1
            elif row.action == "update":
                self._updated(row)
            elif row.action == "unchanged":
                self.report.unchanged += 1
            else:
                self.report.skipped += 1

    def finish(self, rows: int) -> ImportReport:
        self.report.rows = rows
        self.report.bad = rows if self._unusable else len(self._bad_rows)
        self.report.problems.sort(key=lambda problem: problem.row)
        return self.report

    def _stock(self, row: ImportedRow) -> None:
        if row.into is None or row.action == "skip":
            return
        total = next((found for found in self.report.stock if found.warehouse == row.into), None)
        if total is None:
            total = StockTotal(warehouse=row.into, rows=0, quantity=Decimal(0), on_hand=Decimal(0))
            self.report.stock.append(total)
        total.rows += 1
        total.quantity += Decimal(row.quantity or 0)
        total.on_hand += Decimal(row.after or 0)

    def _updated(self, row: ImportedRow) -> None:
        self.report.updated += 1
        if len(self.report.updates) < LISTED:
            fields = [self._label_of.get(name, name) for name in row.fields]
            self.report.updates.append(ReportedUpdate(row=row.row, id=str(row.id), fields=fields))

    def _problem(
        self, row: int, field: str | None, code: str, message: str, remedy: str, column: str | None = None
    ) -> None:
        self._bad_rows.add(row)
        self.report.problems_total += 1
        if len(self.report.problems) < LISTED:
            column = column or (self._header_of.get(field, self._label_of.get(field)) if field else None)
            self.report.problems.append(
                ReportedProblem(row=row, column=column, code=code, message=message, remedy=remedy)
            )
