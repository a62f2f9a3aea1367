/** What rows are called as plain text, many at once: also those that are called by what they refer to. */
import type { Device, Row } from "~/device/api";
import { say, type Language } from "~/values/words";
import { entityOf } from "./described";
import type { NameOf } from "./field_text";
import { namingReferences, titleOf } from "./title_of";

export interface RowAt {
  readonly collection: string;
  readonly id: string;
}

/** A count's line is called by its count, and that by its warehouse; further than that nothing goes. */
const MOST_STEPS = 3;
const AT_ONCE = 500;

/** Null for what is not on this device, or leads to nothing that has a name. */
export async function rowNames(device: Pick<Device, "rows">, wanted: readonly RowAt[], language: Language): Promise<NameOf> {
  const found = new Map<string, Row>();
  let asked = wanted;
  for (let step = 0; step < MOST_STEPS && asked.length > 0; step++) {
    const rows = await rowsAt(device, asked.filter((at) => !found.has(keyOf(at))));
    for (const [key, { row }] of rows) found.set(key, row);
    asked = [...rows.values()].flatMap(({ collection, row }) => (ownName(collection, row, language) === "" ? namedBy(collection, row) : []));
  }
  const nameOf = (collection: string, id: string): string | null => {
    const row = found.get(keyOf({ collection, id }));
    if (row === undefined) return null;
    const title = ownName(collection, row, language);
    return title !== "" ? title : namedBy(collection, row).flatMap((at) => nameOf(at.collection, at.id) ?? []).join(" · ") || null;
  };
  return nameOf;
}

/** The collections whose rows such names are made of. */
export function namingCollections(collections: Iterable<string>): readonly string[] {
  const found = new Set(collections);
  for (const collection of found) for (const name of namingReferences(collection)) found.add(targetOf(collection, name) ?? collection);
  return [...found].sort();
}

/** An entry of the inbox is called by what was done, not by the code of what came in its way. */
function ownName(collection: string, row: Row, language: Language): string {
  return collection === "inbox" ? say([String(row["whatZh"] ?? ""), String(row["whatEn"] ?? "")], language) : titleOf(collection, row);
}

function keyOf({ collection, id }: RowAt): string {
  return `${collection} ${id}`;
}

function namedBy(collection: string, row: Row): readonly RowAt[] {
  return namingReferences(collection).flatMap((name) => {
    const [target, id] = [targetOf(collection, name), row[name]];
    return target !== null && typeof id === "string" ? [{ collection: target, id }] : [];
  });
}

function targetOf(collection: string, field: string): string | null {
  return entityOf(collection)?.fields.find((one) => one.name === field)?.refersTo ?? null;
}

async function rowsAt(device: Pick<Device, "rows">, asked: readonly RowAt[]): Promise<ReadonlyMap<string, { readonly collection: string; readonly row: Row }>> {
  const byCollection = new Map<string, Set<string>>();
  for (const { collection, id } of asked) byCollection.set(collection, (byCollection.get(collection) ?? new Set()).add(id));
  const found = new Map<string, { readonly collection: string; readonly row: Row }>();
  for (const [collection, ids] of byCollection) {
    const all = [...ids];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      // Of what the company does not have, or the member may not see, the device knows no collection.
      const rows = await device.rows(collection, all.slice(from, from + AT_ONCE)).catch(() => []);
      for (const row of rows) found.set(keyOf({ collection, id: row.id }), { collection, row });
    }
  }
  return found;
}
