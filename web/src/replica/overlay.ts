/** What a queued mutation does to the rows at once, before the server has seen it: generic, by its schema (5.2). */
import { decimalOf, spelled } from "~/values/decimal";
import type { Json, JsonObject } from "~/values/json";
import { uuid7 } from "~/values/uuid7";
import type { CommandSchema } from "~/device/api";
import type { Queued, Takes } from "./store_api";

const TAKEN = "taken"; // the items of a transition that takes
const NOT_COMPARED = new Set(["id", "version"]);

/** `credit_grade` → `creditGrade`; a name in camelCase stays. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON values that say the same, whatever the order of their keys. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => equal(item as Json, b[at] as Json));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && equal(a[name], b[name]));
}

/** The row after the mutation; null when there is nothing to show. The row itself is never changed. */
export function effectOn(row: JsonObject | null, queued: Queued, memberId: string | null): JsonObject | null {
  const sets = queued.shows.sets ?? {};
  if (queued.effect === "create") {
    if (row !== null) return row;
    const children = queued.shows.children ?? {};
    const own = Object.fromEntries(Object.entries(queued.arguments).filter(([name]) => !(name in children)));
    return { ...made(queued, queued.rowId, memberId), ...sets, ...own };
  }
  if (row === null) return null;
  switch (queued.effect) {
    case "edit":
      return { ...row, ...edited(row, queued.arguments), updatedAt: queued.madeAt };
    case "transition":
      return { ...row, ...sets, updatedAt: queued.madeAt };
    case "archive":
      return { ...row, archivedAt: row["archivedAt"] || queued.madeAt };
    case "restore":
      return { ...row, archivedAt: null };
    default:
      return row;
  }
}

/** The rows of another collection that a creation makes along with its own, by id. */
export function childRows(queued: Queued, collection: string, memberId: string | null): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const [argument, child] of Object.entries(queued.shows.children ?? {})) {
    if (child.collection !== collection) continue;
    for (const item of items(queued.arguments[argument])) {
      found.set(item.id, { ...made(queued, item.id, memberId), ...item, [child.parent]: queued.rowId });
    }
  }
  return found;
}

/** Every row that the mutation concerns by id: (collection, id). What it adds to is found by values. */
export function* concerns(queued: Queued): Generator<readonly [collection: string, id: string]> {
  if (queued.collection !== null && queued.rowId !== null) yield [queued.collection, queued.rowId];
  for (const [argument, child] of Object.entries(queued.shows.children ?? {})) {
    for (const item of items(queued.arguments[argument])) yield [child.collection, item.id];
  }
}

/** One addition to a row of another collection, in the order in which they are made. */
export interface Addition {
  readonly id: string;
  /** The row that the number came with: with it in the base nothing is added. */
  readonly made: string | null;
  readonly match: JsonObject;
  apply(row: JsonObject | null): JsonObject;
}

/** What a creation adds to rows of `collection`: one item after the other. */
export function additions(queued: Queued, collection: string, memberId: string | null): readonly Addition[] {
  const adds = queued.shows.adds;
  if (adds === undefined || adds === null || adds.collection !== collection) return [];
  const made_ = adds.of ? (queued.shows.children?.[adds.of]?.collection ?? null) : queued.collection;
  const of = adds.of ? items(queued.arguments[adds.of]) : items([queued.arguments]);
  return of.map((item) => {
    const given: JsonObject = { ...queued.arguments, ...item };
    const match = Object.fromEntries(adds.match.map((name) => [name, given[name] ?? null]));
    const change = decimalOf(given[adds.plus]).minus(decimalOf(adds.minus ? given[adds.minus] : null));
    const sets = Object.fromEntries(Object.entries(adds.sets).map(([field, argument]) => [field, given[argument] ?? null]));
    return {
      id: item.id,
      made: made_,
      match,
      apply: (row) => {
        const standing = row ?? { ...made(queued, item.id, memberId), ...match };
        return { ...standing, [adds.number]: spelled(decimalOf(standing[adds.number]).plus(change)), ...sets };
      },
    };
  });
}

/** A transition that takes from rows of another collection, as what a creation with items adds to them. `lines`: the
 * standing rows under the one that is moved; `only`: by collection the id of its only row in use, or null. */
export function takings(queued: Queued, takes: Takes, lines: readonly JsonObject[], only: Readonly<Record<string, string | null>>): Queued {
  const given: Record<string, Json> = { ...queued.arguments };
  for (const [name, collection] of Object.entries(takes.only)) given[name] = given[name] ?? only[collection] ?? null;
  const complete = Object.keys(takes.only).every((name) => given[name] !== null);
  const kept = [takes.minus, ...takes.match].filter((name) => !(name in takes.only));
  const taken = complete ? lines.map((line) => ({ id: line["id"] ?? null, ...Object.fromEntries(kept.map((name) => [name, line[name] ?? null])) })) : [];
  const adds = { collection: takes.collection, match: takes.match, number: takes.number, of: TAKEN, plus: "", minus: takes.minus, sets: {} };
  const children = { [TAKEN]: { collection: takes.rows, parent: takes.parent } };
  return { ...queued, arguments: { ...given, [TAKEN]: taken }, shows: { adds, children } };
}

/** Whether it changes numbers of that collection's rows, whichever those are. */
export function addsTo(queued: Queued): readonly string[] {
  return [queued.shows.adds?.collection, queued.shows.takes?.collection].filter((name) => name !== undefined);
}

/** A list of new rows, camelCased, each with the id that the device makes for it; anything else as it is. */
export function withIds(given: Json): Json {
  if (!Array.isArray(given)) return given;
  return given.map((item: Json) => (isObject(item) ? { id: uuid7(), ...Object.fromEntries(Object.entries(item).map(([name, value]) => [camel(name), value])) } : item));
}

/** What goes along as `base` and `serverBase` (4.3). `shown`: the row as the member sees it; `under`: as the last completed
 * pull brought it. */
export function baseSent(known: Pick<CommandSchema, "merges" | "effect" | "sets">, shown: JsonObject | null, under: JsonObject | null, given: JsonObject): readonly [base: JsonObject, serverBase: JsonObject] {
  if (known.merges) {
    const seen = fieldsChanged(shown ?? {}, given);
    return [seen, serverBase(under, given, seen)];
  }
  if (known.effect === "transition" && shown !== null) {
    return [Object.fromEntries(Object.keys(known.sets ?? {}).map((name) => [name, shown[name] ?? null])), {}];
  }
  if (known.effect === "archive" && under !== null) {
    return [Object.fromEntries(["version", "updatedAt"].filter((name) => name in under).map((name) => [name, under[name] ?? null])), {}];
  }
  return [{}, {}];
}

function fieldsChanged(row: JsonObject, given: JsonObject): JsonObject {
  const base: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    if (NOT_COMPARED.has(name)) continue;
    if (name === "custom" && isObject(value)) {
      const seen = keyed(row["custom"]);
      base["custom"] = Object.fromEntries(Object.keys(value).map((key) => [key, seen[key] ?? null]));
    } else {
      base[name] = row[name] ?? null;
    }
  }
  return base;
}

/** A queued edit may yet be refused: the value that it showed is then one that the server never had. */
function serverBase(row: JsonObject | null, given: JsonObject, seen: JsonObject): JsonObject {
  if (row === null) return {};
  const found: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fieldsChanged(row, given))) {
    const before = seen[name];
    if (equal(value, before)) continue;
    found[name] =
      name === "custom" && isObject(given[name]) && isObject(value)
        ? Object.fromEntries(Object.entries(value).filter(([key, item]) => !equal(item, keyed(before)[key])))
        : value;
  }
  return found;
}

function edited(row: JsonObject, given: JsonObject): JsonObject {
  const changed: Record<string, Json> = Object.fromEntries(Object.entries(given).filter(([name]) => !NOT_COMPARED.has(name)));
  const custom = changed["custom"];
  if (isObject(custom)) {
    const merged = { ...keyed(row["custom"]), ...custom };
    changed["custom"] = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  }
  return changed;
}

/** Custom fields as they show. A queued edit that sends something else in their place does not hide the next one. */
function keyed(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The new rows in a list argument. Anything else shows nothing: the server will refuse it, with a reason. */
function items(value: Json | undefined): readonly (JsonObject & { readonly id: string })[] {
  const given: readonly Json[] = Array.isArray(value) ? value : [];
  return given.filter((item): item is JsonObject & { readonly id: string } => isObject(item) && typeof item["id"] === "string");
}

/** What a new row shows beside what was sent. */
function made(queued: Queued, id: string | null, memberId: string | null): JsonObject {
  return { id, version: 0, createdAt: queued.madeAt, updatedAt: queued.madeAt, createdById: memberId, ownerId: memberId, archivedAt: null };
}
