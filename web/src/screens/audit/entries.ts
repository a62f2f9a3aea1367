/** What an audit entry says: which record, which fields, from what to what. */
import type { Operations } from "~/generated/operations";
import { DESCRIPTION } from "~/generated/description";
import type { NameOf } from "~/ui/field_text";
import type { RowAt } from "~/ui/row_names";
import type { Choice, Entity, Field } from "~/values/description";
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
    .map((name) => ({ name, field: fieldOf(entity, name), before: before[name] ?? null, after: after[name] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
    .sort((one, other) => place(one.name) - place(other.name));
}

/** Of a merge each field tells base, mine, theirs and what came of them; of one taken back what held and holds. */
function mergesOf(entry: Pick<AuditEntry, "after">, entity: Entity | null): readonly FieldChange[] {
  return Object.entries(asObject(entry.after)).flatMap(([name, told]) => {
    const sides = asObject(told);
    const field = fieldOf(entity, wireName(name));
    if ("auditId" in sides) return [{ name: wireName(name), field, before: sides["before"] ?? null, after: sides["after"] ?? null }];
    if (!("result" in sides)) return [];
    return [{ name: wireName(name), field, before: sides["theirs"] ?? null, after: sides["result"] ?? null, submitted: sides["mine"] ?? null }];
  });
}

function fieldOf(entity: Entity | null, name: string): Field | null {
  const field = entity?.fields.find((found) => found.name === name) ?? null;
  return field !== null && entity?.name === INBOX && name === "state" ? { ...field, widget: "choice", choices: INBOX_STATES } : field;
}

/** In the words of STATES in tenants/commands/resolve_inbox_entry.py. */
const INBOX_STATES: readonly Choice[] = [
  { value: "open", label: ["待处理", "Open"] },
  { value: "waiting", label: ["等待订阅", "Waiting for the subscription"] },
  { value: "parked", label: ["等待前一项", "Waiting for another entry"] },
  { value: "applied", label: ["已生效", "Applied"] },
  { value: "discarded", label: ["已放弃", "Discarded"] },
  { value: "taken", label: ["已采用", "Taken over"] },
];

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

/** The row that an entry is about, where devices have such rows. */
export function rowOf(entry: Pick<AuditEntry, "entity" | "rowId">): RowAt | null {
  const entity = entityNamed(entry.entity);
  return entity?.synced === true ? { collection: entity.collection, id: entry.rowId } : null;
}

/** What this device has to be asked for, because the entries do not say what their records are called. */
export function namelessRows(entries: readonly AuditEntry[]): readonly RowAt[] {
  return entries.flatMap((entry) => (calledIn(entry) === "" ? (rowOf(entry) ?? []) : []));
}

/** As the entry calls the record, else as this device does now; "" where neither says. */
export function calledOf(entry: Pick<AuditEntry, "entity" | "before" | "after" | "rowId">, nameOf: NameOf): string {
  const row = rowOf(entry);
  return calledIn(entry) || (row === null ? "" : (nameOf(row.collection, row.id) ?? ""));
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
