/** A block from the clipboard or from other cells into a sheet: where each text goes and what it comes to. */
import { isReadOnly, rawText, type GridRow, type GridSpec, type Range, type Written } from "./model";
import { copied, selectedRange, type CellWrite, type Sheet } from "./sheet";
import { writeBlock } from "./tsv";

export interface PastePlan {
  readonly texts: readonly { readonly row: number; readonly column: number; readonly text: string }[];
  /** What the cells cover when it is done. */
  readonly range: Range;
  /** Rows for which there was no room. */
  readonly cut: number;
}

/** Whether a block begins with the names of columns and goes on with rows: what a spreadsheet is copied with. */
export function hasHeader(spec: { readonly headings?: readonly string[] }, block: readonly (readonly string[])[]): boolean {
  const plain = (text: string) => text.normalize("NFKC").replace(/[\s*]/g, "").toLowerCase();
  const names = new Set((spec.headings ?? []).map(plain));
  const told = (block[0] ?? []).map(plain).filter((text) => text !== "");
  return block.length > 1 && told.length > 0 && told.every((text) => names.has(text));
}

/** A block goes to the selection's first cell and as far as it is big; a selection that is a multiple of it is filled. */
export function planPaste<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, block: readonly (readonly string[])[]): PastePlan {
  const at = selectedRange(sheet);
  const wide = Math.max(1, ...block.map((cells) => cells.length));
  const height = filled(at.bottom - at.top + 1, block.length);
  const width = Math.min(filled(at.right - at.left + 1, wide), spec.columns.length - at.left);
  const room = Math.max(0, Math.min(height, spec.mostRows - at.top));
  const texts: { row: number; column: number; text: string }[] = [];
  for (let down = 0; down < room; down++) {
    const cells = block[down % block.length] ?? [];
    for (let right = 0; right < width; right++) {
      const column = spec.columns[at.left + right];
      const text = cells[right % wide];
      if (column === undefined || text === undefined || isReadOnly(spec, column, sheet.content.rows[at.top + down])) continue;
      texts.push({ row: at.top + down, column: at.left + right, text });
    }
  }
  const range = { top: at.top, left: at.left, bottom: at.top + Math.max(1, room) - 1, right: at.left + width - 1 };
  return { texts, range, cut: height - room };
}

function filled(selected: number, given: number): number {
  return selected > given && selected % given === 0 ? selected : given;
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
