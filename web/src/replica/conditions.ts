/** Questions to the lists as SQL: names checked against the description and the member's schema, values bound. */
import type { Condition, ListQuery, MemberSchema } from "~/device/api";
import { instant } from "~/values/instants";
import type { ListTable } from "~/values/description";
import type { Json } from "~/values/json";
import { queryTerm } from "~/values/pinyin";
import type { Value } from "./driver";
import { QueryInvalid } from "./errors";
import { isArchivable, quoted } from "./list_tables";
import { digitsOf } from "./search_index";

/** A company's own field; of an amount one of its halves. */
const CUSTOM = /^custom\.([A-Za-z0-9_]{1,100})(\.amountMinor|\.currency)?$/;
const OWN_COLUMNS = new Set(["id", "_state"]);
const MOST_CONDITIONS = 50;
const MOST_VALUES = 5_000;
const MOST_WORDS = 8;
const TEXT = "coalesce(l._data, b.data)";

/** A field as SQL. `reads`: whether the row's text is needed, which costs a look at the base. */
export interface Place {
  readonly sql: string;
  readonly column: ListTable["columns"][number] | null;
  readonly reads: boolean;
}

/** A question's source and its conditions; the parameters in their order. */
export interface Asked {
  readonly where: string;
  /** The same, to be tested row by row: no index of a condition's field is used. */
  readonly whereEach: string;
  /** To be counted: these rows, less those of `less`. An index counts them; which rows are in the bin it does not know. */
  readonly whereAll: string;
  readonly less: string | null;
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
  const each: string[] = [];
  const parameters: Value[] = [];
  let reads = false;
  const conditions = query.where ?? [];
  if (conditions.length > MOST_CONDITIONS) throw new QueryInvalid("too many conditions");
  for (const condition of conditions) {
    const place = placeOf(list, known, condition.field);
    const [sql, values] = conditionOf(place, condition);
    parts.push(sql);
    each.push(conditionOf({ ...place, sql: `+${place.sql}` }, condition)[0]);
    parameters.push(...values);
    reads ||= place.reads;
  }
  const bin = isArchivable(list) ? (query.archived ?? "none") : "all";
  if (bin === "only") parts.push("l.archivedAt IS NOT NULL");
  if (bin !== "all") each.push(bin === "only" ? "l.archivedAt IS NOT NULL" : "+l.archivedAt IS NULL");
  const words = wordsOf(query.text ?? "");
  for (const word of words) {
    parts.push(`(${word.map(() => "instr(s.text, ?) > 0").join(" OR ")})`);
    parameters.push(...word);
  }
  if (words.length === 0 && (query.text ?? "").trim() !== "") parts.push("0");
  const all = parts.length === 0 ? [] : [parts.join(" AND ")];
  const whereOf = (...more: readonly string[]) => ([...all, ...more].length === 0 ? "" : `WHERE ${[...all, ...more].join(" AND ")}`);
  return { where: bin === "none" ? whereOf("l.archivedAt IS NULL") : whereOf(), whereEach: each.length === 0 ? "" : `WHERE ${each.join(" AND ")}`, whereAll: whereOf(), less: bin === "none" ? whereOf("l.archivedAt IS NOT NULL") : null, parameters, reads, searches: words.length > 0 };
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
