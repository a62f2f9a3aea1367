/** What could not be read, as a draft keeps it. */
import type { Json, JsonObject } from "~/values/json";
import type { CellError } from "./sheet";

export function keptErrors(errors: ReadonlyMap<string, CellError>): Json {
  return [...errors].map(([key, { text, message }]) => ({ key, text, message }));
}

/** Of a draft that has none, of an older app, none. */
export function errorsKept(kept: Json | undefined): ReadonlyMap<string, CellError> {
  const found = Array.isArray(kept) ? kept.filter((one: Json): one is JsonObject => typeof one === "object" && one !== null) : [];
  return new Map(found.map(({ key, text, message }) => [String(key), { text: String(text), message: String(message) }]));
}
