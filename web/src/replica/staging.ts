/** Pages beside the rows until all of an instant is here (PROTOCOL.md, 3.3): written in slices, counted at once. */
import type { JsonObject } from "~/values/json";
import type { Found, Inside } from "./driver";
import { dropTable, fillBase, isErased, LAYER, listBase, listRows, type Listed, type ListsInside, makeIndexes, makeTable, unlist, type Described } from "./list_tables";
import { Pace, pause, SLICE_MS } from "./pace";
import { idOf } from "./pages";
import { rowOf, type RowsFile } from "./rows_file";
import { PUT_TEXT, textOf, unindex } from "./search_index";
import type { Page } from "./store_api";

const SLICE_ROWS = 400;
const FILLED_ROWS = 2_000;
/** So many rows go into lists and indexes in a moment that nobody notices. */
export const MERGED_ROWS = 100;

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

/** The latest word about each row that is staged, at most so many, in the file's own order, behind a place. */
export async function staged(inside: Pick<Inside, "query">, most: number, after: readonly [collection: string, id: string] = ["", ""]): Promise<readonly Arriving[]> {
  const rows = await inside.query(
    "SELECT collection, id, data, max(at) FROM staged WHERE (collection, id) > (?, ?) GROUP BY collection, id ORDER BY collection, id LIMIT ?",
    [...after, most],
  );
  return arrivingIn(rows);
}

/** Of these rows, those that are staged. */
export async function stagedOf(inside: Pick<Inside, "query">, collection: string, ids: Iterable<string> | null): Promise<readonly Arriving[]> {
  const among = ids === null ? "" : "AND id IN (SELECT value FROM json_each(?))";
  const rows = await inside.query(
    `SELECT collection, id, data, max(at) FROM staged WHERE collection = ? ${among} GROUP BY collection, id`,
    ids === null ? [collection] : [collection, JSON.stringify([...ids])],
  );
  return arrivingIn(rows);
}

function arrivingIn(rows: Found): readonly Arriving[] {
  return rows.map(([collection, id, text]) => ({ collection: String(collection), id: String(id), text: text === null ? null : String(text) }));
}

/** What is staged beside the lists. `ids`: by collection, those that leave too. `erased`: of persons. */
export interface Layer {
  readonly names: readonly string[];
  readonly ids: ReadonlyMap<string, readonly string[]>;
  readonly erased: readonly string[];
}

export const NO_LAYER: Layer = { names: [], ids: new Map(), erased: [] };

/** Makes the layer's tables of what is staged, slice by slice; nothing of it shows yet. Collections in `directly` have none:
 * their rows are merged when all shows. */
export async function makeLayer(file: RowsFile, described: Described, directly: ReadonlySet<string>): Promise<Layer> {
  const names = await file.tx(async (inside) => {
    const found = (await inside.query("SELECT DISTINCT collection FROM staged")).map(([collection]) => String(collection));
    const layered = found.filter((collection) => described.lists[collection] !== undefined && !directly.has(collection));
    for (const list of layered.flatMap((collection) => described.lists[collection] ?? [])) {
      await dropTable(inside, LAYER + list.table);
      await makeTable(inside, list, LAYER);
    }
    return layered;
  });
  const ids = new Map<string, string[]>(names.map((name) => [name, []]));
  const erased: string[] = [];
  for (let after: readonly [string, string] = ["", ""]; ; ) {
    const from = after;
    const slice = await file.tx(async (inside) => {
      const arriving = await staged(inside, MERGED_ROWS, from);
      for (const [collection, some] of byCollection(arriving)) {
        const list = names.includes(collection) ? described.lists[collection] : undefined;
        if (list === undefined) continue;
        const rows: Listed[] = [];
        for (const { id, text } of some) {
          const row = text === null ? null : rowOf(text);
          ids.get(collection)?.push(id);
          if (row !== null && isErased(row)) erased.push(id);
          else if (row !== null) rows.push({ id, row, state: null, text });
        }
        await listRows(inside, list, rows, LAYER);
      }
      return arriving;
    });
    const last = slice.at(-1);
    if (last === undefined || slice.length < MERGED_ROWS) break;
    after = [last.collection, last.id];
    await pause();
  }
  for (const [name, some] of ids) {
    const list = described.lists[name];
    if (list !== undefined) await file.lists.readAhead(list, some.length, { tx: file.tx.bind(file), pause });
  }
  return { names, ids, erased };
}

/** What was staged of a collection before it began anew counts no more; the collections of which nothing stays. */
export async function begunAnew(inside: Inside): Promise<readonly string[]> {
  await inside.run("DELETE FROM staged WHERE at < (SELECT max(r.at) FROM replacing AS r WHERE r.collection = staged.collection)");
  return (await inside.query("SELECT DISTINCT collection FROM replacing ORDER BY collection")).map(([collection]) => String(collection));
}

/** Into the base, out of what is staged; and into the lists, where the file has them. The ids of persons who are erased. */
export async function settle(inside: ListsInside, described: Described | null, arriving: readonly Arriving[], layer: readonly string[] = []): Promise<readonly string[]> {
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
    if (described !== null) await settleLists(inside, described, collection, gone, come.map(([id, , row]) => [id, row]), layer);
  }
  return erased;
}

async function settleLists(inside: ListsInside, described: Described, collection: string, gone: readonly string[], come: readonly (readonly [string, JsonObject])[], layer: readonly string[]): Promise<void> {
  const list = described.lists[collection];
  const hidden = [...gone, ...come.filter(([, row]) => isErased(row)).map(([id]) => id)];
  if (list !== undefined) {
    await unlist(inside, list, hidden);
    await listBase(inside, list, come);
    if (layer.includes(collection)) await unlist(inside, list, [...gone, ...come.map(([id]) => id)], LAYER);
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
  await inside.runMany(PUT_TEXT, texts);
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
  const lists = Object.values(described.lists);
  const held: (typeof lists)[number][] = [];
  await file.tx(async (inside) => {
    for (const list of lists) {
      if ((await inside.query("SELECT 1 FROM base WHERE collection = ? LIMIT 1", [list.collection])).length > 0) held.push(list);
      else await makeIndexes(inside, list);
    }
  });
  for (const list of held) {
    await eachSlice(file, list.collection, (inside, rows) => fillBase(inside, list, rows), { most: FILLED_ROWS });
    await file.tx((inside) => makeIndexes(inside, list));
    await pause();
  }
  await file.put({ listsHash: described.listsHash });
}

/** Goes through a collection's base rows in slices, each a transaction, with room between. */
export async function eachSlice(file: RowsFile, collection: string, work: (inside: Inside, rows: readonly (readonly [id: string, row: JsonObject])[]) => Promise<void>, { most = SLICE_ROWS, aimMs = SLICE_MS, between = pause }: Slicing = {}): Promise<void> {
  let after = "";
  const pace = new Pace(most, aimMs);
  for (;;) {
    const from = after;
    const more = await pace.slice((size) =>
      file.tx(async (inside) => {
        const found = await inside.query("SELECT id, data FROM base WHERE collection = ? AND id > ? ORDER BY id LIMIT ?", [collection, from, size]);
        if (found.length > 0) await work(inside, found.map(([id, text]) => [String(id), rowOf(String(text))]));
        after = String(found.at(-1)?.[0] ?? "");
        return found.length;
      }),
    );
    if (!more) return;
    await between();
  }
}

/** How slices follow each other. `most`: rows of the first. `aimMs`: how long one may take. */
interface Slicing {
  readonly most?: number;
  readonly aimMs?: number;
  readonly between?: () => Promise<void>;
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
