/** What rows are found by: one text each, in marked parts, so that a search sees where in it a word stands. */
import { fold, queryTerm, spellings } from "~/values/pinyin";
import type { JsonObject } from "~/values/json";
import type { Inside } from "./driver";
import { isErased, type Described, type SearchedFields } from "./list_tables";

/** Before each part: which it is. Behind each part: its end. */
export const MARK = { name: "\u0001", code: "\u0002", phone: "\u0003", pinyin: "\u0004", initials: "\u0005", email: "\u0006" } as const;
export const END = "\u000e";

/** The text under which a row is found; null where its collection is not searched, or nothing is to be found by. */
export function textOf(fields: SearchedFields | undefined, row: JsonObject): string | null {
  if (fields === undefined) return null;
  const parts: string[] = [];
  for (const name of valuesOf(row, fields.name)) {
    parts.push(MARK.name + queryTerm(name));
    const { full, initials } = spellings(name);
    if (full[0] !== queryTerm(name)) parts.push(...full.map((text) => MARK.pinyin + text));
    parts.push(...initials.map((text) => MARK.initials + text));
  }
  for (const code of valuesOf(row, fields.code)) parts.push(MARK.code + queryTerm(code));
  for (const phone of valuesOf(row, fields.phone)) parts.push(MARK.phone + digitsOf(phone));
  for (const email of valuesOf(row, fields.email)) parts.push(MARK.email + fold(email).trim());
  return parts.length === 0 ? null : parts.join(END) + END;
}

export function digitsOf(phone: string): string {
  return fold(phone).replace(/[^0-9]+/g, "");
}

function valuesOf(row: JsonObject, fields: readonly string[] = []): readonly string[] {
  return fields.map((field) => row[field]).filter((value): value is string => typeof value === "string" && value !== "");
}

/** Written only where it is another. */
export const PUT_TEXT = "INSERT INTO search (collection, id, text) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text WHERE text <> excluded.text";

export async function indexText(inside: Inside, described: Described, collection: string, id: string, row: JsonObject): Promise<void> {
  const fields = described.searched[collection];
  if (fields === undefined) return;
  const text = isErased(row) ? null : textOf(fields, row);
  if (text === null) await unindex(inside, collection, [id]);
  else await inside.run(PUT_TEXT, [collection, id, text]);
}

export async function unindex(inside: Inside, collection: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await inside.run("DELETE FROM search WHERE collection = ? AND id IN (SELECT value FROM json_each(?))", [collection, JSON.stringify(ids)]);
}
