/** The tables that lists are read from: for each collection the columns that rows are filtered and sorted by.
 *
 * `id`, the columns of the description, `_state`, and `_data`: the row's text where it is another than the server's.
 */
import { sortKey } from "~/values/pinyin";
import type { ListTable } from "~/values/description";
import type { JsonObject } from "~/values/json";
import type { Inside, Value } from "./driver";

/** What the product says of its rows, as far as the replica needs it. */
export interface Described {
  readonly lists: Readonly<Record<string, ListTable>>;
  readonly listsHash: string;
  /** By collection: the fields that are searched, by how. */
  readonly searched: Readonly<Record<string, SearchedFields>>;
}

export type SearchedFields = Readonly<Partial<Record<"name" | "code" | "phone" | "email", readonly string[]>>>;

export interface Listed {
  readonly id: string;
  readonly row: JsonObject;
  readonly state: string | null;
  /** The row's text; null: the base row's. */
  readonly text: string | null;
}

/** The place of rows that show before they are merged. */
export const LAYER = "next_";

/** A transaction of the rows' file: it hears which rows of the lists, as they show, are written; null: any. */
export interface ListsInside extends Inside {
  listed(collection: string, ids: Iterable<string> | null): void;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function tableOf(list: ListTable, prefix = ""): string {
  return quoted(prefix + list.table);
}

export async function makeTable(inside: Inside, list: ListTable, prefix = ""): Promise<void> {
  const columns = list.columns.map((column) => `${quoted(column.name)} ${column.type}`);
  await inside.run(`CREATE TABLE IF NOT EXISTS ${tableOf(list, prefix)} (${["id TEXT PRIMARY KEY NOT NULL", ...columns, "_state TEXT", "_data TEXT"].join(", ")}) WITHOUT ROWID`);
}

export async function makeIndexes(inside: Inside, list: ListTable): Promise<void> {
  for (const [number, columns] of list.indexes.entries()) {
    const name = quoted(`${list.table}_${number}`);
    await inside.run(`CREATE INDEX IF NOT EXISTS ${name} ON ${tableOf(list)} (${columns.map(quoted).join(", ")})`);
  }
  await makeOurs(inside, list);
}

/** Rows on their way, and those in the recycle bin, are few: they are found without looking at the others. */
export async function makeOurs(inside: Inside, list: ListTable): Promise<void> {
  if (isArchivable(list)) {
    await inside.run(`CREATE INDEX IF NOT EXISTS ${quoted(`${list.table}_bin`)} ON ${tableOf(list)} (archivedAt) WHERE archivedAt IS NOT NULL`);
  }
  await inside.run(`CREATE INDEX IF NOT EXISTS ${quoted(`${list.table}_ours`)} ON ${tableOf(list)} (_state) WHERE _state IS NOT NULL OR _data IS NOT NULL`);
}

export async function dropTable(inside: Inside, table: string): Promise<void> {
  await inside.run(`DROP TABLE IF EXISTS ${quoted(table)}`);
}

/** Rows of base as they are into a table that has none of them: given (id, keys…) as one JSON list, in one statement. */
export async function fillBase(inside: Inside, list: ListTable, rows: readonly (readonly [id: string, row: JsonObject])[]): Promise<void> {
  const keys = keysOf(list);
  const given = rows.filter(([, row]) => !isErased(row)).map(([id, row]) => [id, ...keys.map((field) => keyOf(row, field))]);
  if (given.length === 0) return;
  let key = 0;
  const values = list.columns.map((column) =>
    column.path === null ? `json_extract(s.value, '$[${++key}]')` : `json_extract(b.data, ${literal(column.path)})`,
  );
  await inside.run(
    `INSERT OR REPLACE INTO ${tableOf(list)} SELECT ${["b.id", ...values, "NULL", "NULL"].join(", ")} FROM json_each(?) AS s ` +
      "CROSS JOIN base AS b WHERE b.collection = ? AND b.id = json_extract(s.value, '$[0]')",
    [JSON.stringify(given), list.collection],
  );
}

/** Rows of base as they are; those that are listed already are written where they differ. */
export function listBase(inside: ListsInside, list: ListTable, rows: readonly (readonly [id: string, row: JsonObject])[]): Promise<void> {
  return listRows(inside, list, rows.filter(([, row]) => !isErased(row)).map(([id, row]) => ({ id, row, state: null, text: null })));
}

/** Rows with their states, and with their texts where the base has others. Of those that are listed already only what is
 * different is written: each index that a statement names costs as much as the row itself. */
export async function listRows(inside: ListsInside, list: ListTable, rows: readonly Listed[], prefix = ""): Promise<void> {
  if (rows.length === 0) return;
  if (prefix === "") inside.listed(list.collection, rows.map(({ id }) => id));
  const table = tableOf(list, prefix);
  const columns = columnsOf(list);
  const keys = keysOf(list);
  const given = new Map(rows.map(({ id, row, state, text }) => [id, [id, state, text, ...keys.map((field) => keyOf(row, field))]]));
  const different = columns.map(({ name, value }) => `(${value} IS NOT o.${name})`).join(" || ");
  const found = await inside.query(
    `SELECT json_extract(s.value, '$[0]'), CASE WHEN o.id IS NULL THEN '' ELSE ${different} END FROM ${GIVEN} ` +
      `LEFT JOIN ${table} AS o ON o.id = json_extract(s.value, '$[0]')`,
    [JSON.stringify([...given.values()]), list.collection],
  );
  const alike = new Map<string, (readonly Value[])[]>();
  for (const [id, marks] of found) {
    const same = alike.get(String(marks)) ?? [];
    same.push(given.get(String(id)) ?? []);
    alike.set(String(marks), same);
  }
  for (const [marks, some] of alike) {
    const told = [JSON.stringify(some), list.collection];
    const changed = columns.filter((_, at) => marks[at] === "1");
    if (marks === "") {
      await inside.run(`INSERT INTO ${table} SELECT ${["json_extract(s.value, '$[0]')", ...columns.map(({ value }) => value)].join(", ")} FROM ${GIVEN}`, told);
    } else if (changed.length > 0) {
      const sets = changed.map(({ name, value }) => `${name} = ${value}`).join(", ");
      await inside.run(`UPDATE ${table} AS o SET ${sets} FROM ${GIVEN} WHERE o.id = json_extract(s.value, '$[0]')`, told);
    }
  }
}

/** (id, state, text, keys…) of each row, ?1, beside what the base of the collection, ?2, has of it. */
const GIVEN = "json_each(?1) AS s LEFT JOIN base AS b ON b.collection = ?2 AND b.id = json_extract(s.value, '$[0]')";
const TEXT = "coalesce(json_extract(s.value, '$[2]'), b.data)";
const FIRST_KEY = 3;

/** The columns behind the id, and what stands in them. */
function columnsOf(list: ListTable): readonly { readonly name: string; readonly value: string }[] {
  let key = FIRST_KEY;
  return [
    ...list.columns.map(({ name, path }) => ({ name: quoted(name), value: path === null ? `json_extract(s.value, '$[${key++}]')` : `json_extract(${TEXT}, ${literal(path)})` })),
    { name: "_state", value: "json_extract(s.value, '$[1]')" },
    { name: "_data", value: "json_extract(s.value, '$[2]')" },
  ];
}

export function isArchivable(list: ListTable): boolean {
  return list.columns.some(({ name }) => name === "archivedAt");
}

export async function unlist(inside: ListsInside, list: ListTable, ids: readonly string[], prefix = ""): Promise<void> {
  if (ids.length === 0) return;
  if (prefix === "") inside.listed(list.collection, ids);
  await inside.run(`DELETE FROM ${tableOf(list, prefix)} WHERE id IN (SELECT value FROM json_each(?))`, [JSON.stringify(ids)]);
}

/** A person who was erased is shown nowhere. */
export function isErased(row: JsonObject): boolean {
  return row["erasedAt"] !== null && row["erasedAt"] !== undefined;
}

function keysOf(list: ListTable): readonly string[] {
  return list.columns.flatMap((column) => (column.path === null && column.keyOf !== null ? [column.keyOf] : []));
}

function keyOf(row: JsonObject, field: string): string | null {
  const value = row[field];
  return typeof value === "string" ? sortKey(value) : null;
}

/** Paths come with the app, never from what a person typed. */
function literal(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}
