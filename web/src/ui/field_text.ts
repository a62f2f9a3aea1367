/** A field's value as plain text: what a cell of a CSV file, a chip of a filter or a history line says. */
import type { Row } from "~/device/api";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { fromMinor, grouped, moneyText, priceText, shortest } from "~/values/money";
import { dayText, instantText } from "~/values/moments";
import { phoneText } from "~/values/phone";
import { say, type Language, type Words } from "~/values/words";
import { entityNamed, isObject } from "./described";

/** What a row came from: the name of an entity, `inventory.StockCountLine`; beside it `referenceId`. */
export const SOURCE_ENTITY = "referenceEntity";
export const SOURCE_ID = "referenceId";

/** Fields that hold the name of an entity, as `crm.Activity`. */
const OF_AN_ENTITY = new Set([SOURCE_ENTITY, "entity", "target"]);

export const YES: Words = ["是", "Yes"];
export const NO: Words = ["否", "No"];

/** What references are called; null where that is not known. */
export type NameOf = (collection: string, id: string) => string | null;

interface Given {
  readonly language: Language;
  /** The row around the value: its currency. */
  readonly row?: Readonly<Record<string, Json>> | Row;
  readonly nameOf?: NameOf;
}

/** As a person reads it; "" for nothing. Ids whose row is not known stay ids. */
export function fieldText(field: Field, value: Json | undefined, { language, row, nameOf }: Given): string {
  if (value === null || value === undefined || value === "") return "";
  if (OF_AN_ENTITY.has(field.name)) return say(entityNamed(String(value))?.label ?? [String(value), String(value)], language);
  if (typeof value === "boolean") return say(value ? YES : NO, language);
  if (Array.isArray(value)) return value.map((item) => referenceText(field, item, nameOf)).join(language === "en" ? ", " : "、");
  if (isObject(value)) return objectText(value, language);
  if (field.choices.length > 0) return choiceText(field, String(value), language);
  if (field.widget === "money" && field.kind === "integer") return moneyText(value, currencyOf(field, row), language);
  if (field.kind === "decimal") return field.currencyField === null ? grouped(shortest(String(value))) : priceText(String(value), currencyOf(field, row), language);
  if (field.kind === "date") return dayText(String(value), language);
  if (field.kind === "instant") return instantText(String(value), language);
  if (field.refersTo !== null) return referenceText(field, value, nameOf);
  return field.widget === "phone" ? phoneText(String(value)) : String(value);
}

/** As a spreadsheet computes with it: amounts and numbers without signs or commas, days as `2026-03-05`. */
export function cellText(field: Field, value: Json | undefined, given: Given): string {
  if (value === null || value === undefined) return "";
  if (isObject(value) && typeof value["currency"] === "string") return fromMinor(value["amountMinor"], value["currency"]) ?? "";
  if (field.widget === "money" && field.kind === "integer") {
    const currency = currencyOf(field, given.row);
    return (currency === null ? null : fromMinor(value, currency)) ?? String(value);
  }
  if (field.kind === "decimal") return shortest(String(value));
  if (field.kind === "integer") return String(value);
  if (field.kind === "date") return String(value);
  if (field.kind === "instant") return instantText(String(value), "zh-CN");
  if (field.widget === "phone") return String(value);
  return fieldText(field, value, given);
}

/** The currency that stands beside an amount; null without one. */
export function currencyOf(field: Field, row: Given["row"]): string | null {
  const currency = field.currencyField === null ? undefined : row?.[field.currencyField];
  return typeof currency === "string" && currency !== "" ? currency : null;
}

export function choiceText(field: Field, value: string, language: Language): string {
  const choice = field.choices.find((one) => one.value === value);
  return choice === undefined ? value : say(choice.label, language);
}

function referenceText(field: Field, id: Json, nameOf: NameOf | undefined): string {
  return (field.refersTo === null ? null : nameOf?.(field.refersTo, String(id))) ?? String(id);
}

function objectText(value: Readonly<Record<string, Json>>, language: Language): string {
  const currency = value["currency"];
  return typeof currency === "string" && "amountMinor" in value ? moneyText(value["amountMinor"], currency, language) : JSON.stringify(value);
}
