/** One collection's rows in memory, column by column: whatever is filtered and sorted by, a question looks at numbers and not
 * at pages of a file. What stands here is what the list's table says at the same instant.
 */
import { bucketed, type Cell, Column, merged, type Rows } from "./column";

/** Of one column: whether a value is wanted. */
export interface Test {
  readonly column: string;
  readonly wants: (value: Cell) => boolean;
}

export interface Sorting {
  readonly column: string;
  readonly desc: boolean;
}

/** `tests`: all hold. `only`: of these rows; null: of all. `idDesc`: how rows that are equal otherwise follow each other. */
export interface Question {
  readonly tests: readonly Test[];
  readonly only: readonly string[] | null;
  readonly sortings: readonly Sorting[];
  readonly idDesc: boolean;
}

export class Columns implements Rows {
  private readonly columns = new Map<string, Column>();
  private readonly slots = new Map<string, number>();
  private readonly free: number[] = [];
  private ids: string[] = [];
  private used: Uint8Array<ArrayBuffer>;
  private idOrder: Int32Array | null = null;
  private last: { readonly question: string; readonly mask: Uint8Array; readonly total: number; order: Int32Array | null } | null = null;

  /** `ids`: in their own order. */
  constructor(ids: readonly string[]) {
    this.ids = [...ids];
    this.used = new Uint8Array(Math.max(16, ids.length)).fill(1, 0, ids.length);
    ids.forEach((id, slot) => this.slots.set(id, slot));
  }

  get size(): number {
    return this.slots.size;
  }

  /** Those that are here, in the order in which a change tells their cells. */
  get names(): readonly string[] {
    return [...this.columns.keys()];
  }

  has(names: Iterable<string>): boolean {
    for (const name of names) if (!this.columns.has(name)) return false;
    return true;
  }

  /** A column with a value for each of the ids. Ids that are not here any more are passed over; those that have none, have null. */
  add(name: string, ids: readonly string[], cells: readonly Cell[]): void {
    const column = new Column(this.used.length, this);
    ids.forEach((id, at) => {
      const slot = this.slots.get(id);
      if (slot !== undefined) column.set(slot, cells[at] ?? null);
    });
    this.columns.set(name, column);
  }

  /** Rows that came or changed, with a list of cells for each of `names`; and rows that went. No id is told twice. */
  change(ids: readonly string[], cells: readonly (readonly Cell[])[], went: readonly string[]): void {
    if (ids.length + went.length === 0) return;
    this.last = null;
    const come = new Set<number>();
    const slots = ids.map((id) => {
      const known = this.slots.get(id);
      if (known !== undefined) return known;
      const slot = this.place(id);
      come.add(slot);
      return slot;
    });
    const gone = new Set(went.flatMap((id) => this.slots.get(id) ?? []));
    for (const slot of gone) this.forget(slot);
    const moved = new Set([...come, ...gone]);
    if (moved.size > 0 && this.idOrder !== null) this.idOrder = merged(this.idOrder, moved, [...come], this.compareIds);
    this.names.forEach((name, nth) => {
      const column = this.columns.get(name);
      const changed = [...moved];
      slots.forEach((slot, at) => {
        const value = cells[nth]?.[at] ?? null;
        if (column?.get(slot) === value && !come.has(slot)) return;
        column?.set(slot, value);
        changed.push(slot);
      });
      if (changed.length > 0) column?.move(changed);
    });
    this.free.push(...gone);
  }

  /** The ids of the rows from `offset` on, and how many there are in all. */
  answer(question: Question, key: string, offset: number, limit: number): { readonly ids: readonly string[]; readonly total: number } {
    const found = this.found(question, key);
    found.order ??= this.orderOf(question, found.mask, found.total);
    const slots = found.order.subarray(offset, offset + limit);
    return { ids: Array.from(slots, (slot) => this.ids[slot] ?? ""), total: found.total };
  }

  /** How many rows have each value of a column. */
  counts(question: Question, key: string, column: string): ReadonlyMap<Cell, number> {
    return this.columns.get(column)?.count(this.found(question, key).mask, this.ids.length) ?? new Map();
  }

  /** A person goes through the pages of one question: it is gone through once. What was typed may find others meanwhile. */
  private found(question: Question, key: string): NonNullable<Columns["last"]> {
    if (this.last?.question === key && question.only === null) return this.last;
    const mask = question.only === null ? this.used.slice() : new Uint8Array(this.used.length);
    for (const id of question.only ?? []) {
      const slot = this.slots.get(id);
      if (slot !== undefined) mask[slot] = 1;
    }
    for (const { column, wants } of question.tests) this.columns.get(column)?.keep(mask, this.ids.length, wants);
    let total = 0;
    for (let slot = 0; slot < this.ids.length; slot++) total += mask[slot] ?? 0;
    this.last = { question: key, mask, total, order: null };
    return this.last;
  }

  /** From the last of the sortings to the first, each keeping what the one behind it has put in order. */
  private orderOf({ sortings, idDesc }: Question, mask: Uint8Array, total: number): Int32Array {
    const rest = [...sortings];
    let walk: Int32Array | null = null;
    let backwards = idDesc;
    const last = rest.at(-1);
    const column = last === undefined ? undefined : this.columns.get(last.column);
    if (column !== undefined && last?.desc === idDesc) {
      walk = column.sorted(); // equal ones follow each other by id there
      backwards = last.desc;
      rest.pop();
    }
    const order = new Int32Array(total);
    let at = backwards ? total : 0;
    for (const slot of walk ?? this.byId()) if (mask[slot] === 1) order[backwards ? --at : at++] = slot;
    return rest.reduceRight((slots, { column: name, desc }) => {
      const sorting = this.columns.get(name);
      if (sorting === undefined) return slots;
      const { ranks, different } = sorting.ranked(this.used.length);
      return bucketed(slots, ranks, different, desc);
    }, order as Int32Array);
  }

  byId(): Int32Array {
    this.idOrder ??= Int32Array.from([...this.slots.values()].sort(this.compareIds));
    return this.idOrder;
  }

  isUsed(slot: number): boolean {
    return this.used[slot] === 1;
  }

  readonly compareIds = (a: number, b: number): number => {
    const [one, other] = [this.ids[a] ?? "", this.ids[b] ?? ""];
    return one < other ? -1 : one > other ? 1 : 0;
  };

  private place(id: string): number {
    const slot = this.free.pop() ?? this.ids.length;
    if (slot >= this.used.length) {
      const grown = new Uint8Array(Math.ceil(this.used.length * 1.5));
      grown.set(this.used);
      this.used = grown;
      for (const column of this.columns.values()) column.grow(grown.length);
    }
    this.ids[slot] = id;
    this.used[slot] = 1;
    this.slots.set(id, slot);
    return slot;
  }

  private forget(slot: number): void {
    this.slots.delete(this.ids[slot] ?? "");
    this.used[slot] = 0;
  }
}
