/** Which columns a list has, in what order and how wide: chosen per collection, kept on this device. */
import { useCallback, useMemo, useState } from "react";
import { useDevice } from "~/data/device_context";
import { isCustom, type Described } from "~/ui/described";
import { isNumber } from "~/ui/field_value";
import type { Field } from "~/values/description";

export interface Chosen {
  readonly name: string;
  readonly width: number;
}

const NEVER = new Set(["id", "version", "custom", "archivedAt", "archivedById", "erasedAt", "createdById", "updatedById", "nameKey"]);
const MOST_AT_FIRST = 8;

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
  if (field.kind === "instant") return 148;
  if (field.kind === "date" || field.kind === "boolean") return 112;
  if (isNumber(field)) return 128;
  if (field.widget === "email" || field.widget === "tags" || field.widget === "long_text") return 200;
  if (field.refersTo !== null) return field.refersTo === "members" ? 96 : 160;
  return 116;
}

export interface Columns {
  readonly chosen: readonly Chosen[];
  set(chosen: readonly Chosen[]): void;
  resize(name: string, width: number): void;
  reset(): void;
}

export function useColumns(described: Described): Columns {
  const { tenantId, memberId } = useDevice().me;
  const key = `yunfan-columns ${tenantId}.${memberId} ${described.entity.collection}`;
  const [kept, setKept] = useState(() => read(key));
  const chosen = useMemo(() => {
    const known = new Set(columnFields(described).map((field) => field.name));
    const found = (kept ?? []).filter((column) => known.has(column.name));
    return found.length > 0 ? found : firstColumns(described);
  }, [kept, described]);
  const set = useCallback(
    (next: readonly Chosen[] | null) => {
      setKept(next);
      write(key, next);
    },
    [key],
  );
  return {
    chosen,
    set,
    resize: (name, width) => set(chosen.map((column) => (column.name === name ? { ...column, width } : column))),
    reset: () => set(null),
  };
}

function read(key: string): readonly Chosen[] | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return Array.isArray(kept) && kept.every(isChosen) ? kept : null;
  } catch {
    // Storage is closed to us, or holds something else: the list has its first columns.
    return null;
  }
}

function isChosen(value: unknown): value is Chosen {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" && "width" in value && typeof value.width === "number";
}

function write(key: string, chosen: readonly Chosen[] | null): void {
  try {
    if (chosen === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(chosen));
  } catch {
    // A full or closed storage: the choice holds until the page is closed.
  }
}
