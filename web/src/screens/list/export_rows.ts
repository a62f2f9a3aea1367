/** What a list shows as a CSV file, made on this device. */
import type { Device, Row } from "~/device/api";
import type { WindowQuery } from "~/data/list_windows";
import { valueOf } from "~/ui/described";
import { cellText, type NameOf } from "~/ui/field_text";
import { titleOf } from "~/ui/title_of";
import type { Field } from "~/values/description";
import { csvFile } from "~/values/csv";
import { say, type Language, type Words } from "~/values/words";

const AT_ONCE = 1_000;
/** So many a device answers at most. */
const MOST_ROWS = 5_000;
const MOST_ROUNDS = 3;

type Lists = Pick<Device, "list" | "rows">;

/** All rows of the query, or those given, in the list's columns. An amount's currency stands in a column behind it. */
export async function csvOf(device: Device, fields: readonly Field[], rows: AsyncIterable<readonly Row[]>, language: Language, isCancelled: () => boolean): Promise<Blob | null> {
  const lines: string[][] = [header(fields, language)];
  for await (const some of rows) {
    if (isCancelled()) return null;
    const nameOf = await names(device, fields, some);
    for (const row of some) lines.push(line(fields, row, language, nameOf));
  }
  return csvFile(lines);
}

/** Every row that is in the list from the beginning to the end, once, in the list's order as it is at the beginning. Rows may
 * change meanwhile: a list of one answer is of one instant, of a longer one the ids are read before any row is. */
export async function* allRows(device: Lists, query: WindowQuery, isCancelled: () => boolean = () => false): AsyncGenerator<readonly Row[]> {
  const first = await device.list({ ...query, limit: MOST_ROWS, offset: 0 });
  if (first.rows.length < first.total) yield* theseRows(device, query.collection, await idsOf(device, query, isCancelled));
  else for (let from = 0; from < first.rows.length; from += AT_ONCE) yield first.rows.slice(from, from + AT_ONCE);
}

/** A row that changes while the pages are read may slip between two of them, and pushes others over their edges. Ids never change:
 * page by page in their order nothing slips. What that finds besides sends the reader through the pages again; where the list does
 * not come to rest, it stands at the end. */
async function idsOf(device: Lists, query: WindowQuery, isCancelled: () => boolean): Promise<readonly string[]> {
  for (let round = 1; ; round++) {
    const inOrder = new Set<string>();
    for (let offset = 0, total = 1; offset < total && !isCancelled(); ) {
      const page = await device.list({ ...query, limit: MOST_ROWS, offset });
      for (const { id } of page.rows) inOrder.add(id);
      offset += page.rows.length;
      total = page.rows.length === 0 ? 0 : page.total;
    }
    const slipped = (await idsById(device, query, isCancelled)).filter((id) => !inOrder.has(id));
    if (slipped.length === 0 || round === MOST_ROUNDS || isCancelled()) return [...inOrder, ...slipped];
  }
}

async function idsById(device: Lists, query: WindowQuery, isCancelled: () => boolean): Promise<readonly string[]> {
  const ids: string[] = [];
  while (!isCancelled()) {
    const last = ids.at(-1);
    const where = last === undefined ? (query.where ?? []) : [...(query.where ?? []), { field: "id", op: "gt", value: last } as const];
    const { rows, total } = await device.list({ ...query, where, orderBy: [{ field: "id" }], limit: MOST_ROWS, offset: 0 });
    for (const { id } of rows) ids.push(id);
    if (rows.length === 0 || rows.length >= total) break;
  }
  return ids;
}

export async function* theseRows(device: Lists, collection: string, ids: readonly string[]): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < ids.length; from += AT_ONCE) yield await device.rows(collection, ids.slice(from, from + AT_ONCE));
}

const currencyOf = ([zh, en]: Words): Words => [`${zh}币种`, `${en} currency`];

function header(fields: readonly Field[], language: Language): string[] {
  return fields.flatMap(({ label, currencyField }) => (currencyField === null ? [label] : [label, currencyOf(label)])).map((words) => say(words, language));
}

function line(fields: readonly Field[], row: Row, language: Language, nameOf: NameOf): string[] {
  return fields.flatMap((field) => {
    const cell = cellText(field, valueOf(row, field), { language, row, nameOf });
    return field.currencyField === null ? [cell] : [cell, String(row[field.currencyField] ?? "")];
  });
}

async function names(device: Device, fields: readonly Field[], rows: readonly Row[]): Promise<NameOf> {
  const wanted = new Map<string, Set<string>>();
  for (const field of fields) {
    if (field.refersTo === null) continue;
    const ids = wanted.get(field.refersTo) ?? new Set<string>();
    wanted.set(field.refersTo, ids);
    for (const row of rows) for (const id of [valueOf(row, field)].flat()) if (typeof id === "string") ids.add(id);
  }
  const called = new Map<string, string>();
  for (const [collection, ids] of wanted) for (const row of await device.rows(collection, [...ids])) called.set(`${collection} ${row.id}`, titleOf(collection, row));
  return (collection, id) => called.get(`${collection} ${id}`) ?? null;
}
