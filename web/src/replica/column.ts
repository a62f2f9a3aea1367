/** One column of a list in memory: its values by slot, and the slots in the values' order. */
export type Cell = string | number | null;

/** So many different values are kept once each; of a column with more every row keeps its own. */
const MOST_CODES = 4_096;
const NULL = 0;
/** So few changed rows are looked for one by one. */
const FEW = 32;

/** What a column has to know of the rows. */
export interface Rows {
  /** All slots that are in use, by id. */
  byId(): Int32Array;
  isUsed(slot: number): boolean;
  compareIds(one: number, other: number): number;
}

export class Column {
  /** Null: each slot has its own value in `values`. */
  private codes: Int32Array<ArrayBuffer> | null;
  private values: Cell[] = [null];
  private codeOf = new Map<Cell, number>([[null, NULL]]);
  /** Slots by value, then id. Made when it is first asked for. */
  private order: Int32Array | null = null;
  /** Slots that came, went or have another value since: put where they belong when somebody asks for the order again. */
  private moved = new Set<number>();
  private ranks: Int32Array | null = null;
  private different = 0;
  private astral = false;

  constructor(
    capacity: number,
    private readonly rows: Rows,
  ) {
    this.codes = new Int32Array(capacity);
  }

  get(slot: number): Cell {
    return this.values[this.codes === null ? slot : (this.codes[slot] ?? NULL)] ?? null;
  }

  grow(capacity: number): void {
    if (this.codes === null) return;
    const grown = new Int32Array(capacity);
    grown.set(this.codes);
    this.codes = grown;
  }

  set(slot: number, value: Cell): void {
    if (typeof value === "string" && !this.astral && /[\ud800-\udfff]/.test(value)) this.astral = true;
    if (this.codes === null) {
      this.values[slot] = value;
      return;
    }
    let code = this.codeOf.get(value);
    if (code === undefined) {
      if (this.values.length > MOST_CODES) return this.spread(slot, value);
      code = this.values.push(value) - 1;
      this.codeOf.set(value, code);
    }
    this.codes[slot] = code;
  }

  private spread(slot: number, value: Cell): void {
    const { codes, values } = this;
    this.values = Array.from(codes ?? [], (code) => values[code] ?? null);
    this.codes = null;
    this.codeOf.clear();
    this.values[slot] = value;
  }

  /** Takes those slots out of `mask` whose value is not wanted. */
  keep(mask: Uint8Array, used: number, wants: (value: Cell) => boolean): void {
    if (this.codes === null) {
      for (let slot = 0; slot < used; slot++) if (mask[slot] === 1 && !wants(this.values[slot] ?? null)) mask[slot] = 0;
      return;
    }
    const wanted = Uint8Array.from(this.values, (value) => (wants(value) ? 1 : 0));
    for (let slot = 0; slot < used; slot++) mask[slot] = (mask[slot] ?? 0) & (wanted[this.codes[slot] ?? NULL] ?? 0);
  }

  count(mask: Uint8Array, used: number): ReadonlyMap<Cell, number> {
    const found = new Map<Cell, number>();
    for (let slot = 0; slot < used; slot++) {
      if (mask[slot] === 1) found.set(this.get(slot), (found.get(this.get(slot)) ?? 0) + 1);
    }
    return found;
  }

  sorted(): Int32Array {
    if (this.order === null) {
      const byId = this.rows.byId();
      this.order = this.codes === null ? this.compared(byId) : this.counted(byId, this.codes);
    } else if (this.moved.size > 0) {
      const arriving = [...this.moved].filter((slot) => this.rows.isUsed(slot));
      this.order = merged(this.order, this.moved, arriving, (a, b) => this.compare(a, b) || this.rows.compareIds(a, b));
    }
    if (this.moved.size > 0) this.moved = new Set();
    return this.order;
  }

  /** For each slot the place of its value among the different ones; how many those are. */
  ranked(capacity: number): { readonly ranks: Int32Array; readonly different: number } {
    const order = this.sorted();
    if (this.ranks === null) {
      this.ranks = new Int32Array(capacity);
      let rank = -1;
      let before: Cell | undefined;
      for (const slot of order) {
        const value = this.get(slot);
        if (value !== before) rank++;
        before = value;
        this.ranks[slot] = rank;
      }
      this.different = rank + 1;
    }
    return { ranks: this.ranks, different: this.different };
  }

  /** Slots came, went, or have another value. */
  move(slots: Iterable<number>): void {
    this.ranks = null;
    if (this.order === null) return;
    for (const slot of slots) this.moved.add(slot);
  }

  private compare(a: number, b: number): number {
    return compared(this.get(a), this.get(b), this.astral);
  }

  private compared(byId: Int32Array): Int32Array {
    const places = new Int32Array(byId.length === 0 ? 0 : byId.reduce((most, slot) => Math.max(most, slot), 0) + 1);
    byId.forEach((slot, place) => (places[slot] = place));
    return Int32Array.from(Array.from(byId).sort((a, b) => this.compare(a, b) || (places[a] ?? 0) - (places[b] ?? 0)));
  }

  private counted(byId: Int32Array, codes: Int32Array): Int32Array {
    const inOrder = this.values.map((_, code) => code).sort((a, b) => compared(this.values[a] ?? null, this.values[b] ?? null, this.astral));
    const ranks = new Int32Array(this.values.length);
    inOrder.forEach((code, rank) => (ranks[code] = rank));
    const byCode = new Int32Array(codes.length);
    for (const slot of byId) byCode[slot] = ranks[codes[slot] ?? NULL] ?? 0;
    return bucketed(byId, byCode, ranks.length, false);
  }
}

/** As SQLite compares them: nothing, then numbers, then texts by their bytes. */
export function compared(a: Cell, b: Cell, astral = true): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  if (!astral || typeof a === "number" || typeof b === "number") return a < b ? -1 : 1;
  return comparedTexts(a, b);
}

/** Bytes of UTF-8 follow the characters' numbers; JavaScript compares halves of those behind U+FFFF. */
function comparedTexts(a: string, b: string): number {
  const both = Math.min(a.length, b.length);
  for (let at = 0; at < both; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return isHalf(x) === isHalf(y) ? x - y : isHalf(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** `slots` by their ranks, equal ones as they stood. */
export function bucketed(slots: Int32Array, ranks: Int32Array, different: number, desc: boolean): Int32Array {
  const starts = new Int32Array(different + 1);
  const place = (slot: number): number => (desc ? different - 1 - (ranks[slot] ?? 0) : (ranks[slot] ?? 0));
  for (const slot of slots) starts[place(slot) + 1]!++;
  for (let rank = 1; rank <= different; rank++) starts[rank]! += starts[rank - 1]!;
  const order = new Int32Array(slots.length);
  for (const slot of slots) order[starts[place(slot)]!++] = slot;
  return order;
}

/** `order` without the slots in `gone`, and with `come` where they belong. */
export function merged(order: Int32Array, gone: ReadonlySet<number>, come: readonly number[], compare: (a: number, b: number) => number): Int32Array {
  const arriving = come.toSorted(compare);
  const kept = gone.size > FEW ? order.filter((slot) => !gone.has(slot)) : without(order, gone);
  const found = new Int32Array(kept.length + arriving.length);
  let from = 0;
  let at = 0;
  for (const slot of arriving) {
    const to = placeFor(kept, slot, from, compare);
    found.set(kept.subarray(from, to), at);
    at += to - from;
    found[at++] = slot;
    from = to;
  }
  found.set(kept.subarray(from), at);
  return found;
}

/** The stretches between them are moved at once. */
function without(order: Int32Array, few: ReadonlySet<number>): Int32Array {
  const places = Array.from(few, (slot) => order.indexOf(slot)).filter((place) => place >= 0).toSorted((a, b) => a - b);
  const kept = new Int32Array(order.length - places.length);
  let from = 0;
  let at = 0;
  for (const place of [...places, order.length]) {
    kept.set(order.subarray(from, place), at);
    at += place - from;
    from = place + 1;
  }
  return kept;
}

function placeFor(order: Int32Array, slot: number, from: number, compare: (a: number, b: number) => number): number {
  let [low, high] = [from, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(order[middle] ?? 0, slot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
