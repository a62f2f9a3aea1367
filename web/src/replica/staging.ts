/** Pages beside the rows until all of an instant is here (PROTOCOL.md, 3.3): written in slices, counted at once. */
import type { JsonObject } from "~/values/json";
import type { Inside } from "./driver";
import { isErased, listBase, unlist, type Described } from "./list_tables";
import { idOf } from "./pages";
import { rowOf, type RowsFile } from "./rows_file";
import { textOf, unindex } from "./search_index";
import type { Page } from "./store_api";

const SLICE_ROWS = 400;

/** Lets whoever waits go first: reads, and what a person does. */
export function pause(): Promise<void> {
  return new Promise((after) => setTimeout(after, 0));
}

/** Writes a page's rows beside the others. They count from the transaction on that raises `staged_to` to the answer. */
export async function stage(file: RowsFile, page: Page): Promise<number> {
  let at = file.meta.staged_to;
  for (const section of page.sections) {
    at += 1;
    const mine = at;
    if (section.mode === "replace" || section.mode === "drop") {
      await file.tx((inside) => inside.run("INSERT OR REPLACE INTO replacing (collection, at) VALUES (?, ?)", [section.collection, mine]));
    }
    const rows = [...section.removes.map((id) => [id, null] as const), ...section.puts.map((text) => [idOf(text), text] as const)];
    for (let from = 0; from < rows.length; from += SLICE_ROWS) {
      const slice = rows.slice(from, from + SLICE_ROWS);
      await file.tx((inside) =>
        inside.runMany("INSERT OR REPLACE INTO staged (collection, id, at, data) VALUES (?, ?, ?, ?)", slice.map(([id, text]) => [section.collection, id, mine, text])),
      );
      if (from + SLICE_ROWS < rows.length) await pause();
    }
  }
  return at;
}

/** What a page, or all that is staged, does to the rows. */
export interface Arriving {
  readonly collection: string;
  readonly id: string;
  /** Null: it leaves. */
  readonly text: string | null;
}

/** The latest word about each row that is staged, at most so many, in the file's own order. */
export async function staged(inside: Pick<Inside, "query">, most: number): Promise<readonly Arriving[]> {
  const rows = await inside.query("SELECT collection, id, data, max(at) FROM staged GROUP BY collection, id ORDER BY collection, id LIMIT ?", [most]);
  return rows.map(([collection, id, text]) => ({ collection: String(collection), id: String(id), text: text === null ? null : String(text) }));
}

/** What was staged of a collection before it began anew counts no more; the collections of which nothing stays. */
export async function begunAnew(inside: Inside): Promise<readonly string[]> {
  await inside.run("DELETE FROM staged WHERE at < (SELECT max(r.at) FROM replacing AS r WHERE r.collection = staged.collection)");
  return (await inside.query("SELECT DISTINCT collection FROM replacing ORDER BY collection")).map(([collection]) => String(collection));
}

/** Into the base, out of what is staged; and into the lists, where the file has them. The ids of persons who are erased. */
export async function settle(inside: Inside, described: Described | null, arriving: readonly Arriving[]): Promise<readonly string[]> {
  const erased: string[] = [];
  for (const [collection, rows] of byCollection(arriving)) {
    const gone = rows.flatMap(({ id, text }) => (text === null ? [id] : []));
    const come = rows.flatMap(({ id, text }) => (text === null ? [] : [[id, text, rowOf(text)] as const]));
    if (gone.length > 0) await inside.run("DELETE FROM base WHERE collection = ? AND id IN (SELECT value FROM json_each(?))", [collection, JSON.stringify(gone)]);
    await inside.runMany(
      "INSERT INTO base (collection, id, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
      come.map(([id, text]) => [collection, id, text]),
    );
    await inside.runMany("DELETE FROM staged WHERE collection = ? AND id = ?", rows.map(({ id }) => [collection, id]));
    for (const [id, , row] of come) if (isErased(row)) erased.push(id);
    if (described !== null) await settleLists(inside, described, collection, gone, come.map(([id, , row]) => [id, row]));
  }
  return erased;
}

async function settleLists(inside: Inside, described: Described, collection: string, gone: readonly string[], come: readonly (readonly [string, JsonObject])[]): Promise<void> {
  const list = described.lists[collection];
  const hidden = [...gone, ...come.filter(([, row]) => isErased(row)).map(([id]) => id)];
  if (list !== undefined) {
    await unlist(inside, list, hidden);
    await listBase(inside, list, come);
  }
  if (described.searched[collection] === undefined) return;
  await unindex(inside, collection, hidden);
  await index(inside, described, collection, come);
}

/** Into the search. */
export async function index(inside: Inside, described: Described, collection: string, rows: readonly (readonly [id: string, row: JsonObject])[]): Promise<void> {
  const fields = described.searched[collection];
  const texts = rows.flatMap(([id, row]) => {
    const text = isErased(row) ? null : textOf(fields, row);
    return text === null ? [] : [[collection, id, text]];
  });
  await inside.runMany("INSERT OR REPLACE INTO search (collection, id, text) VALUES (?, ?, ?)", texts);
}

export function byCollection(rows: readonly Arriving[]): ReadonlyMap<string, readonly Arriving[]> {
  const found = new Map<string, Arriving[]>();
  for (const row of rows) {
    const rest = found.get(row.collection);
    if (rest === undefined) found.set(row.collection, [row]);
    else rest.push(row);
  }
  return found;
}

/** Fills the lists of a file that came without them, slice by slice. */
export async function fillLists(file: RowsFile, described: Described): Promise<void> {
  for (const list of Object.values(described.lists)) {
    await eachSlice(file, list.collection, (inside, rows) => listBase(inside, list, rows));
  }
  await file.put({ listsHash: described.listsHash });
}

/** Goes through a collection's base rows in slices, each a transaction, with room between. */
export async function eachSlice(file: RowsFile, collection: string, work: (inside: Inside, rows: readonly (readonly [id: string, row: JsonObject])[]) => Promise<void>): Promise<void> {
  let after = "";
  for (;;) {
    const from = after;
    const last = await file.tx(async (inside) => {
      const found = await inside.query("SELECT id, data FROM base WHERE collection = ? AND id > ? ORDER BY id LIMIT ?", [collection, from, SLICE_ROWS]);
      if (found.length > 0) await work(inside, found.map(([id, text]) => [String(id), rowOf(String(text))]));
      return found.length < SLICE_ROWS ? null : String(found.at(-1)?.[0]);
    });
    if (last === null) return;
    after = last;
    await pause();
  }
}

/** The ids of erased persons among all base rows. */
export async function erasedIn(file: RowsFile, described: Described): Promise<readonly string[]> {
  const found: string[] = [];
  for (const collection of Object.keys(described.lists)) {
    let after: string | null = "";
    while (after !== null) {
      const rows = await file.query("SELECT id, instr(data, '\"erasedAt\":\"') FROM base WHERE collection = ? AND id > ? ORDER BY id LIMIT 4000", [collection, after]);
      for (const [id, at] of rows) if (Number(at) > 0) found.push(String(id));
      after = rows.length < 4_000 ? null : String(rows.at(-1)?.[0]);
      if (after !== null) await pause();
    }
  }
  return found;
}
