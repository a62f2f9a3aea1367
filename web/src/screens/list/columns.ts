/** Which columns a list has, in what order and how wide: chosen per collection, kept on this device. */
import { useMemo } from "react";
import { useKeptHere } from "~/data/kept_here";
import { isCustom, type Described } from "~/ui/described";
import { isNumber } from "~/ui/field_value";
import type { Field } from "~/values/description";

export interface Chosen {
  readonly name: string;
  readonly width: number;
}

const NEVER = new Set(["id", "version", "custom", "archivedAt", "archivedById", "erasedAt", "createdById", "updatedById", "nameKey"]);
const MOST_AT_FIRST = 8;
const NONE: Kept = [];

/** The fields that may be columns. A currency is told with its amount. */
export function columnFields(described: Described): readonly Field[] {
  const paired = new Set(described.fields.map((field) => field.currencyField));
  return described.fields.filter((field) => !NEVER.has(field.name) && !paired.has(field.name) && !(field.kind === "json" && !isCustom(field)) && !(field.widget === "reference" && field.refersTo === null));
}

/** What rows are called by first, then what they are told apart by, when they changed last. */
export function firstColumns(described: Described): readonly Chosen[] {
  const fields = columnFields(described);
  const naming = described.entity.calledBy.flatMap((name) => fields.find((field) => field.name === name) ?? []);
  const required = fields.filter((field) => field.widget === "reference" && !field.nullable && !naming.includes(field));
  const rest = fields.filter((field) => !naming.includes(field) && !required.includes(field) && field.widget !== "long_text" && !LATE.has(field.name));
  const late = fields.filter((field) => field.name === "ownerId" || field.name === "updatedAt");
  const chosen = [...naming, ...required, ...rest].slice(0, MOST_AT_FIRST - late.length);
  return [...new Set([...chosen, ...late])].map((field, at) => ({ name: field.name, width: widthOf(field, at === 0) }));
}

const LATE = new Set(["ownerId", "updatedAt", "createdAt", "address", "website"]);

export function widthOf(field: Field, isFirst = false): number {
  if (isFirst) return 220;
  if (field.kind === "instant") return 168;
  if (field.kind === "date" || field.kind === "boolean") return 112;
  if (isNumber(field)) return 128;
  if (field.widget === "email" || field.widget === "tags" || field.widget === "long_text") return 200;
  if (field.refersTo !== null) return field.refersTo === "members" ? 96 : 160;
  return 116;
}

/** As kept; Json, which an interface is not. */
type Kept = readonly { readonly name: string; readonly width: number }[];

export interface Columns {
  readonly chosen: readonly Chosen[];
  set(chosen: readonly Chosen[]): void;
  resize(name: string, width: number): void;
  reset(): void;
}

export function useColumns(described: Described): Columns {
  const [kept, set] = useKeptHere<Kept>(`columns ${described.entity.collection}`, NONE);
  const chosen = useMemo(() => {
    const known = new Set(columnFields(described).map((field) => field.name));
    const found = kept.filter((column) => known.has(column.name));
    return found.length > 0 ? found : firstColumns(described);
  }, [kept, described]);
  return {
    chosen,
    set,
    resize: (name, width) => set(chosen.map((column) => (column.name === name ? { ...column, width } : column))),
    reset: () => set(null),
  };
}
