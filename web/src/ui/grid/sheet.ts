/** The content of a grid, where one stands in it, and what was there before. Nothing here knows a browser. */
import { isReadOnly, rawText, type Cell, type GridColumn, type GridRow, type GridSpec, type Range, type Written } from "./model";

/** What was given for a cell and could not be read. */
export interface CellError {
  readonly text: string;
  readonly message: string;
}

export interface Content<R extends GridRow> {
  readonly rows: readonly R[];
  /** By `errorKey`. */
  readonly errors: ReadonlyMap<string, CellError>;
}

interface Step<R extends GridRow> {
  readonly content: Content<R>;
  readonly active: Cell;
}

/** `anchor` and `active` are two corners of the selected range. */
export interface Sheet<R extends GridRow> {
  readonly content: Content<R>;
  readonly active: Cell;
  readonly anchor: Cell;
  readonly past: readonly Step<R>[];
  readonly future: readonly Step<R>[];
}

/** One cell's new value; `row` may lie behind the last row, where `writeCells` is given rows to grow by. */
export interface CellWrite<R extends GridRow> {
  readonly row: number;
  readonly column: string;
  readonly text: string;
  readonly written: Written<R>;
}

const STEPS_KEPT = 200;
const HOME: Cell = { row: 0, column: 0 };

export function errorKey(rowId: string, column: string): string {
  return `${rowId} ${column}`;
}

/** `errors`: what could not be read when these rows were kept. */
export function beginSheet<R extends GridRow>(rows: readonly R[], errors: Content<R>["errors"] = new Map()): Sheet<R> {
  return { content: { rows, errors: errorsOf(errors, rows) }, active: HOME, anchor: HOME, past: [], future: [] };
}

function errorsOf<R extends GridRow>(errors: Content<R>["errors"], rows: readonly R[]): Content<R>["errors"] {
  const ids = new Set(rows.map((row) => row.id));
  return new Map([...errors].filter(([key]) => ids.has(rowIdOf(key))));
}

function rowIdOf(key: string): string {
  return key.slice(0, key.indexOf(" "));
}

/** Ids of rows in which something could not be read. */
export function wrongRows(content: Content<GridRow>): ReadonlySet<string> {
  return new Set([...content.errors.keys()].map(rowIdOf));
}

/** What counts in sums: rows in which all could be read. */
export function soundRows<R extends GridRow>(content: Content<R>): readonly R[] {
  if (content.errors.size === 0) return content.rows;
  const wrong = wrongRows(content);
  return content.rows.filter((row) => !wrong.has(row.id));
}

/** How many cells are marked: what could not be read, and what is wrong as it stands. */
export function wrongCells<R extends GridRow>({ content }: Sheet<R>, spec: GridSpec<R>): number {
  const checked = content.rows.filter((row) => !spec.isBlank(row)).flatMap((row) => spec.columns.filter((column) => column.check?.(row) != null).map((column) => errorKey(row.id, column.key)));
  return new Set([...content.errors.keys(), ...checked]).size;
}

export function selectedRange(sheet: Sheet<GridRow>): Range {
  const { active, anchor } = sheet;
  return {
    top: Math.min(active.row, anchor.row),
    bottom: Math.max(active.row, anchor.row),
    left: Math.min(active.column, anchor.column),
    right: Math.max(active.column, anchor.column),
  };
}

/** Goes to a cell; `extend` keeps the other corner of the selection. Beyond the edge it stays at the edge. */
export function moveTo<R extends GridRow>(sheet: Sheet<R>, to: Cell, columns: number, extend = false): Sheet<R> {
  const active = {
    row: clamp(to.row, sheet.content.rows.length - 1),
    column: clamp(to.column, columns - 1),
  };
  return { ...sheet, active, anchor: extend ? sheet.anchor : active };
}

function clamp(index: number, last: number): number {
  return Math.max(0, Math.min(index, last));
}

/** A step that can be undone. */
export function changed<R extends GridRow>(sheet: Sheet<R>, content: Content<R>): Sheet<R> {
  if (content === sheet.content) return sheet;
  const past = [...sheet.past, { content: sheet.content, active: sheet.active }].slice(-STEPS_KEPT);
  return inside({ ...sheet, content, past, future: [] });
}

/** Rows that came from elsewhere: what was typed before cannot be undone over them. */
export function replaceRows<R extends GridRow>(sheet: Sheet<R>, rows: readonly R[]): Sheet<R> {
  return inside({ ...sheet, content: { rows, errors: errorsOf(sheet.content.errors, rows) }, past: [], future: [] });
}

/** What belongs to a row without being typed: facts that come a moment later. No step of its own. */
export function enriched<R extends GridRow>(sheet: Sheet<R>, enrich: (row: R) => R): Sheet<R> {
  const rows = sheet.content.rows.map(enrich);
  return rows.every((row, at) => row === sheet.content.rows[at]) ? sheet : { ...sheet, content: { ...sheet.content, rows } };
}

export function undone<R extends GridRow>(sheet: Sheet<R>): Sheet<R> {
  const step = sheet.past.at(-1);
  if (step === undefined) return sheet;
  const future = [...sheet.future, { content: sheet.content, active: sheet.active }];
  return inside({ content: step.content, active: step.active, anchor: step.active, past: sheet.past.slice(0, -1), future });
}

export function redone<R extends GridRow>(sheet: Sheet<R>): Sheet<R> {
  const step = sheet.future.at(-1);
  if (step === undefined) return sheet;
  const past = [...sheet.past, { content: sheet.content, active: sheet.active }];
  return inside({ content: step.content, active: step.active, anchor: step.active, past, future: sheet.future.slice(0, -1) });
}

function inside<R extends GridRow>(sheet: Sheet<R>): Sheet<R> {
  const last = sheet.content.rows.length - 1;
  const held = (cell: Cell): Cell => (cell.row <= last ? cell : { ...cell, row: Math.max(0, last) });
  return { ...sheet, active: held(sheet.active), anchor: held(sheet.anchor) };
}

/** Several cells as one step, rows added as they need. A text that cannot be read stays in its cell, marked, and
 * nothing else in its place: neither what was there nor what another cell brings along. */
export function writeCells<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, writes: readonly CellWrite<R>[]): Sheet<R> {
  const columns = new Map(spec.columns.map((column) => [column.key, column]));
  const rows = [...sheet.content.rows];
  const errors = new Map(sheet.content.errors);
  const touched = new Set<number>();
  for (const write of writes) {
    if (write.row >= spec.mostRows) continue;
    while (rows.length <= write.row && spec.fixedRows !== true) rows.push(spec.newRow());
    const row = rows[write.row];
    const column = columns.get(write.column);
    if (row === undefined || column === undefined || isReadOnly(spec, column, row)) continue;
    const key = errorKey(row.id, write.column);
    const written = "read" in write.written ? write.written.read(row) : write.written;
    if ("error" in written) {
      errors.set(key, { text: write.text, message: written.error });
    } else {
      rows[write.row] = written.apply(row);
      errors.delete(key);
    }
    touched.add(write.row);
  }
  for (const at of touched) {
    const row = rows[at];
    if (row !== undefined) rows[at] = spec.columns.reduce((now, { key, emptied }) => (emptied !== undefined && errors.has(errorKey(row.id, key)) ? emptied(now) : now), row);
  }
  return touched.size > 0 ? changed(sheet, { rows, errors }) : sheet;
}

/** Empties the selected cells. */
export function clearRange<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): Sheet<R> {
  const { top, bottom, left, right } = selectedRange(sheet);
  const writes: CellWrite<R>[] = [];
  for (let row = top; row <= bottom; row++) {
    for (const column of spec.columns.slice(left, right + 1)) {
      if (column.write !== undefined) writes.push({ row, column: column.key, text: "", written: column.write("") });
    }
  }
  return writeCells(sheet, spec, writes);
}

/** Empty rows before `at`; the cursor goes to the first of them. */
export function insertRows<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, at: number, count = 1): Sheet<R> {
  const room = Math.min(count, spec.mostRows - sheet.content.rows.length);
  if (rowsAreFixed(spec) || room <= 0) return sheet;
  const rows = [...sheet.content.rows];
  rows.splice(at, 0, ...Array.from({ length: room }, () => spec.newRow()));
  return moveTo(changed(sheet, { ...sheet.content, rows }), { row: at, column: firstWritable(spec) }, spec.columns.length);
}

/** Takes the selected rows out; one empty row stays where they were all. */
export function removeRows<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): Sheet<R> {
  if (rowsAreFixed(spec)) return sheet;
  const { top, bottom } = selectedRange(sheet);
  const gone = new Set(sheet.content.rows.slice(top, bottom + 1).map((row) => row.id));
  const kept = sheet.content.rows.filter((row) => !gone.has(row.id));
  const rows = kept.length === 0 ? [spec.newRow()] : kept;
  const errors = new Map([...sheet.content.errors].filter(([key]) => !gone.has(rowIdOf(key))));
  return moveTo(changed(sheet, { rows, errors }), { row: top, column: sheet.active.column }, spec.columns.length);
}

/** The selected rows once more, behind themselves. */
export function duplicateRows<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): Sheet<R> {
  const { top, bottom } = selectedRange(sheet);
  const again = sheet.content.rows.slice(top, bottom + 1).map((row) => spec.duplicate(row));
  if (rowsAreFixed(spec) || sheet.content.rows.length + again.length > spec.mostRows) return sheet;
  const rows = [...sheet.content.rows];
  rows.splice(bottom + 1, 0, ...again);
  return moveTo(changed(sheet, { ...sheet.content, rows }), { row: bottom + 1, column: sheet.active.column }, spec.columns.length);
}

/** The next cell that Tab or Enter leads to, over the ends of rows; null: behind the last or before the first one. */
export function nextWritable<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, step: 1 | -1): Cell | null {
  const width = spec.columns.length;
  let place = sheet.active.row * width + sheet.active.column;
  const end = sheet.content.rows.length * width;
  for (place += step; place >= 0 && place < end; place += step) {
    const cell = { row: Math.floor(place / width), column: place % width };
    const column = spec.columns[cell.column];
    if (column !== undefined && !isReadOnly(spec, column, sheet.content.rows[cell.row])) return cell;
  }
  return null;
}

export function firstWritable<R extends GridRow>(spec: GridSpec<R>): number {
  return Math.max(0, spec.columns.findIndex((column) => !isReadOnly(spec, column, undefined)));
}

/** Whether behind the last row another one may begin. */
export function mayGrow<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): boolean {
  const last = sheet.content.rows.at(-1);
  return !rowsAreFixed(spec) && sheet.content.rows.length < spec.mostRows && (last === undefined || !spec.isBlank(last));
}

/** What a cell's value is in another row of the same column. */
export function copied<R extends GridRow>(column: GridColumn<R>, from: R): Written<R> {
  const { copy, write } = column;
  if (copy !== undefined) return { apply: (to) => copy(from, to) };
  return write === undefined ? { apply: (to) => to } : write(rawText(column, from));
}

export function rowsAreFixed<R extends GridRow>(spec: GridSpec<R>): boolean {
  return spec.locked || spec.fixedRows === true;
}
