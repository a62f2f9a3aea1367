/** What the product calls its things, from the generated description. */
import { DESCRIPTION } from "~/generated/description";
import { say, type Language } from "~/values/words";

/** One of them: "客户", "Customer". A collection that nobody described stands for itself. */
export function entityLabel(collection: string, language: Language): string {
  const entity = DESCRIPTION.entities[collection];
  return entity === undefined ? collection : say(entity.label, language);
}

/** Many of them: "客户", "Customers". */
export function collectionLabel(collection: string, language: Language): string {
  const one = entityLabel(collection, language);
  return language === "en" ? plural(one) : one;
}

/** English only: the labels are nouns with regular plurals. */
export function plural(one: string): string {
  if (/[^aeiou]y$/.test(one)) return `${one.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(one) ? `${one}es` : `${one}s`;
}

/** The label of a choice; a value that is not described stands for itself. */
export function choiceLabel(collection: string, field: string, value: string, language: Language): string {
  const described = DESCRIPTION.entities[collection]?.fields.find((one) => one.name === field);
  const choice = described?.choices.find((one) => one.value === value);
  return choice === undefined ? value : say(choice.label, language);
}

export function fieldLabel(collection: string, field: string, language: Language): string {
  const described = DESCRIPTION.entities[collection]?.fields.find((one) => one.name === field);
  return described === undefined ? field : say(described.label, language);
}

/** What these fields are called in both languages. */
export function fieldNames(collection: string, ...fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => [fieldLabel(collection, field, "zh-CN"), fieldLabel(collection, field, "en")]);
}

export function commandLabel(command: string, language: Language): string {
  const described = DESCRIPTION.commands[command];
  return described === undefined ? command : say(described.label, language);
}

/** A built-in role in the reader's language, as long as the company calls it by one of its own two names. */
export function roleLabel({ key, name }: { readonly key: string | null; readonly name: string }, language: Language): string {
  const words = key === null ? undefined : DESCRIPTION.builtInRoles[key];
  return words?.includes(name) === true ? say(words, language) : name;
}

export function moduleLabel(code: string, language: Language): string {
  const module = DESCRIPTION.modules.find((one) => one.code === code);
  return module === undefined ? code : say(module.label, language);
}
