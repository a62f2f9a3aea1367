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

export async function* allRows(device: Device, query: WindowQuery): AsyncGenerator<readonly Row[]> {
  for (let offset = 0; ; offset += AT_ONCE) {
    const { rows, total } = await device.list({ ...query, limit: AT_ONCE, offset });
    yield rows;
    if (rows.length === 0 || offset + rows.length >= total) return;
  }
}

export async function* theseRows(device: Device, collection: string, ids: readonly string[]): AsyncGenerator<readonly Row[]> {
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
