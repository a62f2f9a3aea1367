/** Values as the wire has them (PROTOCOL.md, 1.1). */
import { plainDecimal } from "./decimal";
import { instant } from "./instants";
import type { Json } from "./json";

export type WireKind = "instant" | "date" | "id" | "decimal" | "integer" | "json";

/** What a person or a program gave, as the server spells it. Raises RangeError for what is no value of the kind. */
export function wireValue(kind: WireKind, value: Json): Json {
  switch (kind) {
    case "instant":
      return instant(String(value));
    case "id":
      return idOf(String(value));
    case "decimal":
      return plainDecimal(String(value));
    case "integer":
      return integerOf(String(value));
    case "date":
      if (!/^\d{4}-\d{2}-\d{2}$/.test(String(value))) throw new RangeError(`no date: ${String(value)}`);
      return value;
    case "json":
      return value;
  }
}

/** Lower case, with dashes. */
function idOf(text: string): string {
  const hex = text.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError(`no id: ${text}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Beyond ±(2⁵³−1) as text. */
function integerOf(text: string): number | string {
  if (!/^-?\d+$/.test(text)) throw new RangeError(`no integer: ${text}`);
  return Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
