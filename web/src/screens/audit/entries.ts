/** What an audit entry says: which record, which fields, from what to what. */
import type { Operations } from "~/generated/operations";
import { DESCRIPTION } from "~/generated/description";
import type { Entity, Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { say, type Language } from "~/values/words";

export type AuditEntry = NonNullable<Operations["AuditEntries"]["result"]["auditEntries"]>["nodes"][number];

export interface FieldChange {
  readonly name: string;
  /** null: a field that the product no longer tells of. */
  readonly field: Field | null;
  readonly before: Json;
  readonly after: Json;
  /** Of a merge: what was submitted; `before` is then what others had made of it, `after` what holds. */
  readonly submitted?: Json;
}

/** What the product keeps by itself says nothing to a reader. */
const KEPT = new Set(["id", "version", "tenantId", "createdAt", "createdById", "updatedAt", "updatedById", "scopePath", "path"]);
const KEY = /Key$/;

export function entityNamed(name: string): Entity | null {
  return Object.values(DESCRIPTION.entities).find((entity) => entity.name === name) ?? null;
}

export function asObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** `snake_case` as the trail may store it → the wire's name. */
export function wireName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function byWireName(values: unknown): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(asObject(values)).map(([name, value]) => [wireName(name), value]));
}

export function isMerge(entry: Pick<AuditEntry, "op">): boolean {
  return entry.op === "merge" || entry.op === "undo_merge";
}

/** An id that leads nowhere is nothing to read: the file has it, the page does not. */
export function isReadable({ field }: FieldChange): boolean {
  return field === null || field.kind !== "id" || field.refersTo !== null;
}

/** The fields that changed, in the order of the entity; own fields key by key. */
export function changesOf(entry: Pick<AuditEntry, "entity" | "before" | "after" | "op">): readonly FieldChange[] {
  const entity = entityNamed(entry.entity);
  if (isMerge(entry)) return mergesOf(entry, entity);
  const before = flat(byWireName(entry.before));
  const after = flat(byWireName(entry.after));
  const order = entity?.fields.map((field) => field.name) ?? [];
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !KEPT.has(name) && !isMachinery(entry.entity, name) && !(KEY.test(name) && order.length > 0 && !order.includes(name)))
    .map((name) => ({ name, field: entity?.fields.find((field) => field.name === name) ?? null, before: before[name] ?? null, after: after[name] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
    .sort((one, other) => place(one.name) - place(other.name));
}

/** Of a merge each field tells base, mine, theirs and what came of them; of one taken back what held and holds. */
function mergesOf(entry: Pick<AuditEntry, "after">, entity: Entity | null): readonly FieldChange[] {
  return Object.entries(asObject(entry.after)).flatMap(([name, told]) => {
    const sides = asObject(told);
    const field = entity?.fields.find((found) => found.name === wireName(name)) ?? null;
    if ("auditId" in sides) return [{ name: wireName(name), field, before: sides["before"] ?? null, after: sides["after"] ?? null }];
    if (!("result" in sides)) return [];
    return [{ name: wireName(name), field, before: sides["theirs"] ?? null, after: sides["result"] ?? null, submitted: sides["mine"] ?? null }];
  });
}

/** What only the sync of an inbox entry needs: its words say the rest. */
const INBOX = "tenants.InboxEntry";
const INBOX_SAYS = new Set(["whatZh", "messageZh", "state", "deviceName", "resolvedById", "resolvedAt"]);

function isMachinery(entity: string, name: string): boolean {
  return entity === INBOX && !INBOX_SAYS.has(name);
}

function flat(values: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const { custom, ...others } = values;
  const own = Object.fromEntries(Object.entries(asObject(custom)).map(([key, value]) => [`custom.${key}`, value]));
  return { ...others, ...own };
}

/** What the record was called then, as far as the entry says. */
export function calledIn(entry: Pick<AuditEntry, "entity" | "before" | "after">): string {
  const values = { ...byWireName(entry.before), ...byWireName(entry.after) };
  if (entry.entity === INBOX) return typeof values["whatZh"] === "string" ? values["whatZh"] : "";
  for (const name of entityNamed(entry.entity)?.calledBy ?? ["name", "number", "code"]) {
    const value = values[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** The row around a value: where an amount's currency stands. */
export function rowAround(entry: Pick<AuditEntry, "before" | "after">): Readonly<Record<string, Json>> {
  return { ...byWireName(entry.before), ...byWireName(entry.after) };
}

/** What the entity and the command are called in the reader's language; what the product no longer has, as the server tells it. */
export function labelsOf(entry: Pick<AuditEntry, "entity" | "entityLabel" | "command" | "commandLabel">, language: Language): { readonly entity: string; readonly command: string } {
  const entity = entityNamed(entry.entity);
  const command = DESCRIPTION.commands[entry.command];
  return { entity: entity === null ? entry.entityLabel : say(entity.label, language), command: command === undefined ? entry.commandLabel : say(command.label, language) };
}
