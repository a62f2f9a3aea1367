/** A list of any length, read by windows: only what is on the screen and a little around it is ever loaded. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Device, ListQuery, ListResult, Row } from "~/device/api";
import { useDevice } from "./device_context";

export type WindowQuery = Omit<ListQuery, "limit" | "offset">;

/** Rows of one query, one below the other; several of them are groups with a head each. */
export interface Segment {
  readonly key: string;
  readonly query: WindowQuery;
  /** Whether a head stands above its rows. */
  readonly headed: boolean;
  /** A closed segment shows its head alone. */
  readonly open: boolean;
  /** How many rows, where that is known already. */
  readonly count?: number;
}

/** `row` undefined: on its way. */
export type Item =
  | { readonly kind: "head"; readonly segment: Segment }
  | { readonly kind: "row"; readonly segment: Segment; readonly at: number; readonly row: Row | undefined };

const PAGE = 100;
const PAGES_KEPT = 60;
const AT_ONCE = 2;
const MOST_ROUNDS = 3;

interface Page {
  readonly rows: readonly Row[];
  readonly fresh: boolean;
}

interface Ahead {
  readonly name: string;
  readonly answer: Promise<ListResult>;
  /** Rows have changed since. */
  old: boolean;
  leave(): void;
}

const ahead = new WeakMap<Device, Ahead>();

/** Asks for a query's first rows while the screen that will show them is still being drawn: its windows take the answer. */
export function askAhead(device: Device, query: WindowQuery): void {
  ahead.get(device)?.leave();
  const answer = device.list(pageOf(query, 0));
  answer.catch(() => undefined); // whoever takes it hears of it
  const asked: Ahead = { name: JSON.stringify(query), answer, old: false, leave: device.onChange([query.collection], () => (asked.old = true)) };
  ahead.set(device, asked);
}

function takeAhead(device: Device, name: string): Promise<ListResult> | null {
  const asked = ahead.get(device);
  if (asked?.name !== name) return null;
  ahead.delete(device);
  asked.leave();
  return asked.old ? null : asked.answer;
}

function pageOf(query: WindowQuery, page: number): ListQuery {
  return { ...query, limit: PAGE, offset: page * PAGE };
}

export class Windows {
  private readonly pages = new Map<string, Page>();
  private readonly totals = new Map<string, number>();
  /** A query's own text, made once: it is asked for with every row that is drawn. */
  private readonly names = new Map<WindowQuery, string>();
  private readonly heard = new Set<() => void>();
  private wanted: { query: WindowQuery; name: string; page: number }[] = [];
  private readonly running = new Set<string>();
  private lastNeed: readonly [number, number] = [0, 0];
  private generation = 0;
  private started = false;
  version = 0;
  error: Error | null = null;

  /** `before`: what was shown until now; its rows of the same queries are taken over. */
  constructor(
    private readonly device: Device,
    readonly segments: readonly Segment[],
    before?: Windows,
  ) {
    for (const segment of segments) {
      const name = JSON.stringify(segment.query);
      this.names.set(segment.query, name);
      const known = segment.count ?? before?.totals.get(name);
      if (known !== undefined) this.totals.set(name, known);
      for (const [key, page] of before?.pages ?? []) if (key.startsWith(`${name}#`)) this.pages.set(key, { ...page, fresh: false });
    }
  }

  readonly listen = (heard: () => void): (() => void) => {
    this.heard.add(heard);
    return () => void this.heard.delete(heard);
  };

  /** Fulfilled when the first rows can be shown. Rows that change meanwhile are asked for once more. */
  async start(): Promise<void> {
    const first = this.segments.find((segment) => segment.open);
    let asked = -1;
    for (let rounds = 1; first !== undefined && asked !== this.generation && rounds <= MOST_ROUNDS; rounds++) {
      asked = this.generation;
      await this.load(first.query, this.nameOf(first.query), 0, rounds === MOST_ROUNDS);
    }
    this.started = true;
    if (first !== undefined && asked !== this.generation) this.refresh(); // rows change faster than they are read: those of a moment ago show
  }

  get length(): number {
    return this.segments.reduce((sum, segment) => sum + this.lengthOf(segment), 0);
  }

  /** All rows, those of closed segments too. */
  get total(): number {
    return this.segments.reduce((sum, segment) => sum + this.totalOf(segment), 0);
  }

  itemAt(index: number): Item | null {
    let before = 0;
    for (const segment of this.segments) {
      const length = this.lengthOf(segment);
      if (index >= before + length) {
        before += length;
        continue;
      }
      const at = index - before - (segment.headed ? 1 : 0);
      return at < 0 ? { kind: "head", segment } : { kind: "row", segment, at, row: this.rowAt(segment.query, at) };
    }
    return null;
  }

  /** Loads what lies between these items, the latest asked first; what scrolled away meanwhile is not asked at all. */
  need(from: number, to: number): void {
    this.lastNeed = [from, to];
    const wanted = new Map<string, { query: WindowQuery; name: string; page: number }>();
    for (let index = Math.max(0, from); index <= to; index++) {
      const item = this.itemAt(index);
      if (item?.kind !== "row") continue;
      const page = Math.floor(item.at / PAGE);
      const name = this.nameOf(item.segment.query);
      const key = `${name}#${page}`;
      if (this.pages.get(key)?.fresh !== true && !this.running.has(key)) wanted.set(key, { query: item.segment.query, name, page });
      // On to the last row of the page: those between need no look.
      index += Math.min(PAGE - 1 - (item.at % PAGE), this.totalOf(item.segment) - 1 - item.at);
    }
    this.wanted = [...wanted.values()];
    this.work();
  }

  /** Rows have changed: what is on the screen is asked again and shows as it was until then; the rest is forgotten. */
  refresh(): void {
    this.generation++;
    if (!this.started) return;
    for (const [key, page] of this.pages) this.pages.set(key, { ...page, fresh: false });
    this.running.clear();
    this.need(...this.lastNeed);
    if (this.running.size === 0) void this.start(); // nothing of it was on the screen
  }

  /** The rows between two items, loaded if need be; heads are passed over. */
  async rowsBetween(from: number, to: number, most: number): Promise<readonly Row[]> {
    const found: Row[] = [];
    for (let index = from; index <= to && found.length < most; index++) {
      const item = this.itemAt(index);
      if (item?.kind !== "row") continue;
      if (item.row === undefined) await this.load(item.segment.query, this.nameOf(item.segment.query), Math.floor(item.at / PAGE));
      const row = item.row ?? this.rowAt(item.segment.query, item.at);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  private nameOf(query: WindowQuery): string {
    return this.names.get(query) ?? JSON.stringify(query);
  }

  private rowAt(query: WindowQuery, at: number): Row | undefined {
    return this.pages.get(`${this.nameOf(query)}#${Math.floor(at / PAGE)}`)?.rows[at % PAGE];
  }

  private totalOf(segment: Segment): number {
    return this.totals.get(this.nameOf(segment.query)) ?? segment.count ?? 0;
  }

  private lengthOf(segment: Segment): number {
    return (segment.headed ? 1 : 0) + (segment.open ? this.totalOf(segment) : 0);
  }

  private work(): void {
    while (this.running.size < AT_ONCE && this.wanted.length > 0) {
      const next = this.wanted.shift();
      if (next !== undefined) void this.load(next.query, next.name, next.page);
    }
  }

  /** `anyway`: also where rows have changed meanwhile. */
  private async load(query: WindowQuery, name: string, page: number, anyway = false): Promise<void> {
    const key = `${name}#${page}`;
    const generation = this.generation;
    this.running.add(key);
    try {
      const { rows, total } = await ((page === 0 ? takeAhead(this.device, name) : null) ?? this.device.list(pageOf(query, page)));
      if (generation !== this.generation && !anyway) return;
      const former = this.pages.get(key)?.rows;
      this.pages.delete(key);
      this.pages.set(key, { rows: former === undefined ? rows : unchangedOf(former, rows), fresh: generation === this.generation });
      this.totals.set(name, total);
      this.error = null;
      this.forget();
    } catch (error) {
      if (generation === this.generation) this.error = error as Error;
    } finally {
      if (generation === this.generation) this.running.delete(key);
    }
    this.tell();
    this.work();
  }

  private forget(): void {
    for (const key of this.pages.keys()) {
      if (this.pages.size <= PAGES_KEPT) return;
      this.pages.delete(key);
    }
  }

  private tell(): void {
    this.version++;
    for (const heard of this.heard) heard();
  }
}

/** `rows`, with those of `former` in the place of equal ones: what shows them need not be drawn again. */
function unchangedOf(former: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const byId = new Map(former.map((row) => [row.id, row]));
  return rows.map((row) => {
    const before = byId.get(row.id);
    return before !== undefined && isSame(before, row) ? before : row;
  });
}

function isSame(before: Row, row: Row): boolean {
  const names = Object.keys(row);
  if (names.length !== Object.keys(before).length) return false;
  return names.every((name) => {
    const [one, other] = [before[name], row[name]];
    return one === other || (typeof one === "object" && typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));
  });
}

/** The windows over these segments; the former ones show until the first rows of new ones are there. null: nothing yet. */
export function useWindows(collection: string, segments: readonly Segment[]): { readonly windows: Windows | null; readonly stale: boolean } {
  const device = useDevice();
  const signature = JSON.stringify(segments);
  const [shown, setShown] = useState<{ windows: Windows; signature: string } | null>(null);
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    const next = new Windows(device, JSON.parse(signature) as Segment[], latest.current?.windows);
    let isGone = false;
    const leave = device.onChange([collection], () => next.refresh()); // from before it is asked: nothing is missed
    void next.start().then(() => !isGone && setShown({ windows: next, signature }));
    return () => {
      isGone = true;
      leave();
    };
  }, [device, collection, signature]);
  const windows = shown?.windows ?? null;
  useSyncExternalStore(
    useMemo(() => windows?.listen ?? (() => () => undefined), [windows]),
    useCallback(() => windows?.version ?? -1, [windows]),
  );
  return { windows, stale: shown?.signature !== signature };
}
