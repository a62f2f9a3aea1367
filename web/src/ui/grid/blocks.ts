/** A block from the clipboard or from other cells into a sheet: where each text goes and what it comes to. */
import { isReadOnly, rawText, type GridRow, type GridSpec, type Range, type Written } from "./model";
import { columnsOf, filled, isEmpty, placesOf, plainHeading, type Origin } from "./places";
import { copied, rowsAreFixed, selectedRange, type CellWrite, type Sheet } from "./sheet";
import { writeBlock } from "./tsv";

export interface PastePlan {
  readonly texts: readonly { readonly row: number; readonly column: number; readonly text: string }[];
  /** What the cells cover when it is done. */
  readonly range: Range;
  /** Rows for which there was no room, and how many rows there may be. */
  readonly cut: number;
  readonly most: number;
  /** Cells with a text for which there was no column, or one that nobody may type into. */
  readonly dropped: number;
  /** The rows as they were when it was planned. */
  readonly rowIds: readonly string[];
}

/** Whether a block begins with the names of columns and goes on with rows: what a spreadsheet is copied with. */
export function hasHeader(spec: { readonly headings?: readonly string[] }, block: readonly (readonly string[])[]): boolean {
  const names = new Set((spec.headings ?? []).map(plainHeading));
  const told = (block[0] ?? []).map(plainHeading).filter((text) => text !== "");
  return block.length > 1 && told.length > 0 && told.every((text) => names.has(text));
}

/** A block goes to the selection's first row and as far as it is big; a selection that is a multiple of it is filled. */
export function planPaste<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, block: readonly (readonly string[])[], origin: Origin = {}): PastePlan {
  const { rows } = sheet.content;
  const at = selectedRange(sheet);
  const { to, facts } = placesOf(spec, at, block, origin);
  const height = filled(at.bottom - at.top + 1, block.length);
  const most = rowsAreFixed(spec) ? rows.length : spec.mostRows;
  const room = Math.max(0, Math.min(height, most - at.top));
  const texts: { row: number; column: number; text: string }[] = [];
  const taken = new Set<string>();
  for (let down = 0; down < room; down++) {
    const row = at.top + down;
    const given = down % block.length;
    const cells = block[given] ?? [];
    for (const { column, from } of to) {
      const target = spec.columns[column];
      const source = from.find((one) => !isEmpty(cells[one])) ?? from[0];
      const text = source === undefined ? undefined : cells[source];
      if (target === undefined || text === undefined || isReadOnly(spec, target, rows[row])) continue;
      texts.push({ row, column, text });
      taken.add(`${given} ${source}`);
    }
  }
  const dropped = block.slice(0, room).flatMap((cells, row) => cells.filter((text, from) => !isEmpty(text) && !facts.has(from) && !taken.has(`${row} ${from}`))).length;
  const shown = to.map(({ column }) => column).filter((column) => column >= 0);
  const [left, right] = shown.length === 0 ? [at.left, at.right] : [Math.min(...shown), Math.max(...shown)];
  return { texts, range: { top: at.top, left, bottom: at.top + Math.max(1, room) - 1, right }, cut: height - room, most, dropped, rowIds: rows.map(({ id }) => id) };
}

/** To the rows they were planned for, wherever those stand by now: texts are read while people go on. What was planned
 * behind the last row begins behind the last one there is. `lost`: texts whose row is gone. */
export function ontoRows<R extends GridRow>({ content: { rows } }: Sheet<R>, spec: GridSpec<R>, plan: PastePlan, read: readonly CellWrite<R>[]): { readonly writes: readonly CellWrite<R>[]; readonly lost: number } {
  const now = new Map(rows.map(({ id }, at) => [id, at]));
  const writes: CellWrite<R>[] = [];
  let lost = 0;
  for (const write of read) {
    const id = plan.rowIds[write.row];
    const row = id === undefined ? rows.length + write.row - plan.rowIds.length : now.get(id);
    if (row !== undefined && row < spec.mostRows) writes.push({ ...write, row });
    else if (!isEmpty(write.text)) lost += 1;
  }
  return { writes, lost };
}

/** Reads the planned texts, column by column: those that ask the device ask it once. */
export async function readPlan<R extends GridRow>(spec: GridSpec<R>, plan: PastePlan): Promise<CellWrite<R>[]> {
  const writes: CellWrite<R>[] = [];
  for (const [index, column] of spec.columns.entries()) {
    const mine = plan.texts.filter((text) => text.column === index);
    if (mine.length === 0) continue;
    const texts = mine.map(({ text }) => text.trim());
    const written: readonly Written<R>[] =
      column.writeMany === undefined ? texts.map((text) => column.write?.(text) ?? { apply: (row) => row }) : await column.writeMany(texts);
    mine.forEach(({ row, text }, place) => {
      const one = written[place];
      if (one !== undefined) writes.push({ row, column: column.key, text, written: one });
    });
  }
  return writes;
}

/** Ctrl+D: the first selected row into those below it; of one selected row, the row above into it. */
export function fillDown<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): CellWrite<R>[] {
  const range = selectedRange(sheet);
  if (range.top === range.bottom) return range.top === 0 ? [] : fill(sheet, spec, { ...range, top: range.top - 1, bottom: range.top - 1 }, range.top);
  return fill(sheet, spec, { ...range, bottom: range.top }, range.bottom);
}

/** The rows of `from` again and again below it, down to row `to`. */
export function fill<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, from: Range, to: number): CellWrite<R>[] {
  const writes: CellWrite<R>[] = [];
  const height = from.bottom - from.top + 1;
  for (let row = from.bottom + 1; row <= Math.min(to, spec.mostRows - 1); row++) {
    const source = sheet.content.rows[from.top + ((row - from.bottom - 1) % height)];
    if (source === undefined) continue;
    for (const column of spec.columns.slice(from.left, from.right + 1)) {
      writes.push({ row, column: column.key, text: rawText(column, source), written: copied(column, source) });
    }
  }
  return writes;
}

/** The selected cells as a spreadsheet takes them. */
export function copyText<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): string {
  const { top, bottom, left, right } = selectedRange(sheet);
  const columns = spec.columns.slice(left, right + 1);
  return writeBlock(sheet.content.rows.slice(top, bottom + 1).map((row) => columns.map((column) => rawText(column, row))));
}

/** From which columns they are: what tells a block of this grid from any other. */
export function copiedColumns<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): string {
  const { left, right } = selectedRange(sheet);
  return columnsOf(spec.columns.slice(left, right + 1));
}
