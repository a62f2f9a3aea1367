/** What a mutation may carry (4.5): found before it is queued, and made text if a queue holds it all the same. */
import type { Json, JsonObject } from "~/values/json";
import { instant } from "~/values/instants";
import type { Words } from "~/values/words";
import { ArgumentRefused } from "./errors";

export const LIMITS = { partBytes: 512 * 1024, items: 1_000, keys: 500, depth: 64 } as const;
const LARGEST = 2n ** 63n - 1n;
const UNSTORABLE = new RegExp("\\0|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]");
const ALL_UNSTORABLE = new RegExp(UNSTORABLE.source, "g");

const WORDS = {
  ARGUMENTS_TOO_LARGE: ["内容太多，一次最多 512 KB。", "Too much at once: at most 512 KB."],
  INTEGER_TOO_LARGE: ["数字太大，无法保存。", "The number is too large to be kept."],
  KEY_UNSENDABLE: ["字段名只能是文字。", "A field's name can only be text."],
  LIST_TOO_LONG: ["一次最多 1000 行。", "At most 1,000 lines at once."],
  NESTED_TOO_DEEP: ["内容层级过深，最多 64 层。", "Nested too deep: at most 64 levels."],
  NUMBER_UNSENDABLE: ["不是有效的数字。", "Not a number that can be kept."],
  TEXT_UNSENDABLE: ["文字中含有无法保存的字符。", "The text has characters that cannot be kept."],
  TOO_MANY_FIELDS: ["字段过多，最多 500 个。", "Too many fields: at most 500."],
  TYPE_UNSENDABLE: ["这种内容无法保存。", "A value of this kind cannot be kept."],
} satisfies Record<string, Words>;

function refusal(field: string, code: keyof typeof WORDS): ArgumentRefused {
  return new ArgumentRefused(field, code, WORDS[code]);
}

/** Arguments as JSON has them: instants and large integers as text, what is undefined left out. Raises ArgumentRefused for
 * what has no form on the wire. `path`: where it stands. */
export function plain(value: unknown, path: string, depth = 0): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint") {
    if (value > LARGEST || value < -LARGEST) throw refusal(path, "INTEGER_TOO_LARGE");
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  }
  if (value instanceof Date && !Number.isNaN(value.getTime())) return instant(value);
  const list = Array.isArray(value);
  if (!list && !isPlainObject(value)) throw refusal(path, "TYPE_UNSENDABLE");
  if (depth > LIMITS.depth) throw refusal(path, "NESTED_TOO_DEEP");
  if (list) return value.map((item, position) => plain(item, `${path}.${position}`, depth + 1));
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal(path, "KEY_UNSENDABLE");
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(given.map(([key, item]) => [key, plain(item, `${path}.${key}`, depth + 1)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const kind: unknown = Object.getPrototypeOf(value);
  return kind === Object.prototype || kind === null;
}

/** Why no push could carry this, with the path of the first value; null when all can go. */
export function unsendable(values: JsonObject): ArgumentRefused | null {
  for (const fault of faults(values, "", 0)) return fault;
  return new TextEncoder().encode(JSON.stringify(values)).length > LIMITS.partBytes ? refusal("arguments", "ARGUMENTS_TOO_LARGE") : null;
}

function* faults(value: Json | undefined, path: string, depth: number): Generator<ArgumentRefused> {
  const here = path || "arguments";
  if (typeof value === "string") {
    if (UNSTORABLE.test(value)) yield refusal(here, "TEXT_UNSENDABLE");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) yield refusal(here, "NUMBER_UNSENDABLE");
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) yield refusal(here, "INTEGER_TOO_LARGE");
  } else if (typeof value === "object" && value !== null) {
    if (depth > LIMITS.depth) yield refusal(here, "NESTED_TOO_DEEP");
    const list = Array.isArray(value);
    const entries: readonly [string, Json][] = Object.entries(value);
    if (entries.length > (list ? LIMITS.items : LIMITS.keys)) yield refusal(here, list ? "LIST_TOO_LONG" : "TOO_MANY_FIELDS");
    for (const [key, item] of entries) {
      const below = path === "" ? key : `${path}.${key}`;
      if (!list) yield* faults(key, below, depth);
      yield* faults(item, below, depth + 1);
    }
  }
}

/** The same with what cannot be sent as text that a person still recognises. */
export function sendable(value: Json, depth = 0): Json {
  if (typeof value === "string") return value.replace(ALL_UNSTORABLE, "\ufffd");
  if (typeof value === "number") return Number.isFinite(value) && !(Number.isInteger(value) && !Number.isSafeInteger(value)) ? value : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > LIMITS.depth) return JSON.stringify(value).replace(ALL_UNSTORABLE, "\ufffd");
  if (Array.isArray(value)) return value.map((item: Json) => sendable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.replace(ALL_UNSTORABLE, "\ufffd"), sendable(item as Json, depth + 1)]));
}

/** Every text in JSON, however deep. */
export function* textsIn(value: Json | undefined): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) yield* textsIn(item as Json);
}
