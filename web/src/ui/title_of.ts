/** What a row is called. */
import type { Row } from "~/device/api";
import { entityOf } from "./described";

/** By the first of its naming fields that says something; "" for rows that are called by what they refer to. */
export function titleOf(collection: string, row: Row): string {
  for (const name of entityOf(collection)?.calledBy ?? []) {
    const value = row[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** What stands beside the title to tell rows of one name apart: a code, a job title. */
export function subtitleOf(collection: string, row: Row): string {
  const title = titleOf(collection, row);
  const others = [...(entityOf(collection)?.calledBy ?? []), "code", "number"].filter((name, at, all) => all.indexOf(name) === at);
  for (const name of others) {
    const value = row[name];
    if (typeof value === "string" && value !== "" && value !== title) return value;
  }
  return "";
}

/** Fields by which rows without a name of their own are told: `现存量 · 螺丝 · 主仓`. */
export function namingReferences(collection: string): readonly string[] {
  const entity = entityOf(collection);
  if (entity === null || entity.calledBy.length > 0) return [];
  return entity.fields.filter((field) => field.widget === "reference" && field.refersTo !== null && field.refersTo !== "members" && !field.nullable).map((field) => field.name);
}

/** Of parts of a document, as an order's lines are: the field that names the document, and where that lies. Null for what stands for itself. */
export function wholeOf(collection: string): { readonly field: string; readonly collection: string } | null {
  const [field] = namingReferences(collection);
  const target = entityOf(collection)?.fields.find((one) => one.name === field)?.refersTo;
  return field === undefined || !target ? null : { field, collection: target };
}

/** The document that a source leads to: of an order's line the order. `source`: the row that is named, null where it is not on this
 * device; `id` is null then, and `collection` says what it is. */
export function documentOf(collection: string, source: Row | null): { readonly collection: string; readonly id: string | null } {
  const whole = (entityOf(collection)?.calledBy.length ?? 1) > 0 ? null : wholeOf(collection);
  const id = whole === null ? null : source?.[whole.field];
  return whole !== null && typeof id === "string" ? { collection: whole.collection, id } : { collection, id: source?.id ?? null };
}
