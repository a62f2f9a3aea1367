/** What rows that others refer to are called: asked in batches, once for all cells that show them, and kept true. */
import { useCallback, useSyncExternalStore } from "react";
import type { Device, Row } from "~/device/api";
import { useDevice } from "./device_context";

/** undefined: being asked; null: not on this device, or out of the member's sight. */
export type Referred = Row | null | undefined;

const KEPT = 20_000;
const AT_ONCE = 500;

class ReferenceStore {
  private readonly rows = new Map<string, Referred>();
  private readonly wanted = new Map<string, Set<string>>();
  private readonly heard = new Map<string, Set<() => void>>();
  private readonly watched = new Set<string>();

  constructor(private readonly device: Device) {}

  get(collection: string, id: string): Referred {
    return this.rows.get(`${collection} ${id}`);
  }

  listen(collection: string, id: string, heard: () => void): () => void {
    const key = `${collection} ${id}`;
    const mine = this.heard.get(key) ?? new Set();
    this.heard.set(key, mine.add(heard));
    if (!this.rows.has(key)) this.want(collection, id);
    this.watch(collection);
    return () => {
      mine.delete(heard);
      if (mine.size === 0) this.heard.delete(key);
    };
  }

  /** All cells that are drawn in one frame ask together. */
  private want(collection: string, id: string): void {
    if (this.wanted.size === 0) queueMicrotask(() => this.ask());
    this.wanted.set(collection, (this.wanted.get(collection) ?? new Set()).add(id));
  }

  private ask(): void {
    const asked = [...this.wanted];
    this.wanted.clear();
    for (const [collection, ids] of asked) {
      const all = [...ids];
      for (let from = 0; from < all.length; from += AT_ONCE) this.load(collection, all.slice(from, from + AT_ONCE));
    }
  }

  private load(collection: string, ids: readonly string[]): void {
    this.device.rows(collection, ids).then(
      (found) => {
        const byId = new Map(found.map((row) => [row.id, row]));
        for (const id of ids) this.keep(`${collection} ${id}`, byId.get(id) ?? null);
      },
      () => {
        for (const id of ids) this.keep(`${collection} ${id}`, null);
      },
    );
  }

  private keep(key: string, row: Row | null): void {
    const before = this.rows.get(key);
    this.rows.delete(key);
    this.rows.set(key, row);
    if (this.rows.size > KEPT) this.forgetOldest();
    if (before === row || (before && row && before.version === row.version && before._state === row._state)) return;
    for (const heard of this.heard.get(key) ?? []) heard();
  }

  private forgetOldest(): void {
    for (const key of this.rows.keys()) {
      if (this.rows.size <= KEPT * 0.9) return;
      if (!this.heard.has(key)) this.rows.delete(key);
    }
  }

  private watch(collection: string): void {
    if (this.watched.has(collection)) return;
    this.watched.add(collection);
    this.device.onChange([collection], () => {
      for (const key of this.rows.keys()) {
        if (!key.startsWith(`${collection} `)) continue;
        if (this.heard.has(key)) this.want(collection, key.slice(collection.length + 1));
        else this.rows.delete(key);
      }
    });
  }
}

const stores = new WeakMap<Device, ReferenceStore>();

/** The row that a reference names; asks nothing without an id. */
export function useReferred(collection: string | null, id: string | null): Referred {
  const device = useDevice();
  const store = stores.get(device) ?? new ReferenceStore(device);
  stores.set(device, store);
  return useSyncExternalStore(
    useCallback((heard) => (collection === null || id === null ? () => undefined : store.listen(collection, id, heard)), [store, collection, id]),
    useCallback(() => (collection === null || id === null ? null : store.get(collection, id)), [store, collection, id]),
  );
}
