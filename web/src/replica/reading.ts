/** What the member sees: lists, rows, groups, found rows and the inbox. Offline, always. */
import type { Group, GroupQuery, ListQuery, ListResult, Row, RowState, SearchHit } from "~/device/api";
import { compared } from "./column";
import type { Question } from "./columns";
import { cutSql } from "./cutting";
import { decimalOf, spelled } from "~/values/decimal";
import type { ListTable } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { queryTerm } from "~/values/pinyin";
import { ALL_IN_BIN, ALL_IN_USE, asked, isIndexed, keptQuestion, orderingOf, placeOf, wordsOf, type Asked } from "./conditions";
import type { Found, Inside, Value } from "./driver";
import { NotRegistered, QueryInvalid, ReplicaClosed, UnknownCollection } from "./errors";
import type { Files } from "./files";
import type { KeptLists } from "./kept_lists";
import { LAYER, quoted, tableOf } from "./list_tables";
import { baseText, layerIn, rowOf } from "./rows_file";
import { END, MARK } from "./search_index";
import { shownRow } from "./states";

const MOST_ROWS = 5_000;
const MOST_HITS = 200;
const MOST_TOTALS = 200;
const RESOLVE = "tenants.resolve_inbox_entry";
const CUTS = { day: 10, month: 7, year: 4 } as const;

type Counted = Pick<Asked, "where" | "parameters" | "reads" | "searches">;

/** One instant of the rows. `layer`: collections with rows that are not merged into their lists yet. */
interface Instant {
  readonly query: Inside["query"];
  readonly layer: readonly string[];
  readonly lists: KeptLists;
  /** How many changes had been told of before. */
  readonly changes: number;
}

export class Reading {
  private readonly totals = new Map<string, { readonly changes: number; readonly total: number }>();
  private changes = 0;

  constructor(private readonly files: Files) {
    files.onChange(() => this.changes++);
  }

  async list(query: ListQuery): Promise<ListResult> {
    await this.prepare(query);
    return this.atOnce((at) => this.listAt(at, query));
  }

  row(collection: string, id: string): Promise<Row | null> {
    return this.atOnce(async (at) => (await this.rowsAt(at, collection, [id]))[0] ?? null);
  }

  /** Those that are there, archived ones too, in the order of `ids`. */
  rows(collection: string, ids: readonly string[]): Promise<readonly Row[]> {
    return this.atOnce((at) => this.rowsAt(at, collection, ids));
  }

  async groups(query: GroupQuery): Promise<readonly Group[]> {
    if (isCounting(query)) await this.prepare(query, query.by);
    return this.atOnce((at) => this.groupsAt(at, query));
  }

  search(text: string, collections?: readonly string[], limit = 20): Promise<readonly SearchHit[]> {
    return this.atOnce((at) => this.searchAt(at, text, collections, limit));
  }

  /** Unresolved entries that nobody has decided about here, newest first. */
  inbox(): Promise<readonly Row[]> {
    return this.atOnce((at) => this.inboxAt(at));
  }

  /** The row as what was queued shows it, also where its creation lies in the inbox: what an edit is based on. */
  seen(collection: string, id: string): Promise<JsonObject | null> {
    return this.atOnce((at) => this.seenAt(at, collection, id));
  }

  /** Everything asked inside is of one instant. Anew where another file took the place of the one that was asked. */
  private async atOnce<T>(work: (at: Instant) => Promise<T>): Promise<T> {
    this.files.used();
    for (;;) {
      const file = this.files.shown;
      try {
        return await file.db.tx(async (inside) => {
          const { changes } = this; // of this instant: what waited for its turn before may be older
          return work({ query: inside.query, layer: await layerIn(inside), lists: file.lists, changes });
        });
      } catch (wrong) {
        if (!(wrong instanceof ReplicaClosed) || file === this.files.shown) throw wrong;
      }
    }
  }

  private async listAt(at: Instant, query: ListQuery): Promise<ListResult> {
    const list = this.listOf(query.collection);
    if (list === null) return { rows: [], total: 0 };
    const limit = Math.min(Math.max(0, Math.trunc(query.limit)), MOST_ROWS);
    const offset = Math.max(0, Math.trunc(query.offset ?? 0));
    const condition = asked(list, this.known(query.collection), query);
    const kept = keptQuestion(list, query);
    const columns = kept === null ? null : at.lists.of(list.collection, kept.needs);
    if (kept !== null && columns !== null) {
      const { ids, total } = columns.answer(await this.narrowed(at, list, kept, query), keyOf(query), offset, limit);
      return { rows: await this.rowsOf(at, list, "SELECT value AS id FROM json_each(?)", [JSON.stringify(ids)]), total };
    }
    const order = this.orderOf(list, query);
    const question = { ...condition, reads: condition.reads || order.reads };
    const ids = `SELECT ${["l.id AS id", ...order.columns].join(", ")} ${this.fromOf(at, list, question)} ${question.where} ORDER BY ${order.by} LIMIT ? OFFSET ?`;
    const rows = await this.rowsOf(at, list, ids, [...question.parameters, limit, offset]);
    const total = rows.length < limit && (rows.length > 0 || offset === 0) ? offset + rows.length : await this.total(at, list, question);
    return { rows, total };
  }

  /** Has the columns that a question needs read into memory, where it is worth it: a short list is asked of the file. So is,
   * until they have been read, a long one. */
  private async prepare(query: Omit<ListQuery, "limit">, ...more: readonly string[]): Promise<void> {
    this.files.used();
    const list = this.listOf(query.collection);
    const kept = list === null ? null : keptQuestion(list, query);
    if (list === null || kept === null) return;
    await this.files.keep(list, [...kept.needs, ...more], !isIndexed(list, query));
  }

  /** With the rows that are found by what was typed. */
  private async narrowed(at: Instant, list: ListTable, kept: Question, { text = "" }: Pick<ListQuery, "text">): Promise<Question> {
    const words = wordsOf(text);
    if (words.length === 0) return text.trim() === "" ? kept : { ...kept, only: [] };
    const where = words.map((forms) => `(${forms.map(() => "instr(text, ?) > 0").join(" OR ")})`).join(" AND ");
    const found = await at.query(`SELECT id FROM search WHERE collection = '${list.collection}' AND ${where}`, words.flat());
    return { ...kept, only: found.map(([id]) => String(id)) };
  }

  /** Counted once until rows of the collection change: a person goes through the pages of one question. */
  private async total(at: Instant, list: ListTable, question: Counted): Promise<number> {
    const key = `${list.collection} ${question.where} ${JSON.stringify(question.parameters)}`;
    const known = this.totals.get(key);
    if (known?.changes === at.changes) return known.total;
    let total = 0;
    for (const source of this.sourcesOf(at, list)) {
      const from = fromOf(list, question, source);
      // Indexes count all rows and those in the bin; which are in use only the rows themselves tell.
      if (question.where === ALL_IN_USE) total += (await this.count(at, from, "", [])) - (await this.count(at, from, ALL_IN_BIN, []));
      else total += await this.count(at, from, question.where, question.parameters);
    }
    if (this.totals.size > MOST_TOTALS) this.totals.clear();
    this.totals.set(key, { changes: at.changes, total });
    return total;
  }

  private async count(at: Instant, from: string, where: string, parameters: readonly Value[]): Promise<number> {
    return Number((await at.query(`SELECT count(*) ${from} ${where}`, parameters))[0]?.[0] ?? 0);
  }

  /** In the order of `ids`, which is a query for ids: only the rows of the answer are read whole. */
  private async rowsOf(at: Instant, list: ListTable, ids: string, parameters: readonly Value[]): Promise<readonly Row[]> {
    const base = `LEFT JOIN base AS b ON b.collection = '${list.collection}' AND b.id = m.id`;
    if (!at.layer.includes(list.collection)) {
      return rowsIn(await at.query(`SELECT coalesce(m._data, b.data), m._state FROM (${ids}) AS f CROSS JOIN ${tableOf(list)} AS m ON m.id = f.id ${base}`, parameters));
    }
    const order = (await at.query(ids, parameters)).map(([id]) => String(id));
    const found = new Map<string, Row>();
    for (const source of this.sourcesOf(at, list)) {
      const rows = await at.query(`SELECT coalesce(m._data, b.data), m._state FROM ${source} AS m ${base} WHERE m.id IN (SELECT value FROM json_each(?))`, [JSON.stringify(order)]);
      for (const row of rowsIn(rows)) found.set(row.id, row);
    }
    return order.flatMap((id) => found.get(id) ?? []);
  }

  /** The tables that hold a collection's rows: the list, and before it what shows and is not merged yet. */
  private sourcesOf({ layer }: Instant, list: ListTable): readonly string[] {
    if (!layer.includes(list.collection)) return [tableOf(list)];
    const columns = ["id", ...list.columns.map(({ name }) => name), "_state", "_data"].map(quoted).join(", ");
    const under = `SELECT ${columns} FROM ${tableOf(list)} AS o WHERE NOT EXISTS (SELECT 1 FROM staged AS t WHERE t.collection = '${list.collection}' AND t.id = o.id)`;
    return [`(${under})`, `(SELECT ${columns} FROM ${tableOf(list, LAYER)})`];
  }

  private fromOf(at: Instant, list: ListTable, question: Pick<Asked, "reads" | "searches">): string {
    const sources = this.sourcesOf(at, list);
    return fromOf(list, question, sources.length === 1 ? tableOf(list) : `(${sources.map((source) => source.slice(1, -1)).join(" UNION ALL ")})`);
  }

  private async rowsAt(at: Instant, collection: string, ids: readonly string[]): Promise<readonly Row[]> {
    const list = this.listOf(collection);
    if (list === null || ids.length === 0) return [];
    return this.rowsOf(at, list, "SELECT value AS id FROM json_each(?)", [JSON.stringify(ids)]);
  }

  private async groupsAt(at: Instant, query: GroupQuery): Promise<readonly Group[]> {
    const list = this.listOf(query.collection);
    if (list === null) return [];
    const known = this.known(query.collection);
    const question = asked(list, known, query);
    const kept = isCounting(query) ? keptQuestion(list, query) : null;
    const lists = kept === null ? null : at.lists.of(list.collection, [...kept.needs, query.by ?? ""]);
    if (kept !== null && lists !== null) {
      const counts = lists.counts(await this.narrowed(at, list, kept, query), keyOf(query), query.by ?? "");
      return [...counts].toSorted(([a], [b]) => compared(a, b)).map(([value, count]) => ({ value, count, sums: {} }));
    }
    const by = query.by === undefined ? null : placeOf(list, known, query.by);
    const sums = (query.sums ?? []).map((field) => ({ field, place: placeOf(list, known, field) }));
    const cut = query.cut === undefined ? undefined : CUTS[query.cut];
    if (query.cut !== undefined && cut === undefined) throw new QueryInvalid(`no cut: ${query.cut}`);
    const whole = sums.every(({ place }) => place.column?.type === "INTEGER");
    const exact = !whole; // a column holds a decimal as a float: exact values stand in the text
    const reads = question.reads || exact || (by?.reads ?? false);
    const columns = sums.map(({ field, place }) => (place.reads ? place.sql : `json_extract(coalesce(l._data, b.data), '$.${field}')`));
    const source = `${this.fromOf(at, list, { ...question, reads })} ${question.where}`;
    const value = by === null ? "NULL" : cut === undefined ? by.sql : await cutSql(at, by.sql, cut, query.zone, source, question.parameters);
    if (!exact) {
      const totals = sums.map(({ place }) => `, CAST(coalesce(sum(${place.sql}), 0) AS TEXT)`).join("");
      const rows = await at.query(`SELECT ${value} AS v, count(*)${totals} ${source} GROUP BY v ORDER BY v`, question.parameters);
      const named = (numbers: readonly Value[]) => Object.fromEntries(sums.map(({ field }, nth) => [field, String(numbers[nth] ?? 0)]));
      const all = rows.map(([found, count, ...numbers]) => ({ value: found as Json, count: Number(count), sums: named(numbers) }));
      return by === null && all.length === 0 ? [{ value: null, count: 0, sums: named([]) }] : all;
    }
    const rows = await at.query(`SELECT ${[value, ...columns].join(", ")} ${source}`, question.parameters);
    return summed(rows, sums.map(({ field }) => field), by === null);
  }

  private async searchAt(at: Instant, text: string, collections: readonly string[] | undefined, limit: number): Promise<readonly SearchHit[]> {
    const words = wordsOf(text);
    if (words.length === 0) return [];
    const wanted = (collections ?? Object.keys(this.files.described.searched)).filter((name) => this.listOf(name) !== null);
    const where = words.map((forms) => `(${forms.map(() => "instr(text, ?) > 0").join(" OR ")})`).join(" AND ");
    const whole = queryTerm(text);
    const ranks = [MARK.name + whole, MARK.code + whole + END, MARK.name + whole, MARK.code + whole, MARK.initials + whole, MARK.pinyin + whole, whole];
    ranks[0] = MARK.name + whole + END;
    const rank = `CASE ${ranks.map((_, at) => `WHEN instr(text, ?) > 0 THEN ${at}`).join(" ")} ELSE ${ranks.length} END`;
    const found = await at.query(
      `SELECT collection, id FROM search WHERE collection IN (SELECT value FROM json_each(?)) AND ${where} ORDER BY ${rank}, length(text), id LIMIT ?`,
      [JSON.stringify(wanted), ...words.flat(), ...ranks, Math.min(Math.max(1, limit) * 2, MOST_HITS)],
    );
    const hits: SearchHit[] = [];
    for (const [collection, id] of found) {
      const [row = null] = await this.rowsAt(at, String(collection), [String(id)]);
      if (row !== null && (row["archivedAt"] ?? null) === null) hits.push({ collection: String(collection), row });
    }
    return hits.slice(0, limit);
  }

  private async inboxAt(at: Instant): Promise<readonly Row[]> {
    const deciding = new Set(this.files.done.overlay.filter(({ command }) => command === RESOLVE).map(({ rowId }) => rowId));
    const list = this.listOf("inbox");
    if (list === null) return [];
    const rows = await this.rowsOf(at, list, "SELECT id FROM list_inbox WHERE state IN ('open', 'waiting', 'parked') ORDER BY createdAt DESC, id DESC", []);
    return rows.filter(({ id }) => !deciding.has(id));
  }

  private async seenAt(at: Instant, collection: string, id: string): Promise<JsonObject | null> {
    const { done } = this.files;
    const added = await at.query("SELECT 1 FROM added WHERE collection = ? AND id = ?", [collection, id]);
    if (added.length === 0) {
      const under = await baseText(at, collection, id, at.layer);
      const found = shownRow(under === null ? null : rowOf(under), collection, id, done.queueOf(collection, id), done.memberId);
      if (found !== null) return found.row;
    }
    const row = this.files.described.lists[collection] === undefined ? null : ((await this.rowsAt(at, collection, [id]))[0] ?? null);
    if (row === null) return null;
    const { _state: _, ...fields } = row;
    return fields;
  }

  /** Null: it went with a right or a module; there is nothing of it now. Raises NotRegistered, UnknownCollection. */
  private listOf(collection: string): ListTable | null {
    const { schema, gone } = this.files.shown.meta;
    if (schema === null) throw new NotRegistered();
    const list = Object.hasOwn(this.files.described.lists, collection) ? this.files.described.lists[collection] : undefined;
    if (Object.hasOwn(schema.collections, collection) && list !== undefined) return list;
    if (gone.includes(collection) || list !== undefined) return null;
    throw new UnknownCollection(collection);
  }

  private known(collection: string) {
    return this.files.shown.meta.schema?.collections[collection];
  }

  private orderOf(list: ListTable, query: ListQuery): { readonly columns: readonly string[]; readonly by: string; readonly reads: boolean } {
    const { orders, idDesc } = orderingOf(list, query);
    const places = orders.map(({ field }) => placeOf(list, this.known(list.collection), field));
    const parts = places.map(({ sql }, at) => `${sql} ${orders[at]?.desc ? "DESC" : "ASC"}`);
    return { columns: places.map(({ sql }, at) => `${sql} AS o${at}`), by: [...parts, `l.id ${idDesc ? "DESC" : "ASC"}`].join(", "), reads: places.some(({ reads }) => reads) };
  }
}

/** Groups that are counts of a column's values. */
function isCounting(query: GroupQuery): query is GroupQuery & { readonly by: string } {
  return query.by !== undefined && query.cut === undefined && (query.sums ?? []).length === 0;
}

/** The same for all pages of one question. */
function keyOf({ where, text, archived, orderBy }: Omit<ListQuery, "collection" | "limit" | "offset">): string {
  return JSON.stringify([where, text, archived, orderBy]);
}

function fromOf(list: ListTable, question: Pick<Asked, "reads" | "searches">, source: string): string {
  const base = question.reads ? ` LEFT JOIN base AS b ON b.collection = '${list.collection}' AND b.id = l.id` : "";
  if (!question.searches) return `FROM ${source} AS l${base}`;
  return `FROM (SELECT id, text FROM search WHERE collection = '${list.collection}') AS s CROSS JOIN ${source} AS l ON l.id = s.id${base}`;
}

function rowsIn(found: Found): readonly Row[] {
  return found.map(([text, state]) => ({ ...(rowOf(String(text)) as JsonObject & { readonly id: string; readonly version: number }), _state: state as RowState }));
}

function summed(rows: Found, fields: readonly string[], single: boolean): readonly Group[] {
  const groups = new Map<Value, { count: number; sums: ReturnType<typeof decimalOf>[] }>();
  if (single) groups.set(null, { count: 0, sums: fields.map(() => decimalOf(0)) });
  for (const [value = null, ...numbers] of rows) {
    let group = groups.get(value);
    if (group === undefined) {
      group = { count: 0, sums: fields.map(() => decimalOf(0)) };
      groups.set(value, group);
    }
    group.count += 1;
    group.sums = group.sums.map((sum, at) => (numbers[at] === null ? sum : sum.plus(decimalOf(numbers[at]))));
  }
  const found = [...groups].map(([value, { count, sums }]) => ({
    value: value as Json,
    count,
    sums: Object.fromEntries(fields.map((field, at) => [field, spelled(sums[at] ?? decimalOf(0))])),
  }));
  return found.toSorted((a, b) => (a.value === b.value ? 0 : a.value === null ? -1 : b.value === null ? 1 : (a.value as string) < (b.value as string) ? -1 : 1));
}
