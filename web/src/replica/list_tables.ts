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

/** Rows of base as they are: given (id, keys…) as one JSON list, in one statement. */
export async function listBase(inside: Inside, list: ListTable, rows: readonly (readonly [id: string, row: JsonObject])[], prefix = ""): Promise<void> {
  const keys = keysOf(list);
  const given = rows.filter(([, row]) => !isErased(row)).map(([id, row]) => [id, ...keys.map((field) => keyOf(row, field))]);
  if (given.length === 0) return;
  let key = 0;
  const values = list.columns.map((column) =>
    column.path === null ? `json_extract(s.value, '$[${++key}]')` : `json_extract(b.data, ${literal(column.path)})`,
  );
  await inside.run(
    `INSERT OR REPLACE INTO ${tableOf(list, prefix)} SELECT ${["b.id", ...values, "NULL", "NULL"].join(", ")} FROM json_each(?) AS s ` +
      "CROSS JOIN base AS b WHERE b.collection = ? AND b.id = json_extract(s.value, '$[0]')",
    [JSON.stringify(given), list.collection],
  );
}

/** One row with its state, and with its text where the base has another. */
export async function listRow(inside: Inside, list: ListTable, listed: Listed, baseText: string | null, prefix = ""): Promise<void> {
  const keys = keysOf(list);
  let key = 3;
  const values = list.columns.map((column) => (column.path === null ? `?${++key}` : `json_extract(?3, ${literal(column.path)})`));
  const given: Value[] = [listed.id, listed.state, listed.text ?? baseText, ...keys.map((field) => keyOf(listed.row, field))];
  const data = listed.text === null ? "NULL" : "?3";
  await inside.run(`INSERT OR REPLACE INTO ${tableOf(list, prefix)} SELECT ${["?1", ...values, "?2", data].join(", ")}`, given);
}

export function isArchivable(list: ListTable): boolean {
  return list.columns.some(({ name }) => name === "archivedAt");
}

export async function unlist(inside: Inside, list: ListTable, ids: readonly string[], prefix = ""): Promise<void> {
  if (ids.length > 0) await inside.run(`DELETE FROM ${tableOf(list, prefix)} WHERE id IN (SELECT value FROM json_each(?))`, [JSON.stringify(ids)]);
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
