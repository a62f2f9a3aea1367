/** Which lists of a file stand in memory, and how they follow it: read slice by slice beside everything else, then changed
 * with each transaction, before it ends.
 */
import type { ListTable } from "~/values/description";
import type { Inside, Value } from "./driver";
import type { Cell } from "./column";
import { Columns } from "./columns";
import { Pace } from "./pace";
import { LAYER, quoted, tableOf, type Described } from "./list_tables";

const SLICE_ROWS = 1_000;
const SLICE_MS = 8;
/** More changes at once than these make a list be read anew: they would keep everybody waiting. */
const MOST_CHANGES = 12_000;

/** Rows of lists that a transaction wrote; null: any. */
export type Written = Map<string, Set<string> | null>;

/** What a transaction did to lists. */
export interface Wrote {
  readonly rows: Written;
  /** Rows of the layer that show from now on, and those that left with it. */
  readonly showing: Written;
  /** Rows that lie elsewhere in the file, and are the same. */
  readonly moved: Written;
}

export function wrote(written: Written, collection: string, ids: Iterable<string> | null): void {
  const found = written.get(collection);
  if (found === null) return;
  if (ids === null) written.set(collection, null);
  else if (found === undefined) written.set(collection, new Set(ids));
  else for (const id of ids) found.add(id);
}

interface Reading {
  /** What was written while it is being read. */
  readonly written: Written;
  readonly done: Promise<void>;
}

export interface Slices {
  tx<T>(work: (inside: Inside) => Promise<T>): Promise<T>;
  /** Between two slices. */
  pause(): Promise<void>;
  /** Collections whose staged rows stand before the list's, in the transaction under way. */
  layer(inside: Inside): Promise<readonly string[]>;
}

/** Cells of rows that are about to show. */
interface Ahead {
  readonly names: readonly string[];
  readonly ids: readonly string[];
  readonly cells: readonly Cell[][];
  /** Since they were read. */
  readonly written: Written;
}

export class KeptLists {
  private readonly kept = new Map<string, Columns>();
  private readonly readings = new Map<string, Reading>();
  private readonly ahead = new Map<string, Ahead>();

  /** The list with these columns, if it stands in memory. */
  of(collection: string, names: Iterable<string>): Columns | null {
    const columns = this.kept.get(collection);
    return columns?.has(names) === true ? columns : null;
  }

  /** Nothing of it is true any more. */
  forget(): void {
    this.kept.clear();
    this.ahead.clear();
    for (const [collection, { written }] of this.readings) wrote(written, collection, null);
  }

  /** Reads the columns into memory; several who ask wait for one reading. What cannot be kept up meanwhile is left. */
  async read(list: ListTable, names: readonly string[], slices: Slices): Promise<void> {
    for (;;) {
      const under = this.readings.get(list.collection);
      if (under === undefined) break;
      await under.done;
      if (this.of(list.collection, names) !== null) return;
    }
    const before = this.kept.get(list.collection);
    const missing = names.filter((name) => before?.has([name]) !== true);
    if (missing.length === 0) return;
    const written: Written = new Map();
    const done = this.readSlices(list, missing, written, slices).finally(() => this.readings.delete(list.collection));
    this.readings.set(list.collection, { written, done });
    await done;
  }

  private async readSlices(list: ListTable, missing: readonly string[], written: Written, slices: Slices): Promise<void> {
    const ids: string[] = [];
    const cells: Cell[][] = missing.map(() => []);
    const pace = new Pace(SLICE_ROWS, SLICE_MS, SLICE_ROWS / 4);
    const next = (size: number) => slices.tx((inside) => slice(inside, tableOf(list), missing, size, ids, cells));
    while (await pace.slice(next)) await slices.pause();
    await slices.tx(async (inside) => {
      const late = written.get(list.collection) ?? new Set();
      const layer = await slices.layer(inside);
      if (layer.includes(list.collection)) {
        for (const [id] of await inside.query("SELECT DISTINCT id FROM staged WHERE collection = ?", [list.collection])) late.add(String(id));
      }
      if (written.get(list.collection) === null || late.size > MOST_CHANGES) return;
      const columns = this.kept.get(list.collection) ?? new Columns(ids);
      missing.forEach((name, at) => columns.add(name, ids, cells[at] ?? []));
      this.kept.set(list.collection, columns);
      await this.changeOne(inside, list, columns, late, layer);
    });
  }

  /** Reads a layer of so many rows that is about to show, slice by slice: in the transaction that shows it everybody would wait for that. */
  async readAhead(list: ListTable, rows: number, slices: Pick<Slices, "tx" | "pause">): Promise<void> {
    const columns = this.kept.get(list.collection);
    if (columns === undefined || rows > MOST_CHANGES) return;
    const { names } = columns;
    const ids: string[] = [];
    const cells: Cell[][] = names.map(() => []);
    this.ahead.set(list.collection, { names, ids, cells, written: new Map() });
    const pace = new Pace(SLICE_ROWS, SLICE_MS, SLICE_ROWS / 4);
    while (await pace.slice((size) => slices.tx((inside) => slice(inside, tableOf(list, LAYER), names, size, ids, cells)))) await slices.pause();
  }

  /** Inside a transaction, at its end: what it did. `layer`: collections whose staged rows stand before the list's. */
  async follow(inside: Inside, described: Described, { rows, showing, moved }: Wrote, layer: readonly string[]): Promise<void> {
    for (const reading of this.readings.values()) for (const some of [rows, showing, moved]) for (const [collection, ids] of some) wrote(reading.written, collection, ids);
    for (const { written } of this.ahead.values()) for (const [collection, ids] of rows) wrote(written, collection, ids);
    for (const collection of new Set([...rows.keys(), ...showing.keys()])) {
      const ahead = this.ahead.get(collection);
      if (showing.has(collection)) this.ahead.delete(collection);
      const columns = this.kept.get(collection);
      const list = described.lists[collection];
      if (columns === undefined || list === undefined) continue;
      const [written, shows] = [rows.get(collection), showing.get(collection)];
      const ids = new Set([...(written ?? []), ...(shows ?? [])]);
      if (written === null || shows === null || ids.size > MOST_CHANGES) this.kept.delete(collection);
      else await this.changeOne(inside, list, columns, ids, layer, shows === undefined ? undefined : ahead);
    }
  }

  private async changeOne(inside: Inside, list: ListTable, columns: Columns, ids: ReadonlySet<string>, layer: readonly string[], ahead?: Ahead): Promise<void> {
    const { names } = columns;
    const left = new Set(ids);
    const found: string[] = [];
    const cells: Cell[][] = names.map(() => []);
    takeAhead(ahead, list.collection, names, left, found, cells);
    const take = async (table: string, where: string): Promise<void> => {
      if (left.size === 0) return;
      const rows = `SELECT ${namesIn(names)} FROM ${table} AS l WHERE l.id IN (SELECT value FROM json_each(?)) ${where}`;
      const before = found.length;
      await arrays(inside, rows, [JSON.stringify([...left])], names, found, cells);
      for (const id of found.slice(before)) left.delete(id);
    };
    if (layer.includes(list.collection)) {
      await take(tableOf(list, LAYER), "");
      await take(tableOf(list), `AND NOT EXISTS (SELECT 1 FROM staged AS t WHERE t.collection = '${list.collection}' AND t.id = l.id)`);
    } else {
      await take(tableOf(list), "");
    }
    columns.change(found, cells, [...left]);
  }
}

/** Rows that were read ahead and are the same still: out of `left`, to `found` and `cells`. */
function takeAhead(ahead: Ahead | undefined, collection: string, names: readonly string[], left: Set<string>, found: string[], cells: readonly Cell[][]): void {
  const changed = ahead?.written.get(collection) ?? new Set<string>();
  if (ahead === undefined || ahead.written.get(collection) === null || ahead.names.join() !== names.join()) return;
  ahead.ids.forEach((id, at) => {
    if (changed.has(id) || !left.delete(id)) return;
    found.push(id);
    cells.forEach((some, nth) => some.push(ahead.cells[nth]?.[at] ?? null));
  });
}

/** A table's rows behind the last of `ids`; how many they are. */
async function slice(inside: Inside, table: string, names: readonly string[], size: number, ids: string[], cells: readonly Cell[][]): Promise<number> {
  const before = ids.length;
  await arrays(inside, `SELECT ${namesIn(names)} FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`, [ids.at(-1) ?? "", size], names, ids, cells);
  return ids.length - before;
}

/** Rows, column by column, as arrays that SQLite writes: a call for each cell would take longer. */
async function arrays(inside: Inside, rows: string, parameters: readonly Value[], names: readonly string[], ids: string[], cells: readonly Cell[][]): Promise<void> {
  const columns = ["id", ...names].map((name) => `json_group_array(${quoted(name)})`);
  const [found = []] = await inside.query(`SELECT ${columns.join(", ")} FROM (${rows})`, parameters);
  const [some = [], ...rest] = found.map((text) => JSON.parse(String(text)) as Cell[]);
  for (const id of some) ids.push(String(id));
  rest.forEach((values, at) => {
    for (const value of values) cells[at]?.push(value);
  });
}

function namesIn(names: readonly string[]): string {
  return ["id", ...names].map(quoted).join(", ");
}
