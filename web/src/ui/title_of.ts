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
