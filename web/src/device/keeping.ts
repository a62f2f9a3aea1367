/** What pages keep of a member outside the replica: drafts, choices of look, what was searched for.
 *
 * One IndexedDB database per account, so that tabs and the worker erase it alike. Whoever forgets an account takes it out of
 * the ledger first and erases this then; whoever writes looks into the ledger afterwards: whichever of both comes last, nothing
 * is left.
 */
import type { Json } from "~/values/json";
import type { KeptHere } from "./api";

const PREFIX = "yunfan-kept-";
const STORE = "kept";

export class Keeping implements KeptHere {
  /** `isKnown`: whether the account is on this device still. */
  constructor(
    readonly account: string,
    readonly isKnown: () => Promise<boolean>,
  ) {}

  async read(name: string): Promise<Json> {
    return ((await this.#run("readonly", (store) => store.get(name))) as Json | undefined) ?? null;
  }

  async write(name: string, value: Json): Promise<void> {
    await this.#run("readwrite", (store) => (value === null ? store.delete(name) : store.put(value, name)));
    if (!(await this.isKnown())) await eraseKept(this.account);
  }

  async under(prefix: string): Promise<ReadonlyMap<string, Json>> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const found = new Map<string, Json>();
    await this.#run("readonly", (store) => {
      const walk = store.openCursor(range);
      walk.onsuccess = () => {
        if (walk.result === null) return;
        found.set(String(walk.result.key).slice(prefix.length), walk.result.value as Json);
        walk.result.continue();
      };
      return walk;
    });
    return found;
  }

  /** Null where this browser keeps nothing (private windows): pages work, only without. */
  async #run(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    const database = await opened(PREFIX + this.account);
    if (database === null) return null;
    return new Promise((done) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      // Closed each time: an open database could not be erased.
      transaction.oncomplete = () => (database.close(), done(request.result));
      transaction.onabort = () => (database.close(), done(null));
    });
  }
}

/** Nothing, where there is none. Raises what keeps it from going. */
export function eraseKept(account: string): Promise<void> {
  return erased(PREFIX + account);
}

/** What a kill left of accounts that are not there any more. `known` is asked after the databases were listed. */
export async function eraseKeptOfOthers(known: () => Promise<ReadonlySet<string>>): Promise<void> {
  // Firefox before 126 cannot list them: there a kill between forgetting and erasing leaves them until the member comes back.
  const found = (await indexedDB.databases?.()) ?? [];
  const wanted = await known();
  for (const { name } of found) {
    if (name?.startsWith(PREFIX) === true && !wanted.has(name.slice(PREFIX.length))) await erased(name);
  }
}

function erased(name: string): Promise<void> {
  return new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => done();
    request.onerror = () => failed(request.error ?? new Error(`${name} could not be erased`));
  });
}

function opened(name: string): Promise<IDBDatabase | null> {
  return new Promise((done) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // it is being erased
      done(request.result);
    };
    request.onerror = () => done(null);
  });
}
