/** What a form sends: the fields of a command, and of those only what was changed. Values lie flat, `custom.<key>` beside the others. */
import type { Row } from "~/device/api";
import type { Command, Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { isCustom, valueOf, type Described } from "./described";

export type Values = Readonly<Record<string, Json>>;

export interface FormField {
  readonly field: Field;
  readonly required: boolean;
}

/** The fields that a command takes, in the entity's order. A currency that an amount carries along has none of its own. */
export function formFields(described: Described, command: Command): readonly FormField[] {
  const taken = new Map(command.arguments.map((argument) => [argument.name, argument]));
  const paired = new Set(described.fields.filter((field) => taken.has(field.name) && field.currencyField !== null).map((field) => field.currencyField));
  return described.fields.flatMap((field) => {
    if (isCustom(field)) return taken.has("custom") ? [{ field, required: !field.nullable }] : [];
    const argument = taken.get(field.name);
    const leftOut = argument === undefined || UNSEEN.has(field.name) || paired.has(field.name) || (field.widget === "reference" && field.refersTo === null);
    return leftOut ? [] : [{ field, required: argument.required || (command.effect === "edit" && !field.nullable && field.kind !== "boolean" && field.kind !== "list") }];
  });
}

const UNSEEN = new Set(["id", "version", "custom"]);

/** What a form begins with: the row's values, or those given for a new one. */
export function startValues(fields: readonly FormField[], row: Row | null, given: Values = {}): Values {
  const start: Record<string, Json> = {};
  for (const { field } of fields) {
    const names = field.currencyField === null ? [field.name] : [field.name, field.currencyField];
    for (const name of names) {
      const value = row === null ? given[name] : valueOf(row, { name });
      start[name] = value ?? (field.kind === "list" && name === field.name ? [] : null);
    }
  }
  return start;
}

/** The names of the values that differ. Nothing and an empty text are the same. */
export function changedNames(start: Values, now: Values): readonly string[] {
  return Object.keys(now).filter((name) => JSON.stringify(settled(start[name])) !== JSON.stringify(settled(now[name])));
}

/** The arguments of a creation: all that was filled in; of an edit: what was changed. null: nothing to send. */
export function argumentsOf(command: Command, row: Row | null, start: Values, now: Values): JsonObject | null {
  const known = new Set(command.arguments.map((argument) => argument.name));
  const names = row === null ? Object.keys(now).filter((name) => filled(now[name])) : changedNames(start, now);
  const sent: Record<string, Json> = {};
  const custom: Record<string, Json> = {};
  for (const name of names) {
    const value = settled(now[name]);
    if (name.startsWith("custom.")) custom[name.slice(7)] = value;
    else if (known.has(name)) sent[name] = value;
  }
  if (Object.keys(custom).length > 0) sent["custom"] = custom;
  if (row === null) return sent;
  return Object.keys(sent).length === 0 ? null : { id: row.id, ...sent };
}

/** Which required fields are empty. */
export function missing(fields: readonly FormField[], now: Values): readonly string[] {
  return fields.filter(({ field, required }) => required && !filled(now[field.name])).map(({ field }) => field.name);
}

/** The field under which a refusal is shown: the one it names, the amount of the currency it names; null: none of the form's. */
export function fieldOfRefusal(fields: readonly FormField[], named: string | null): string | null {
  if (named === null) return null;
  const plain = named.replace(/^(input|arguments)\./, "");
  const found = fields.find(({ field }) => field.name === plain || field.currencyField === plain) ?? fields.find(({ field }) => plain.startsWith(`${field.name}.`));
  return found?.field.name ?? null;
}

function filled(value: Json | undefined): boolean {
  const is = settled(value);
  return is !== null && !(Array.isArray(is) && is.length === 0);
}

/** As it is sent: texts without blanks around, nothing instead of an empty one. */
export function settled(value: Json | undefined): Json {
  if (value === undefined) return null;
  if (typeof value !== "string") return value;
  const text = value.trim();
  return text === "" ? null : text;
}
