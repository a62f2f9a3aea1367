/** Databases in memory of which the member's own outlive the page: after each transaction their changed pages are written
 * to IndexedDB, before anybody is told that it is done. For browsers without files (private windows, some web views).
 *
 * Rows come again from the server; what was entered does not.
 */
import type { Database, Driver, Durability, Found, Inside, Value } from "~/replica/driver";
import type { ByteStream } from "~/replica/store_api";
import type { Ledger } from "./ledger";

type Pages = Map<number, Uint8Array>;

export class KeptMemory implements Driver {
  readonly kind = "memory";

  /** `prefix`: of the account's keys in the ledger's store `queued`. */
  constructor(
    readonly inner: Driver,
    readonly ledger: Ledger,
    readonly prefix: string,
  ) {}

  async open(name: string, durability: Durability, content?: ByteStream): Promise<Database> {
    if (durability !== "own") return this.inner.open(name, durability, content);
    const place = `${this.prefix}${name}/`;
    const kept = content === undefined ? await pagesOf(this.ledger, place) : new Map();
    const given = content ?? (kept.size === 0 ? undefined : inOrder(kept));
    const database = await this.inner.open(name, durability, given);
    return new KeptDatabase(database, kept, (changed) => this.ledger.setAll("queued", new Map([...changed].map(([number, page]) => [pageKey(place, number), page]))));
  }

  names(): Promise<readonly string[]> {
    return this.inner.names();
  }

  async drop(name: string): Promise<void> {
    await this.inner.drop(name);
    await this.ledger.removeUnder("queued", `${this.prefix}${name}/`);
  }

  size(): Promise<number> {
    return this.inner.size();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

class KeptDatabase implements Database {
  readonly #inner: Database;
  #kept: Pages;
  readonly #keep: (changed: ReadonlyMap<number, Uint8Array | null>) => Promise<void>;
  #keeping: Promise<void> = Promise.resolve();

  constructor(inner: Database, kept: Pages, keep: (changed: ReadonlyMap<number, Uint8Array | null>) => Promise<void>) {
    this.#inner = inner;
    this.#kept = kept;
    this.#keep = keep;
  }

  query(sql: string, parameters?: readonly Value[]): Promise<Found> {
    return this.#inner.query(sql, parameters);
  }

  async tx<T>(work: (inside: Inside) => Promise<T>): Promise<T> {
    const result = await this.#inner.tx(work);
    // One after the other: an older state must not be written over a newer one.
    const kept = this.#keeping.then(() => this.#keepChanges());
    this.#keeping = kept.catch(() => undefined); // told to the caller of this transaction
    await kept;
    return result;
  }

  onChange(listener: (names: ReadonlySet<string>) => void): () => void {
    return this.#inner.onChange(listener);
  }

  async close(): Promise<void> {
    await this.#keeping;
    await this.#inner.close();
  }

  async #keepChanges(): Promise<void> {
    const found = await this.#inner.query("SELECT pgno, data FROM sqlite_dbpage('main')");
    const now: Pages = new Map(found.map(([number, data]) => [Number(number), data as Uint8Array]));
    const changed = new Map<number, Uint8Array | null>();
    for (const [number, page] of now) if (!same(page, this.#kept.get(number))) changed.set(number, page);
    for (const number of this.#kept.keys()) if (!now.has(number)) changed.set(number, null);
    if (changed.size > 0) await this.#keep(changed);
    this.#kept = now;
  }
}

async function pagesOf(ledger: Ledger, place: string): Promise<Pages> {
  const [keys, pages] = await Promise.all([ledger.keys("queued", place), ledger.all<Uint8Array>("queued", place)]);
  return new Map(keys.map((key, at) => [Number.parseInt(key.slice(place.length), 10), pages[at] ?? new Uint8Array()]));
}

/** Keys sort as the pages do. */
function pageKey(place: string, number: number): string {
  return place + String(number).padStart(10, "0");
}

async function* inOrder(pages: Pages): AsyncGenerator<Uint8Array> {
  for (const number of [...pages.keys()].sort((one, other) => one - other)) yield pages.get(number) ?? new Uint8Array();
}

function same(one: Uint8Array, other: Uint8Array | undefined): boolean {
  if (other === undefined || one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
