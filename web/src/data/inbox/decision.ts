/** What a decision sends: `tenants.resolve_inbox_entry`. */
import type { Json, JsonObject } from "~/values/json";
import { type Decider, EDIT_CLASHED, merges, RESOLVE } from "./offers";
import { type Entry, object } from "./entry";

export interface Call {
  readonly command: string;
  readonly args: JsonObject;
}

export type Side = "mine" | "theirs";

export function takeAll(entry: Entry): Call {
  return { command: RESOLVE, args: { id: entry.id, action: "mine" } };
}

/** Keeps what the server has. Where the entry tells no other value this is the same as to discard it. */
export function keepTheirs(entry: Entry): Call {
  return { command: RESOLVE, args: { id: entry.id, action: entry.differences.some((found) => found.told.theirs) ? "theirs" : "discard" } };
}

export function discard(entry: Entry): Call {
  return { command: RESOLVE, args: { id: entry.id, action: "discard" } };
}

/** First the row comes back, then what was kept goes over it. */
export function restoreAndTake(entry: Entry, restore: string): readonly Call[] {
  return entry.rowId === null ? [takeAll(entry)] : [{ command: restore, args: { id: entry.rowId } }, takeAll(entry)];
}

/** Each field as chosen; null while one is not. All mine is more than the fields of the differences: all that was sent. */
export function byField(entry: Entry, chosen: Readonly<Record<string, Side>>): Call | null {
  const sides = entry.differences.map((found) => chosen[found.field]);
  if (sides.length === 0 || sides.some((side) => side === undefined)) return null;
  if (sides.every((side) => side === "mine")) return takeAll(entry);
  const fields = entry.differences.filter((found) => chosen[found.field] === "mine").map((found) => found.field);
  if (fields.length === 0) return keepTheirs(entry);
  return { command: RESOLVE, args: { id: entry.id, action: "mine", fields } };
}

/** Entered anew. `values` by path: `custom.key` for a field of the company's own. Null: an edit without any field. */
export function resubmit(entry: Entry, values: Readonly<Record<string, Json>>, decider: Pick<Decider, "schema" | "commands">): Call | null {
  const edits = merges(entry.command, decider);
  const kept = edits ? named(entry) : entry.arguments;
  const given = withPaths(kept, values);
  if (edits && Object.keys(values).length === 0) return null;
  return { command: RESOLVE, args: { id: entry.id, action: "mine", arguments: given } };
}

/** With what the form begins. Of a clash only what clashed: the rest of the edit is done. */
export function firstValues(entry: Entry): Readonly<Record<string, Json>> {
  if (entry.code === EDIT_CLASHED) {
    return Object.fromEntries(entry.differences.filter((found) => found.told.mine).map((found) => [found.field, found.mine]));
  }
  const found: Record<string, Json> = {};
  for (const [name, value] of Object.entries(entry.arguments)) {
    if (name === "id" || name === "version") continue;
    if (name === "custom") {
      for (const [key, own] of Object.entries(object(value))) found[`custom.${key}`] = own;
    } else found[name] = value;
  }
  return found;
}

/** The entry stays about its row: the id, where there is one, goes along as it came. */
function named(entry: Entry): JsonObject {
  const id = entry.arguments["id"];
  return id === undefined ? {} : { id };
}

function withPaths(kept: JsonObject, values: Readonly<Record<string, Json>>): JsonObject {
  const found: Record<string, Json> = { ...kept };
  const custom: Record<string, Json> = { ...object(kept["custom"]) };
  for (const [path, value] of Object.entries(values)) {
    if (path.startsWith("custom.")) custom[path.slice("custom.".length)] = value;
    else found[path] = value;
  }
  if (Object.keys(custom).length > 0) found["custom"] = custom;
  return found;
}
