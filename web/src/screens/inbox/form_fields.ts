/** What a form asks for to submit an entry anew. */
import type { Argument, Command } from "~/values/description";
import { firstValues } from "~/data/inbox/decision";
import type { Entry } from "~/data/inbox/entry";
import { EDIT_CLASHED } from "~/data/inbox/offers";

export interface FormFields {
  /** Paths that are shown at once: what was sent, what is wrong, what is required. */
  readonly shown: readonly string[];
  /** What else the command takes. */
  readonly more: readonly string[];
  readonly required: ReadonlySet<string>;
}

const KEPT = new Set(["id", "version", "custom", "replaces", "madeAt", "deviceId", "spent"]);

export function formFields(entry: Entry, command: Command): FormFields {
  const taken = command.arguments.filter((argument) => !KEPT.has(argument.name));
  const known = new Set(taken.map((argument) => argument.name));
  const sent = Object.keys(firstValues(entry)).filter((path) => path.startsWith("custom.") || known.has(path));
  const wrong = entry.field !== null && entry.code !== EDIT_CLASHED ? [entry.field.replace(/\[.*|\..*$/, "")].filter((name) => known.has(name)) : [];
  const needed = taken.filter((argument) => argument.required).map((argument) => argument.name);
  const order = taken.map((argument) => argument.name);
  const place = (path: string): number => (order.includes(path) ? order.indexOf(path) : order.length);
  const shown = [...new Set([...needed, ...sent, ...wrong])].sort((one, other) => place(one) - place(other));
  return { shown, more: order.filter((name) => !shown.includes(name)), required: new Set(needed) };
}

/** The parts of an item of a list argument, `[{productId:uuid,quantity:decimal,id?:none|uuid}]`; null: not such a list. */
export function itemParts(argument: Argument | undefined): readonly string[] | null {
  const found = /^\[\{(.*)\}\]$/.exec(argument?.type ?? "");
  if (found === null) return null;
  return (found[1] ?? "").split(",").map((part) => part.split(/\??:/)[0] ?? "").filter((name) => !ITEM_KEPT.has(name) && name !== "");
}

const ITEM_KEPT = new Set(["id", "after", "expected"]);
