/** Which conditions a field takes, and how a condition reads. */
import type { Condition, Operator } from "~/device/api";
import type { NameOf } from "~/ui/field_text";
import { fieldText } from "~/ui/field_text";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { dayOf, dayText } from "~/values/moments";
import { say, type Language, type Words } from "~/values/words";
import { behind, dayAfter, onWire, startOfDay } from "~/values/zones";
import { amountForDevice, amountWords } from "./amounts";

export const OPERATOR_WORDS: Readonly<Record<Operator, Words>> = {
  eq: ["是", "is"],
  ne: ["不是", "is not"],
  in: ["是其中之一", "is one of"],
  lt: ["小于", "is less than"],
  le: ["不超过", "is at most"],
  gt: ["大于", "is more than"],
  ge: ["不少于", "is at least"],
  contains: ["包含", "contains"],
  startsWith: ["开头是", "begins with"],
  has: ["含任一", "has one of"],
  empty: ["为空", "is empty"],
  filled: ["不为空", "is filled in"],
};
const MOMENT_WORDS: Partial<Record<Operator, Words>> = { ge: ["从", "from"], lt: ["早于", "before"], le: ["到", "until"] };

export function operatorWords(field: Field, op: Operator): Words {
  return (isMoment(field) ? MOMENT_WORDS[op] : undefined) ?? OPERATOR_WORDS[op];
}

export function isMoment(field: Field): boolean {
  return field.kind === "date" || field.kind === "instant";
}

/** The first is what a new condition begins with. */
export function operatorsOf(field: Field): readonly Operator[] {
  const open: readonly Operator[] = field.nullable ? ["empty", "filled"] : [];
  if (field.kind === "list") return ["has", "empty", "filled"];
  if (field.choices.length > 0 || field.refersTo !== null) return ["in", ...open];
  if (field.kind === "boolean") return ["eq", ...open];
  if (isMoment(field)) return ["ge", "le", ...open];
  if (field.kind === "integer" || field.kind === "decimal" || field.widget === "money") return ["ge", "le", "eq", ...open];
  return ["contains", "startsWith", "eq", ...open];
}

export function needsValue(op: Operator): boolean {
  return op !== "empty" && op !== "filled";
}

/** The fields that a list can be filtered by. */
export function filterable(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => (field.filterable || field.kind === "list") && field.name !== "id" && field.name !== "archivedAt" && field.name !== "erasedAt" && field.kind !== "json" || (field.filterable && field.widget === "money"));
}

/** What the device is asked. Days chosen for an instant mean those of `zone` (without: the reader's), the last one whole;
 * amounts are compared in their own currency. */
export function forDevice(condition: Condition, field: Field | null, zone?: string): readonly Condition[] {
  const amount = field === null ? null : amountForDevice(condition, field);
  if (amount !== null) return amount;
  if (field?.kind !== "instant" || typeof condition.value !== "string" || condition.value.length !== 10) return [condition];
  if (condition.op === "le") return [{ field: condition.field, op: "lt", value: onWire(startOfDay(behind(condition.value), zone)) }];
  return [{ ...condition, value: onWire(startOfDay(condition.value, zone)) }];
}

/** `客户级别 是其中之一 A 级、B 级` */
export function conditionWords(condition: Condition, field: Field | null, language: Language, nameOf: NameOf): string {
  const label = field === null ? condition.field : say(field.label, language);
  const op = say(field === null ? OPERATOR_WORDS[condition.op] : operatorWords(field, condition.op), language);
  const glue = language === "en" ? " " : "";
  if (!needsValue(condition.op)) return `${label}${glue}${op}`;
  const several = condition.op === "in" || condition.op === "has";
  const values = Array.isArray(condition.value) ? condition.value : [condition.value ?? null];
  const shown = values.map((value) => valueWords(field, value, language, nameOf)).join(language === "en" ? ", " : "、");
  return several && field !== null ? `${label}${language === "en" ? ": " : "："}${shown}` : `${label}${glue}${op} ${shown}`;
}

function valueWords(field: Field | null, value: Json, language: Language, nameOf: NameOf): string {
  if (field === null) return String(value);
  if (field.kind === "instant" && typeof value === "string" && value.length === 10) return dayText(value, language);
  if (field.widget === "money") return amountWords(value) ?? String(value);
  return fieldText(field, value, { language, nameOf });
}

export interface Preset {
  readonly words: Words;
  conditions(field: string): readonly Condition[];
}

/** Spans that are asked for daily. */
export function momentPresets(zone?: string, now = new Date()): readonly Preset[] {
  const today = dayOf(now, zone);
  const from = (day: string) => (field: string): readonly Condition[] => [{ field, op: "ge", value: day }];
  return [
    { words: ["今天", "Today"], conditions: from(today) },
    { words: ["近 7 天", "Last 7 days"], conditions: from(dayAfter(today, -6)) },
    { words: ["近 30 天", "Last 30 days"], conditions: from(dayAfter(today, -29)) },
    { words: ["本月", "This month"], conditions: from(`${today.slice(0, 7)}-01`) },
    { words: ["今年", "This year"], conditions: from(`${today.slice(0, 4)}-01-01`) },
  ];
}
