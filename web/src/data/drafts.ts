/** What was typed and not saved yet, kept on this device for this member: a closed tab or an empty battery costs nothing.
 *
 * One database per member, so that whoever erases a member's data from the device erases this too.
 */
import { useMemo } from "react";
import type { Device } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { useDevice } from "./device_context";

export interface Drafts {
  /** null: there is none, or this browser keeps nothing. */
  read(key: string): Promise<JsonObject | null>;
  write(key: string, draft: JsonObject): Promise<void>;
  drop(key: string): Promise<void>;
}

const STORE = "drafts";

/** The name of a member's database. */
export function draftsOf(tenantId: string, memberId: string): string {
  return `yunfan-drafts-${tenantId}.${memberId}`;
}

/** Erases a member's drafts; part of leaving a device. */
export function eraseDrafts(tenantId: string, memberId: string): Promise<void> {
  return new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase(draftsOf(tenantId, memberId));
    request.onsuccess = () => done();
    request.onerror = () => failed(request.error ?? new Error("the drafts could not be erased"));
  });
}

export function useDrafts(): Drafts {
  const device = useDevice();
  return useMemo(() => draftsFor(device), [device]);
}

function draftsFor(device: Device): Drafts {
  const name = draftsOf(device.me.tenantId, device.me.memberId);
  const run = <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> =>
    opened(name).then(
      (database) =>
        new Promise<T | null>((done) => {
          const transaction = database.transaction(STORE, mode);
          const request = work(transaction.objectStore(STORE));
          // Closed each time: an open database could not be erased.
          transaction.oncomplete = () => (database.close(), done(request.result));
          transaction.onabort = () => (database.close(), done(null));
        }),
      // A browser that keeps nothing (private windows): forms work, only without drafts.
      () => null,
    );
  return {
    read: async (key) => (await run("readonly", (store) => store.get(key) as IDBRequest<JsonObject | undefined>)) ?? null,
    write: async (key, draft) => void (await run("readwrite", (store) => store.put(draft, key))),
    drop: async (key) => void (await run("readwrite", (store) => store.delete(key))),
  };
}

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("no storage for drafts"));
  });
}
