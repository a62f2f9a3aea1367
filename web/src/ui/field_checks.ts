/** Holds what was typed to the checks that the server makes, in the server's words, before anything is sent. */
import { DESCRIPTION } from "~/generated/description";
import { decimalOf } from "~/values/decimal";
import type { Check, Field } from "~/values/description";
import type { Json } from "~/values/json";
import { say, type Language } from "~/values/words";
import { settled } from "./form_changes";

/** The sentence about the first check that the value does not hold, with its remedy; null: nothing is wrong.
 *
 * No value fails only where `required` says so: which of its fields a command needs, the form knows. */
export function wrongWith(field: Field, value: Json | undefined, language: Language, required = false): string | null {
  const is = settled(typeof value === "string" ? stored(value) : value);
  if (is === null) return required ? sentenceOf({ kind: "required", code: REQUIRED }, field, null, language) : null;
  const failed = field.checks.find((check) => !holds(check, field, is));
  return failed === undefined ? null : sentenceOf(failed, field, is, language);
}

const REQUIRED = "REQUIRED";

/** As the server composes a text before it measures it. */
function stored(text: string): string {
  return text.replace(/\r\n?/g, "\n").normalize("NFC").replace(INVISIBLE, "");
}

const INVISIBLE = /[\ufeff\u200b\u2060\u202a-\u202e\u2066-\u2069]/g;

function holds(check: Check, field: Field, value: Exclude<Json, null>): boolean {
  switch (check.kind) {
    case "required":
      return true;
    case "choice":
      return field.choices.some((choice) => choice.value === value);
    case "readable":
    case "shape":
      return typeof value !== "string" || matches(check.pattern, value);
    case "length":
      // As the server counts: by characters, not by halves of them.
      return typeof value !== "string" || [...value].length <= check.limit;
    case "whole":
      return isNumeric(value) && decimalOf(value).gte(0) && decimalOf(value).lte(check.largest);
    case "decimal":
      return isNumeric(value) && isWithin(check, String(value));
    case "days":
      return typeof value === "string" && value.slice(0, 10) >= check.earliest && value.slice(0, 10) <= check.latest;
  }
}

function isNumeric(value: Json): value is string | number {
  return typeof value === "number" || (typeof value === "string" && /^-?[0-9]+(\.[0-9]+)?$/.test(value));
}

function isWithin({ least, above, below, places }: Extract<Check, { kind: "decimal" }>, text: string): boolean {
  const number = decimalOf(text);
  const decimals = /\.([0-9]*?)0*$/.exec(text)?.[1]?.length ?? 0;
  return (
    (least === undefined || number.gte(least)) &&
    (above === undefined || number.gt(above)) &&
    (below === undefined || number.lt(below)) &&
    (places === undefined || decimals <= places)
  );
}

const compiled = new Map<string, RegExp>();

/** Whether the whole text is of the named pattern. */
export function matches(name: string, text: string): boolean {
  const told = DESCRIPTION.patterns[name];
  if (told === undefined) throw new Error(`no pattern ${name}`);
  const found = compiled.get(name) ?? new RegExp(`^(?:${told.pattern})$`, told.anyCase ? "iu" : "u");
  compiled.set(name, found);
  return found.test(told.folded ? text.normalize("NFKC") : text);
}

function sentenceOf(check: Check, field: Field, value: Json, language: Language): string {
  const words = DESCRIPTION.refusals[check.code];
  if (words === undefined) throw new Error(`no words for ${check.code}`);
  const label = say(field.label, language);
  const choices = field.choices.map((choice) => say(choice.label, language)).join(language === "en" ? ", " : "、");
  const places: Readonly<Record<string, unknown>> = { ...check, label, label_zh: field.label[0], label_en: field.label[1], choices, value: String(value) };
  const filled = (template: string): string => template.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
  return `${filled(say(words.says, language))}${language === "en" ? " " : ""}${filled(say(words.remedy, language))}`;
}
