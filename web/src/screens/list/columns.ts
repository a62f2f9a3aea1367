/** Which columns a list has, in what order and how wide: chosen per collection, kept on this device. */
import { useLayoutEffect, useMemo, useState } from "react";
import { useKeptHere } from "~/data/kept_here";
import { isCustom, type Described } from "~/ui/described";
import { SOURCE_ENTITY } from "~/ui/field_text";
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

/** What rows are called by first, then what they are told apart by, when they changed last: as many as the room (in px) has
 * place for, three at least. */
export function firstColumns(described: Described, room = Infinity): readonly Chosen[] {
  const fields = columnFields(described);
  const naming = described.entity.calledBy.flatMap((name) => fields.find((field) => field.name === name) ?? []);
  const required = fields.filter((field) => field.widget === "reference" && !field.nullable && !naming.includes(field));
  const rest = fields.filter((field) => !naming.includes(field) && !required.includes(field) && field.widget !== "long_text" && !LATE.has(field.name));
  // How to reach somebody comes before what sorts them; a tree's upper end tells few rows apart.
  const rank = (field: Field): number => (field.search === "phone" ? 0 : field.refersTo === described.entity.collection ? 2 : 1);
  const ranked = rest.toSorted((one, other) => rank(one) - rank(other));
  const late = fields.filter((field) => field.name === "ownerId" || field.name === "updatedAt");
  const chosen = [...naming, ...required, ...ranked].slice(0, MOST_AT_FIRST - late.length);
  const columns = [...new Set([...chosen, ...late])];
  const firm = new Set(columns.filter((field) => field.kind === "instant" || field.kind === "date" || field.widget === "phone" || isNumber(field)).map((field) => field.name));
  return fitted(columns.map((field, at) => ({ name: field.name, width: widthOf(field, at === 0) })), firm, room);
}

const FEWEST = 3;
const NARROWED = 0.85;
const WIDENED = 1.3;

/** A column more is worth an ellipsis here and there; one that is half beyond the edge is worth nothing. Columns of `firm`
 * keep their width: half a date, an amount or a number to call says nothing. */
function fitted(columns: readonly Chosen[], firm: ReadonlySet<string>, room: number): readonly Chosen[] {
  const wide = (some: readonly Chosen[]): number => some.reduce((sum, column) => sum + column.width, 0);
  const textsOf = (some: readonly Chosen[]): number => wide(some.filter(({ name }) => !firm.has(name)));
  let kept = columns;
  while (kept.length > FEWEST && wide(kept) - textsOf(kept) * (1 - NARROWED) > room) kept = kept.slice(0, -1);
  const texts = textsOf(kept);
  const stretch = Number.isFinite(room) && texts > 0 ? Math.min(WIDENED, Math.max(NARROWED, (room - (wide(kept) - texts)) / texts)) : 1;
  return kept.map((column) => (firm.has(column.name) ? column : { ...column, width: Math.floor(column.width * stretch) }));
}

const LATE = new Set(["ownerId", "updatedAt", "createdAt", "address", "website"]);

export function widthOf(field: Field, isFirst = false): number {
  if (isFirst) return field.name === "number" ? 148 : 220;
  if (field.kind === "instant") return 168;
  if (field.kind === "date" || field.kind === "boolean") return 124;
  if (isNumber(field)) return field.widget === "money" ? 140 : 128;
  if (field.widget === "email" || field.widget === "tags" || field.widget === "long_text") return 200;
  if (field.name === SOURCE_ENTITY) return 176;
  if (field.widget === "phone") return 136;
  if (field.refersTo !== null) return field.refersTo === "members" ? 96 : 176;
  return field.choices.length > 0 ? 128 : 116;
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
  const room = useRoom();
  const chosen = useMemo(() => {
    const known = new Set(columnFields(described).map((field) => field.name));
    const found = kept.filter((column) => known.has(column.name));
    return found.length > 0 ? found : firstColumns(described, room);
  }, [kept, described, room]);
  return useMemo(
    () => ({
      chosen,
      set,
      resize: (name, width) => set(chosen.map((column) => (column.name === name ? { ...column, width } : column))),
      reset: () => set(null),
    }),
    [chosen, set],
  );
}

/** The page's margins, the list's edges, the boxes to select by and a scroll bar. */
const BESIDE_PX = 48 + 2 + 40 + 16;

function useRoom(): number {
  const [room, setRoom] = useState(() => roomIn(document.getElementById("main")));
  useLayoutEffect(() => {
    const main = document.getElementById("main");
    if (main === null) return undefined;
    const observer = new ResizeObserver(() => setRoom(roomIn(main)));
    observer.observe(main);
    return () => observer.disconnect();
  }, []);
  return room;
}

function roomIn(main: HTMLElement | null): number {
  return (main?.clientWidth ?? innerWidth) - BESIDE_PX;
}
