/** What was asked under an idempotency key, as one short text: the same calls have the same, others have another one. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Json, JsonObject } from "~/values/json";
import { isObject } from "./overlay";

export interface Asked {
  readonly command: string;
  readonly given: JsonObject;
}

/** In hexadecimals. In which order the arguments were named does not count, in which order the calls come does. */
export function askedHash(calls: readonly Asked[]): string {
  return bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(calls.map(({ command, given }) => [command, ordered(given)])))));
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => ordered(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((key) => [key, ordered(value[key] ?? null)]));
}
