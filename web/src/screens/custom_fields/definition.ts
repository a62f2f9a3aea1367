/** A company's own field while it is being defined or changed: what may be said of it, and what is sent. */
import type { Row } from "~/device/api";
import { choicesOf } from "~/ui/described";
import type { DefineCustomFieldInput, EditCustomFieldInput, FieldChoiceInput } from "~/generated/operations";

export type Kind = "text" | "number" | "money" | "date" | "yes_no" | "choice" | "reference";

export interface ChoiceDraft {
  /** null: new, its value is made when it is saved. */
  readonly value: string | null;
  readonly zh: string;
  readonly en: string;
}

export interface Definition {
  readonly labelZh: string;
  readonly labelEn: string;
  readonly key: string;
  readonly kind: Kind;
  readonly required: boolean;
  readonly filterable: boolean;
  readonly choices: readonly ChoiceDraft[];
  readonly currency: string;
  /** An entity's name: `party.Customer`. */
  readonly target: string;
}

export const BLANK: Definition = { labelZh: "", labelEn: "", key: "", kind: "text", required: false, filterable: true, choices: [], currency: "CNY", target: "" };
export const MOST_CHOICES = 200;
const KEY = /^[a-z][a-z0-9_]{0,39}$/;

export function definitionOf(row: Row): Definition {
  return {
    labelZh: text(row["labelZh"]),
    labelEn: text(row["labelEn"]),
    key: text(row["key"]),
    kind: text(row["kind"]) as Kind,
    required: row["required"] === true,
    filterable: row["filterable"] === true,
    choices: choicesOf(row["choices"]).map((choice) => ({ value: choice.value, zh: choice.label[0], en: choice.label[1] === choice.label[0] ? "" : choice.label[1] })),
    currency: text(row["currency"]) || "CNY",
    target: text(row["target"]),
  };
}

/** A key from the English label; without one `field_<n>`; never one that is taken. */
export function suggestedKey(labelEn: string, taken: ReadonlySet<string>): string {
  const plain = labelEn.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 36);
  const wanted = plain === "" ? "field" : plain;
  const first = plain === "" ? "field_1" : plain;
  for (let number = 2, key = first; ; number++) {
    if (!taken.has(key)) return key;
    key = `${wanted}_${number}`;
  }
}

export type Problem = "labelZh" | "key" | "keyTaken" | "choices" | "target";

/** What the server would refuse. */
export function problemOf(definition: Definition, taken: ReadonlySet<string>): Problem | null {
  if (definition.labelZh.trim() === "") return "labelZh";
  if (!KEY.test(definition.key)) return "key";
  if (taken.has(definition.key)) return "keyTaken";
  if (definition.kind === "choice" && !areChoices(definition.choices)) return "choices";
  if (definition.kind === "reference" && definition.target === "") return "target";
  return null;
}

function areChoices(choices: readonly ChoiceDraft[]): boolean {
  const labels = choices.map((choice) => choice.zh.trim());
  return labels.length > 0 && labels.length <= MOST_CHOICES && labels.every((label) => label !== "") && new Set(labels).size === labels.length;
}

/** The input of DefineCustomField. */
export function defining(entity: string, definition: Definition): DefineCustomFieldInput {
  const { kind } = definition;
  return {
    entity,
    key: definition.key,
    kind,
    labelZh: definition.labelZh.trim(),
    ...(definition.labelEn.trim() === "" ? {} : { labelEn: definition.labelEn.trim() }),
    required: definition.required,
    filterable: definition.filterable,
    ...(kind === "choice" ? { choices: sentChoices(definition.choices) } : {}),
    ...(kind === "money" ? { currency: definition.currency } : {}),
    ...(kind === "reference" ? { target: definition.target } : {}),
  };
}

/** The input of EditCustomField: only what was changed; null: nothing was. */
export function editing(row: Row, definition: Definition): EditCustomFieldInput | null {
  const before = definitionOf(row);
  const isReordered = definition.kind === "choice" && JSON.stringify(definition.choices) !== JSON.stringify(before.choices);
  const changed = {
    ...(definition.labelZh.trim() === before.labelZh ? {} : { labelZh: definition.labelZh.trim() }),
    ...(definition.labelEn.trim() === before.labelEn ? {} : { labelEn: definition.labelEn.trim() || null }),
    ...(definition.required === before.required ? {} : { required: definition.required }),
    ...(isReordered ? { choices: sentChoices(definition.choices) } : {}),
  };
  return Object.keys(changed).length === 0 ? null : { id: row.id, version: row.version, ...changed };
}

/** A new choice is stored under its label: what an export or another program reads says something. */
function sentChoices(choices: readonly ChoiceDraft[]): readonly FieldChoiceInput[] {
  const taken = new Set(choices.flatMap((choice) => choice.value ?? []));
  return choices.map((choice) => {
    let value = choice.value ?? choice.zh.trim();
    for (let number = 2; choice.value === null && taken.has(value); number++) value = `${choice.zh.trim()} ${number}`;
    taken.add(value);
    return { value, zh: choice.zh.trim(), ...(choice.en.trim() === "" ? {} : { en: choice.en.trim() }) };
  });
}

/** The positions that have to change so that the fields stand in this order. */
export function reordered(rows: readonly Row[]): readonly EditCustomFieldInput[] {
  return rows.flatMap((row, position) => (row["position"] === position ? [] : [{ id: row.id, version: row.version, position }]));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
