/** Keeps the lists true: base rows under what was done here, written where lists are read from. */
import type { Json, JsonObject } from "~/values/json";
import type { ListTable } from "~/values/description";
import { touch, type Done, type Touched } from "./done";
import type { Inside, Value } from "./driver";
import { isErased, listRows, type ListsInside, quoted, type Listed, tableOf, unlist, type Described } from "./list_tables";
import { additions, equal, takings, type Addition } from "./overlay";
import { baseText, baseTextsOf, rowOf } from "./rows_file";
import { indexText, unindex } from "./search_index";
import { settle, stagedOf } from "./staging";
import { shownRow } from "./states";
import type { Queued, Takes } from "./store_api";

const MOST_CANDIDATES = 20;

export interface Refreshing {
  /** Only these mutations are new since the lists were true, and nothing else changed. */
  readonly newest?: readonly Queued[];
  /** Collections with rows that show before they are merged: what is touched is merged first. */
  readonly layer?: readonly string[];
}

/** Writes these rows anew as they show under `done`, and what the queue adds to rows of their collections. */
export async function refresh(inside: ListsInside, described: Described, touched: Touched, done: Done, { newest = [], layer = [] }: Refreshing = {}): Promise<void> {
  for (const collection of layer) {
    const ids = touched.get(collection);
    if (ids !== undefined && ids.size > 0) await settle(inside, described, await stagedOf(inside, collection, ids), layer);
  }
  const again = new Set<string>();
  for (const collection of await withAdditions(inside, done)) {
    if (![...relevant(collection, done)].some((name) => touched.has(name))) continue;
    if (newest.length > 0 && onlyAdds(collection, touched, done, newest)) continue;
    again.add(collection);
    for (const [id] of await inside.query("SELECT id FROM added WHERE collection = ?", [collection])) touch(touched, collection, String(id));
    await inside.run("DELETE FROM added WHERE collection = ?", [collection]);
  }
  for (const [collection, ids] of touched) {
    const list = described.lists[collection];
    if (list !== undefined && ids.size > 0) await write(inside, described, list, [...ids], done);
  }
  for (const collection of again) await add(inside, described, collection, done.adders(collection), done);
  for (const queued of newest) {
    for (const collection of new Set(adding(queued))) if (!again.has(collection)) await add(inside, described, collection, [queued], done);
  }
  inside.changed(touched.keys());
  inside.changed(again);
}

function adding(queued: Queued): readonly string[] {
  return [queued.shows.adds?.collection, queued.shows.takes?.collection].filter((name) => name !== undefined);
}

async function withAdditions(inside: Inside, done: Done): Promise<ReadonlySet<string>> {
  const before = (await inside.query("SELECT DISTINCT collection FROM added")).map(([collection]) => String(collection));
  return new Set([...before, ...done.added()]);
}

/** The collections on whose rows the additions to this one depend. */
function relevant(collection: string, done: Done): ReadonlySet<string> {
  const found = new Set([collection]);
  for (const queued of done.adders(collection)) {
    if (queued.collection !== null) found.add(queued.collection);
    for (const child of Object.values(queued.shows.children ?? {})) found.add(child.collection);
    const takes = queued.shows.takes;
    if (takes !== undefined) for (const name of [takes.rows, ...Object.values(takes.only)]) found.add(name);
  }
  return found;
}

/** Whether new mutations do nothing to this collection but add behind what was added before. */
function onlyAdds(collection: string, touched: Touched, done: Done, newest: readonly Queued[]): boolean {
  if (touched.has(collection) && (touched.get(collection)?.size ?? 0) > 0) return false;
  return done.adders(collection).every((queued) => {
    const takes = queued.shows.takes;
    return takes === undefined || newest.includes(queued) || ![takes.rows, ...Object.values(takes.only)].some((name) => touched.has(name));
  });
}

async function write(inside: ListsInside, described: Described, list: ListTable, ids: readonly string[], done: Done): Promise<void> {
  const { collection } = list;
  const texts = await baseTextsOf(inside, collection, ids);
  const absent: string[] = [];
  const shows: Listed[] = [];
  for (const id of ids) {
    const text = texts.get(id) ?? null;
    const base = text === null ? null : rowOf(text);
    const shown = shownRow(base, collection, id, done.of(collection, id), done.memberId);
    if (shown === null || isErased(shown.row)) {
      absent.push(id);
      continue;
    }
    shows.push({ id, row: shown.row, state: shown.state, text: shown.row === base ? null : JSON.stringify(shown.row) });
    await indexText(inside, described, collection, id, shown.row);
  }
  await listRows(inside, list, shows);
  await unlist(inside, list, absent);
  await unindex(inside, collection, absent);
}

/** What mutations add to rows of `collection`, in order, over the rows as they are listed. */
async function add(inside: ListsInside, described: Described, collection: string, adders: readonly Queued[], done: Done): Promise<void> {
  const list = described.lists[collection];
  if (list === undefined) return;
  for (const queued of adders) {
    for (const addition of await additionsOf(inside, described, collection, queued, done)) {
      if (addition.made !== null && queued.shows.takes === undefined && (await baseText(inside, addition.made, addition.id)) !== null) continue;
      const row = addition.apply(await standing(inside, list, addition));
      const id = String(row["id"]);
      await listRows(inside, list, [{ id, row, state: "pending", text: JSON.stringify(row) }]);
      await inside.run("INSERT OR IGNORE INTO added (collection, id) VALUES (?, ?)", [collection, id]);
    }
  }
}

async function additionsOf(inside: Inside, described: Described, collection: string, queued: Queued, done: Done): Promise<readonly Addition[]> {
  const takes = queued.shows.takes;
  if (takes?.collection !== collection) return additions(queued, collection, done.memberId);
  const under = await baseText(inside, queued.collection ?? "", queued.rowId ?? "");
  const moved = under !== null && Object.entries(queued.shows.sets ?? {}).every(([name, value]) => equal(rowOf(under)[name], value));
  if (moved) return []; // the numbers came with it
  const lines = await linesUnder(inside, described, takes, queued, done);
  const only: Record<string, string | null> = {};
  for (const name of Object.values(takes.only)) only[name] = await onlyRow(inside, described, name, done);
  return additions(takings(queued, takes, lines, only), collection, done.memberId);
}

/** The rows under the one that is moved, by the queue alone: what lies in the inbox moves nothing. */
async function linesUnder(inside: Inside, described: Described, takes: Takes, queued: Queued, done: Done): Promise<readonly JsonObject[]> {
  const list = described.lists[takes.rows];
  if (list === undefined) return [];
  const found = await listed(inside, list, { [takes.parent]: queued.rowId }, -1);
  const rows = await Promise.all(found.map((row) => byQueue(inside, takes.rows, row, done)));
  return rows.filter((row) => row !== null && (row["archivedAt"] ?? null) === null && row[takes.parent] === queued.rowId) as JsonObject[];
}

async function onlyRow(inside: Inside, described: Described, collection: string, done: Done): Promise<string | null> {
  const list = described.lists[collection];
  if (list === undefined) return null;
  const found = await listed(inside, list, list.columns.some((column) => column.name === "archivedAt") ? { archivedAt: null } : {}, MOST_CANDIDATES);
  const rows = (await Promise.all(found.map((row) => byQueue(inside, collection, row, done)))).filter((row) => row !== null && (row["archivedAt"] ?? null) === null);
  return rows.length === 1 ? String(rows[0]?.["id"]) : null;
}

async function byQueue(inside: Inside, collection: string, row: JsonObject, done: Done): Promise<JsonObject | null> {
  const id = String(row["id"]);
  if (!done.of(collection, id).some((queued) => done.kept.has(queued))) return row;
  const under = await baseText(inside, collection, id);
  return shownRow(under === null ? null : rowOf(under), collection, id, done.queueOf(collection, id), done.memberId)?.row ?? null;
}

/** The first row in id order whose fields are these. */
async function standing(inside: Inside, list: ListTable, addition: Addition): Promise<JsonObject | null> {
  return (await listed(inside, list, addition.match, 1))[0] ?? null;
}

async function listed(inside: Inside, list: ListTable, fields: JsonObject, most: number): Promise<readonly JsonObject[]> {
  const values: Value[] = [];
  const conditions = Object.entries(fields).map(([name, value]) => {
    values.push(scalar(value));
    const column = list.columns.find((found) => found.name === name && found.path !== null);
    return column === undefined
      ? `json_extract(coalesce(l._data, b.data), ${pathOf(name)}) IS ?`
      : `l.${quoted(name)} IS ?`;
  });
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const rows = await inside.query(
    `SELECT coalesce(l._data, b.data) FROM ${tableOf(list)} AS l LEFT JOIN base AS b ON b.collection = ? AND b.id = l.id ${where} ORDER BY l.id LIMIT ?`,
    [list.collection, ...values, most],
  );
  return rows.map(([text]) => rowOf(String(text))).filter((row) => Object.entries(fields).every(([name, value]) => equal(row[name] ?? null, value)));
}

function scalar(value: Json | undefined): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" ? JSON.stringify(value) : (value as string | number);
}

/** Names of fields come with the member's schema. */
export function pathOf(name: string): string {
  return `'$."${name.replaceAll('"', "").replaceAll("'", "''")}"'`;
}
