/** An entry of the inbox, read from its row (PROTOCOL.md, 7). */
import type { Row } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import type { Words } from "~/values/words";

export type EntryState = "open" | "waiting" | "parked";

/** `told`: the sides that the entry tells. Of a row that the reader may not view it tells `mine` alone. */
export interface Difference {
  readonly field: string;
  readonly base: Json;
  readonly mine: Json;
  readonly theirs: Json;
  readonly told: { readonly base: boolean; readonly mine: boolean; readonly theirs: boolean };
}

export interface FieldFact {
  readonly label: Words | null;
  readonly changedAt: string | null;
  readonly changedById: string | null;
}

export interface Entry {
  readonly id: string;
  readonly ownerId: string | null;
  readonly command: string;
  readonly what: Words;
  readonly entity: string | null;
  readonly rowId: string | null;
  readonly state: EntryState;
  readonly code: string;
  readonly message: Words;
  readonly remedy: Words;
  readonly field: string | null;
  readonly arguments: JsonObject;
  readonly differences: readonly Difference[];
  readonly facts: Readonly<Record<string, FieldFact>>;
  readonly waitsFor: readonly string[];
  readonly deviceName: string;
  readonly madeAt: string;
}

export function readEntry(row: Row): Entry {
  return {
    id: row.id,
    ownerId: text(row["ownerId"]),
    command: text(row["command"]) ?? "",
    what: words(row, "what"),
    entity: text(row["entity"]),
    rowId: text(row["rowId"]),
    state: row["state"] === "waiting" || row["state"] === "parked" ? row["state"] : "open",
    code: text(row["code"]) ?? "",
    message: words(row, "message"),
    remedy: words(row, "remedy"),
    field: text(row["field"]),
    arguments: object(row["arguments"]),
    differences: list(row["differences"]).flatMap(readDifference),
    facts: Object.fromEntries(Object.entries(object(row["fieldFacts"])).map(([name, fact]) => [name, readFact(object(fact))])),
    waitsFor: list(row["waitsFor"]).filter((id) => typeof id === "string"),
    deviceName: text(row["deviceName"]) ?? "",
    madeAt: text(row["madeAt"]) ?? text(row["createdAt"]) ?? "",
  };
}

function readDifference(given: Json): readonly Difference[] {
  const found = object(given);
  const field = text(found["field"]);
  if (field === null) return [];
  const told = { base: "base" in found, mine: "mine" in found, theirs: "theirs" in found };
  return [{ field, base: found["base"] ?? null, mine: found["mine"] ?? null, theirs: found["theirs"] ?? null, told }];
}

function readFact(fact: JsonObject): FieldFact {
  const zh = text(fact["zh"]);
  const en = text(fact["en"]);
  return {
    label: zh === null && en === null ? null : [zh ?? en ?? "", en ?? zh ?? ""],
    changedAt: text(fact["changedAt"]),
    changedById: text(fact["changedById"]),
  };
}

function words(row: Row, name: string): Words {
  return [text(row[`${name}Zh`]) ?? "", text(row[`${name}En`]) ?? ""];
}

export function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

export function object(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
