/** What this device keeps of its accounts outside their replicas, in IndexedDB: who, under which lock, for how long
 * without the server, the sealed token, a wipe that was ordered. Tabs and workers open it alike. */
import type { JsonObject } from "~/values/json";
import type { Me } from "./api";
import type { Lock, Sealed } from "./sealing";

export interface Entry {
  readonly key: string;
  readonly me: Me;
  /** The OPFS directory of its files. */
  readonly folder: string;
  readonly deviceKey: CryptoKey;
  readonly lock: Lock;
  readonly lastUsedAt: string;
  readonly stay: Stay;
  readonly attempts: Attempts;
  /** Unanswered edits and unsent files, as far as was known when it was open. */
  readonly unsent: number | null;
  /** Files were made in `folder`: if they are not there, the browser cleared them. */
  readonly filled: boolean;
}

/** How long the account opens without the server. Milliseconds of the device's clock. */
export interface Stay {
  /** What the company allows; null: the server has not said yet. */
  readonly hours: number | null;
  readonly contactAt: number | null;
  /** The latest instant that was ever seen here: a clock that is set back gains nothing. */
  readonly seenAt: number;
  /** After how long without a hand it locks; null or missing: nobody has said. */
  readonly idleMinutes?: number | null;
  /** When somebody last used it. */
  readonly touchedAt?: number | null;
}

/** Wrong PINs in a row. */
export interface Attempts {
  readonly wrong: number;
  readonly notBefore: number;
}

const NAME = "yunfan";
const VERSION = 1;
export type StoreName = "accounts" | "tokens" | "wipes" | "queued" | "shelf";
const STORES: readonly StoreName[] = ["accounts", "tokens", "wipes", "queued", "shelf"];

export class Ledger {
  readonly #db: IDBDatabase;

  private constructor(db: IDBDatabase) {
    this.#db = db;
    // A newer app changes the shape: this connection must not stand in its way.
    db.onversionchange = () => db.close();
  }

  static async open(name = NAME): Promise<Ledger> {
    const asked = indexedDB.open(name, VERSION);
    asked.onupgradeneeded = () => {
      for (const store of STORES) if (!asked.result.objectStoreNames.contains(store)) asked.result.createObjectStore(store);
    };
    return new Ledger(await done(asked));
  }

  entry(key: string): Promise<Entry | null> {
    return this.get<Entry>("accounts", key);
  }

  entries(): Promise<readonly Entry[]> {
    return this.#in("accounts", "readonly", (stores) => done(stores.getAll() as IDBRequest<Entry[]>));
  }

  put(entry: Entry): Promise<void> {
    return this.set("accounts", entry.key, entry);
  }

  /** In one transaction: the entry as `change` makes it. Null where there is none, or `change` says null. */
  change(key: string, change: (entry: Entry) => Entry | null): Promise<Entry | null> {
    return this.#in("accounts", "readwrite", async (store) => {
      const found = (await done(store.get(key))) as Entry | undefined;
      const changed = found === undefined ? null : change(found);
      if (changed !== null) await done(store.put(changed, key));
      return changed;
    });
  }

  token(key: string): Promise<Sealed | null> {
    return this.get<Sealed>("tokens", key);
  }

  saveToken(key: string, sealed: Sealed | null): Promise<void> {
    return this.set("tokens", key, sealed);
  }

  /** The note of a wipe that is under way. It outlives the account. */
  wipe(key: string): Promise<{ readonly note: JsonObject; readonly folder: string } | null> {
    return this.get("wipes", key);
  }

  saveWipe(key: string, wipe: { readonly note: JsonObject; readonly folder: string } | null): Promise<void> {
    return this.set("wipes", key, wipe);
  }

  wipes(): Promise<readonly string[]> {
    return this.keys("wipes");
  }

  /** The token first: from then on nobody gets in with what is left. */
  async forget(key: string): Promise<void> {
    await this.saveToken(key, null);
    await this.removeUnder("queued", `${key}/`);
    await this.removeUnder("shelf", `${key}/`);
    await this.set("accounts", key, null);
  }

  get<T>(store: StoreName, key: string): Promise<T | null> {
    return this.#in(store, "readonly", async (found) => ((await done(found.get(key))) as T | undefined) ?? null);
  }

  /** On the disk when the promise is fulfilled. Null removes. */
  set(store: StoreName, key: string, value: unknown): Promise<void> {
    return this.#in(store, "readwrite", async (found) => {
      await (value === null ? done(found.delete(key)) : done(found.put(value, key)));
    });
  }

  keys(store: StoreName, prefix = ""): Promise<readonly string[]> {
    return this.#in(store, "readonly", async (found) => (await done(found.getAllKeys(under(prefix)))) as string[]);
  }

  all<T>(store: StoreName, prefix: string): Promise<readonly T[]> {
    return this.#in(store, "readonly", async (found) => (await done(found.getAll(under(prefix)))) as T[]);
  }

  removeUnder(store: StoreName, prefix: string): Promise<void> {
    return this.#in(store, "readwrite", (found) => done(found.delete(under(prefix))));
  }

  /** Several changes of one store, all or none of them. */
  setAll(store: StoreName, values: ReadonlyMap<string, unknown>): Promise<void> {
    return this.#in(store, "readwrite", async (found) => {
      await Promise.all([...values].map(([key, value]) => (value === null ? done(found.delete(key)) : done(found.put(value, key)))));
    });
  }

  close(): void {
    this.#db.close();
  }

  async #in<T>(name: StoreName, mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = this.#db.transaction(name, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const kept = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("a transaction of the ledger was aborted"));
    });
    const [result] = await Promise.all([work(transaction.objectStore(name)), kept]);
    return result;
  }
}

function under(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("a request of the ledger failed"));
  });
}
