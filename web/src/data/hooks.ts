/** Reads that stay true: asked again whenever rows of their collections change. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Group, GroupQuery, ListQuery, ListResult, Row, SyncStatus } from "~/device/api";
import { useDevice } from "./device_context";

export interface Live<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  /** Whether `data` is of a former question. */
  readonly stale: boolean;
  reload(): void;
}

/** The answer to `ask`, anew when `key` changes or rows of these collections do. The former answer shows until then. */
export function useLive<T>(key: string, collections: readonly string[], ask: () => Promise<T>): Live<T> {
  const device = useDevice();
  const latest = useRef(ask);
  latest.current = ask;
  const round = useRef(0);
  const [state, setState] = useState<{ data: T | undefined; error: Error | null; key: string | null }>({
    data: undefined,
    error: null,
    key: null,
  });
  const load = useCallback(() => {
    const mine = ++round.current;
    latest.current().then(
      (data) => mine === round.current && setState({ data, error: null, key }),
      (error: Error) => mine === round.current && setState((before) => ({ ...before, error, key })),
    );
  }, [key]);
  const watched = collections.join(" ");
  useEffect(() => {
    load();
    return device.onChange(watched.split(" "), load);
  }, [device, load, watched]);
  useEffect(() => () => void round.current++, []);
  return { data: state.data, error: state.error, stale: state.key !== key, reload: load };
}

/** `also`: other collections whose rows the answer depends on. */
export function useList(query: ListQuery, also: readonly string[] = []): Live<ListResult> {
  const device = useDevice();
  return useLive(`list ${JSON.stringify(query)}`, [query.collection, ...also], () => device.list(query));
}

export function useRow(collection: string, id: string | null): Live<Row | null> {
  const device = useDevice();
  return useLive(`row ${collection} ${id}`, [collection], async () => (id === null ? null : device.row(collection, id)));
}

export function useRows(collection: string, ids: readonly string[]): Live<readonly Row[]> {
  const device = useDevice();
  const wanted = [...new Set(ids)].sort();
  return useLive(`rows ${collection} ${wanted}`, [collection], async () =>
    wanted.length === 0 ? [] : device.rows(collection, wanted),
  );
}

export function useGroups(query: GroupQuery): Live<readonly Group[]> {
  const device = useDevice();
  return useLive(`groups ${JSON.stringify(query)}`, [query.collection], () => device.groups(query));
}

export function useStatus(): SyncStatus {
  const device = useDevice();
  return useSyncExternalStore(
    useCallback((heard) => device.onStatus(heard), [device]),
    () => device.status(),
  );
}

/** Whether all that the member may see is on this device; until then lists and sums are of a part. */
export function useIsWhole(): boolean {
  const device = useDevice();
  return useSyncExternalStore(
    useCallback((heard) => device.onStatus(heard), [device]),
    () => device.status().phase !== "loading",
  );
}
