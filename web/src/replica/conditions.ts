/** Questions to the lists as SQL: names checked against the description and the member's schema, values bound. */
import type { Condition, ListQuery, MemberSchema, Order } from "~/device/api";
import { instant } from "~/values/instants";
import type { ListTable } from "~/values/description";
import type { Json } from "~/values/json";
import { queryTerm } from "~/values/pinyin";
import { compared, type Cell } from "./column";
import type { Question, Test } from "./columns";
import type { Value } from "./driver";
import { QueryInvalid } from "./errors";
import { isArchivable, quoted } from "./list_tables";
import { digitsOf } from "./search_index";

/** A company's own field; of an amount one of its halves. */
const CUSTOM = /^custom\.([A-Za-z0-9_]{1,100})(\.amountMinor|\.currency)?$/;
const OWN_COLUMNS = new Set(["id", "_state"]);
const MOST_CONDITIONS = 50;
const MOST_ORDERS = 4;
const DEFAULT_ORDER = "updatedAt";
const MOST_VALUES = 5_000;
const MOST_WORDS = 8;
const TEXT = "coalesce(l._data, b.data)";

const IN_USE = "l.archivedAt IS NULL";
const IN_BIN = "l.archivedAt IS NOT NULL";
/** Of all rows of a list: those in use, and those in the bin. */
export const ALL_IN_USE = `WHERE ${IN_USE}`;
export const ALL_IN_BIN = `WHERE ${IN_BIN}`;

/** A field as SQL. `reads`: whether the row's text is needed, which costs a look at the base. */
export interface Place {
  readonly sql: string;
  readonly column: ListTable["columns"][number] | null;
  readonly reads: boolean;
}

/** A question's source and its conditions; the parameters in their order. */
export interface Asked {
  readonly where: string;
  readonly parameters: readonly Value[];
  readonly reads: boolean;
  readonly searches: boolean;
}

/** Raises QueryInvalid for a field that there is not. */
export function placeOf(list: ListTable, known: MemberSchema["collections"][string] | undefined, field: string): Place {
  if (OWN_COLUMNS.has(field)) return { sql: `l.${quoted(field)}`, column: null, reads: false };
  const column = list.columns.find(({ name }) => name === field);
  if (column !== undefined) return { sql: `l.${quoted(field)}`, column, reads: false };
  const custom = CUSTOM.exec(field);
  if (custom !== null) return { sql: `json_extract(${TEXT}, '$.custom."${custom[1]}"${custom[2] ?? ""}')`, column: null, reads: true };
  if (known === undefined || !(field in known.fields) || !/^[A-Za-z0-9]+$/.test(field)) throw new QueryInvalid(`${list.collection} has no field ${field}`);
  return { sql: `json_extract(${TEXT}, '$.${field}')`, column: null, reads: true };
}

export function asked(list: ListTable, known: MemberSchema["collections"][string] | undefined, query: Pick<ListQuery, "where" | "text" | "archived">): Asked {
  const parts: string[] = [];
  const parameters: Value[] = [];
  let reads = false;
  const conditions = query.where ?? [];
  if (conditions.length > MOST_CONDITIONS) throw new QueryInvalid("too many conditions");
  for (const condition of conditions) {
    const place = placeOf(list, known, condition.field);
    const [sql, values] = conditionOf(place, condition);
    parts.push(sql);
    parameters.push(...values);
    reads ||= place.reads;
  }
  const bin = binOf(list, query);
  if (bin !== "all") parts.push(bin === "only" ? IN_BIN : IN_USE);
  const words = wordsOf(query.text ?? "");
  for (const word of words) {
    parts.push(`(${word.map(() => "instr(s.text, ?) > 0").join(" OR ")})`);
    parameters.push(...word);
  }
  if (words.length === 0 && (query.text ?? "").trim() !== "") parts.push("0");
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, parameters, reads, searches: words.length > 0 };
}

function binOf(list: ListTable, query: Pick<ListQuery, "archived">): "none" | "only" | "all" {
  return isArchivable(list) ? (query.archived ?? "none") : "all";
}

/** Which rows follow which: names by their key, and how those that are equal otherwise. */
export function orderingOf(list: ListTable, query: Pick<ListQuery, "where" | "orderBy">): { readonly orders: readonly Order[]; readonly idDesc: boolean } {
  const given = query.orderBy ?? [];
  if (given.length > MOST_ORDERS) throw new QueryInvalid("too many orders");
  const [first, ...rest] = given;
  if (first === undefined) {
    const hasDefault = list.columns.some(({ name }) => name === DEFAULT_ORDER);
    return { orders: hasDefault ? [{ field: DEFAULT_ORDER, desc: true }] : [], idDesc: hasDefault };
  }
  const pinned = (query.where ?? []).some(({ field, op }) => op === "eq" && field === first.field); // no order among equals
  const orders = pinned && rest.length > 0 ? rest : given;
  const keyed = orders.map((order) => ({ ...order, field: list.columns.find(({ keyOf }) => keyOf === order.field)?.name ?? order.field }));
  return { orders: keyed, idDesc: first.desc === true };
}

/** Whether the file finds the first rows by an index. */
export function isIndexed(list: ListTable, query: Pick<ListQuery, "where" | "orderBy" | "text">): boolean {
  const conditions = query.where ?? [];
  if (conditions.some(({ field, op }) => op === "eq" && list.indexes.some(([first, second]) => first === field && second !== undefined))) return true;
  const [first, second] = orderingOf(list, query).orders;
  return conditions.length === 0 && (query.text ?? "") === "" && first?.field === DEFAULT_ORDER && second === undefined;
}

/** The same question, to be asked of columns in memory; `needs`: which. Null: of what stands in no column, or is compared in
 * SQLite's own way. What is wrong with it `asked` tells. */
export function keptQuestion(list: ListTable, query: Pick<ListQuery, "where" | "orderBy" | "archived">): (Question & { readonly needs: readonly string[] }) | null {
  const tests: Test[] = [];
  for (const condition of query.where ?? []) {
    const column = list.columns.find(({ name }) => name === condition.field);
    const wants = column === undefined ? null : wantsOf({ sql: "", column, reads: false }, condition);
    if (column === undefined || wants === null) return null;
    tests.push({ column: column.name, wants });
  }
  const bin = binOf(list, query);
  if (bin !== "all") tests.push({ column: "archivedAt", wants: (value) => (value !== null) === (bin === "only") });
  const { orders, idDesc } = orderingOf(list, query);
  const sortings = orders.map(({ field, desc }) => ({ column: field, desc: desc === true }));
  if (sortings.some(({ column }) => !list.columns.some(({ name }) => name === column))) return null;
  return { tests, only: null, sortings, idDesc, needs: [...tests, ...sortings].map(({ column }) => column) };
}

/** Each word in the forms under which it may stand in the search's text. */
export function wordsOf(text: string): readonly (readonly string[])[] {
  return text.trim().split(/\s+/).slice(0, MOST_WORDS).flatMap((word) => {
    const term = queryTerm(word);
    if (term === "") return [];
    const digits = /^[+0-9()-]+$/.test(word) ? digitsOf(word) : "";
    const forms = [term, ...(digits !== "" && digits !== term ? [digits] : []), ...(word.includes("@") || word.includes(".") ? [word.toLowerCase()] : [])];
    return [[...new Set(forms)]];
  });
}

const COMPARED = { eq: "IS", ne: "IS NOT", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

function conditionOf(place: Place, { field, op, value = null }: Condition): readonly [sql: string, parameters: readonly Value[]] {
  const { sql } = place;
  switch (op) {
    case "empty":
      return [`(${sql} IS NULL OR ${sql} IN ('', '[]', '{}'))`, []];
    case "filled":
      return [`(${sql} IS NOT NULL AND ${sql} NOT IN ('', '[]', '{}'))`, []];
    case "in":
      return [`${sql} IN (SELECT value FROM json_each(?))`, [JSON.stringify(listOf(field, value).map((item) => bound(place, field, item)))]];
    case "has":
      return [
        `EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(${sql}) THEN ${sql} END) AS h WHERE h.value IN (SELECT value FROM json_each(?)))`,
        [JSON.stringify(listOf(field, value))],
      ];
    case "contains":
      return [`instr(lower(${sql}), ?) > 0`, [textOf(field, value).toLowerCase()]];
    case "startsWith":
      return [`substr(lower(${sql}), 1, ?) = ?`, [[...textOf(field, value)].length, textOf(field, value).toLowerCase()]];
    default: {
      const compare = COMPARED[op];
      if (compare === undefined) throw new QueryInvalid(`no operator: ${String(op)}`);
      return [`${sql} ${compare} ?`, [bound(place, field, value)]];
    }
  }
}

/** A value as the column has it. */
function bound({ column }: Place, field: string, value: Json): Value {
  if (value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "object") throw new QueryInvalid(`${field} is compared with plain values`);
  if (column?.type === "REAL" || column?.type === "INTEGER") {
    const number = Number(value);
    if (Number.isNaN(number)) throw new QueryInvalid(`${field} is compared with numbers`);
    return number;
  }
  return typeof value === "string" && column !== null && /^\d{4}-\d\d-\d\dT/.test(value) ? instant(value) : value;
}

function listOf(field: string, value: Json): readonly Json[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [value];
  if (list.length > MOST_VALUES || list.some((item) => typeof item === "object" && item !== null)) throw new QueryInvalid(`${field}: a list of plain values`);
  return list;
}

function textOf(field: string, value: Json): string {
  if (typeof value !== "string" && typeof value !== "number") throw new QueryInvalid(`${field} is compared with a text`);
  return String(value);
}

const EMPTY: ReadonlySet<Cell> = new Set([null, "", "[]", "{}"]);

/** A condition as `conditionOf` writes it, of a value in memory. */
function wantsOf(place: Place, { field, op, value = null }: Condition): ((cell: Cell) => boolean) | null {
  const like = (item: Json): Cell => cellOf(place, bound(place, field, item));
  switch (op) {
    case "empty":
      return (cell) => EMPTY.has(cell);
    case "filled":
      return (cell) => !EMPTY.has(cell);
    case "in": {
      const wanted = new Set(listOf(field, value).map(like));
      return (cell) => cell !== null && wanted.has(cell);
    }
    case "eq":
    case "ne": {
      const wanted = like(value);
      return op === "eq" ? (cell) => cell === wanted : (cell) => cell !== wanted;
    }
    case "lt":
    case "le":
    case "gt":
    case "ge": {
      const limit = like(value);
      const holds = HOLDS[op];
      return (cell) => cell !== null && limit !== null && holds(compared(cell, limit));
    }
    case "contains":
    case "startsWith": {
      if (place.column?.type !== "TEXT") return null;
      const wanted = textOf(field, value).toLowerCase();
      return op === "contains" ? (cell) => cell !== null && lowered(cell).includes(wanted) : (cell) => cell !== null && lowered(cell).startsWith(wanted);
    }
    case "has": {
      if (place.column?.type !== "TEXT") return null;
      const wanted = new Set(listOf(field, value).map(plain));
      return (cell) => itemsIn(cell).some((item) => wanted.has(item));
    }
    default:
      return null;
  }
}

/** As SQLite's json_each tells the items of a JSON text. */
function itemsIn(cell: Cell): readonly unknown[] {
  if (typeof cell !== "string") return [];
  try {
    const found = JSON.parse(cell) as unknown;
    return (Array.isArray(found) ? found : typeof found === "object" && found !== null ? Object.values(found) : [found]).map(plain);
  } catch {
    return []; // no JSON: it has no items
  }
}

function plain(item: unknown): unknown {
  return typeof item === "boolean" ? Number(item) : item;
}

const HOLDS = { lt: (by: number) => by < 0, le: (by: number) => by <= 0, gt: (by: number) => by > 0, ge: (by: number) => by >= 0 } as const;

/** As SQLite lowers: letters of ASCII alone. */
function lowered(cell: string | number): string {
  const text = String(cell);
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (some) => some.toLowerCase()) : text;
}

/** A bound value as the column compares it. */
function cellOf({ column }: Place, value: Value): Cell {
  if (typeof value === "number" && column?.type === "TEXT") return String(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}
