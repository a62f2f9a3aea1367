/** What was done here and is not in the rows yet: inbox entries that keep edits, then the queue, by the rows they concern. */
import type { JsonObject } from "~/values/json";
import type { MemberSchema } from "~/device/api";
import { addsTo, concerns } from "./overlay";
import { keptOf } from "./states";
import type { Queued } from "./store_api";

export type Touched = Map<string, Set<string>>;

export function touch(touched: Touched, collection: string, id: string): void {
  const ids = touched.get(collection);
  if (ids === undefined) touched.set(collection, new Set([id]));
  else ids.add(id);
}

/** What the rows are shown under, at one moment. */
export class Done {
  private readonly rows = new Map<string, Queued[]>();
  private readonly adding = new Map<string, Queued[]>();
  private readonly queue: Queued[] = [];
  readonly kept: ReadonlySet<Queued>;

  constructor(
    kept: readonly Queued[],
    overlay: readonly Queued[],
    readonly memberId: string | null,
  ) {
    this.kept = new Set(kept);
    for (const queued of kept) this.file(queued, false);
    for (const queued of overlay) this.add(queued);
  }

  get overlay(): readonly Queued[] {
    return this.queue;
  }

  /** One more at the end of the queue. */
  add(queued: Queued): void {
    this.queue.push(queued);
    this.file(queued, true);
  }

  private file(queued: Queued, adds: boolean): void {
    for (const [collection, id] of concerns(queued)) {
      const key = `${collection} ${id}`;
      const found = this.rows.get(key);
      if (found === undefined) this.rows.set(key, [queued]);
      else if (found.at(-1) !== queued) found.push(queued);
    }
    for (const collection of adds ? new Set(addsTo(queued)) : []) {
      const adders = this.adding.get(collection);
      if (adders === undefined) this.adding.set(collection, [queued]);
      else adders.push(queued);
    }
  }

  /** In order: what lies in the inbox, then the queue. */
  of(collection: string, id: string): readonly Queued[] {
    return this.rows.get(`${collection} ${id}`) ?? [];
  }

  /** The queue alone: what the member has sent, or will. */
  queueOf(collection: string, id: string): readonly Queued[] {
    return this.of(collection, id).filter((queued) => !this.kept.has(queued));
  }

  /** What changes numbers in rows of this collection. */
  adders(collection: string): readonly Queued[] {
    return this.adding.get(collection) ?? [];
  }

  /** The ids of a collection's rows that anything was done to. */
  *idsIn(collection: string): Generator<string> {
    for (const key of this.rows.keys()) {
      const [name, id] = split(key);
      if (name === collection) yield id;
    }
  }

  /** Collections whose rows additions depend on. */
  numbered(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [collection, adders] of this.adding) {
      found.add(collection);
      for (const { collection: own, shows } of adders) {
        if (own !== null) found.add(own);
        for (const child of Object.values(shows.children ?? {})) found.add(child.collection);
        if (shows.takes !== undefined) for (const name of [shows.takes.rows, ...Object.values(shows.takes.only)]) found.add(name);
      }
    }
    return found;
  }

  added(): Iterable<string> {
    return this.adding.keys();
  }

  /** Every row that anything was done to. */
  all(): Touched {
    const touched: Touched = new Map();
    for (const key of this.rows.keys()) {
      const [collection = "", id = ""] = split(key);
      touch(touched, collection, id);
    }
    return touched;
  }

  /** The rows that show otherwise than under `former`. */
  changedSince(former: Done): Touched {
    const touched: Touched = new Map();
    const before = new Map([...former.kept, ...former.overlay].map((queued) => [sign(queued), queued]));
    const now = new Map([...this.kept, ...this.overlay].map((queued) => [sign(queued), queued]));
    for (const [mine, others] of [[before, now], [now, before]] as const) {
      for (const [name, queued] of mine) {
        if (others.has(name)) continue;
        for (const [collection, id] of concerns(queued)) touch(touched, collection, id);
        for (const collection of addsTo(queued)) if (!touched.has(collection)) touched.set(collection, new Set());
      }
    }
    return touched;
  }
}

/** The member's own entries that keep an edit, in the order in which they were made. */
export function keptEntries(entries: readonly JsonObject[], schema: MemberSchema | null, memberId: string | null): readonly Queued[] {
  const own = entries.filter((entry) => entry["ownerId"] === memberId);
  const place = (entry: JsonObject) => `${String(entry["createdAt"])} ${String(entry["id"])}`;
  const ordered = own.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  return ordered.flatMap((entry) => keptOf(entry, schema?.commands ?? {}) ?? []);
}

/** An inbox entry may come back with less in it, or with other arguments; what is queued never changes. */
function sign(queued: Queued): string {
  return `${queued.n} ${queued.uuid} ${queued.outcome?.status ?? ""} ${queued.settled} ${queued.n === 0 ? JSON.stringify(queued.arguments) : ""}`;
}

function split(key: string): readonly [collection: string, id: string] {
  const at = key.indexOf(" ");
  return [key.slice(0, at), key.slice(at + 1)];
}
