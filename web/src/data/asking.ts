/** Questions and requests that only the server answers: shown, asked again, kept typed when there is no answer. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Operations } from "~/generated/operations";
import type { JsonObject } from "~/values/json";
import { useDevice } from "./device_context";

type Name = keyof Operations;
type Variables<N extends Name> = Operations[N]["variables"];
type Result<N extends Name> = Operations[N]["result"];

export interface Answer<T> {
  /** The last answer, also while a newer one is on its way or did not come. */
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly asking: boolean;
  reload(): Promise<void>;
}

/** What an operation answers; asked anew when the variables change. `null`: not asked. */
export function useAnswer<N extends Name>(operation: N | null, variables: Variables<N>): Answer<Result<N>> {
  type T = Result<N>;
  const device = useDevice();
  const given = JSON.stringify(variables);
  const round = useRef(0);
  const [state, setState] = useState<{ data: T | undefined; error: Error | null; asking: boolean }>({ data: undefined, error: null, asking: operation !== null });
  const reload = useCallback(async () => {
    if (operation === null) return;
    const mine = ++round.current;
    setState((before) => ({ ...before, asking: true }));
    try {
      const data = await device.ask<T>(operation, JSON.parse(given) as JsonObject);
      if (mine === round.current) setState({ data, error: null, asking: false });
    } catch (error) {
      if (mine === round.current) setState((before) => ({ ...before, error: error as Error, asking: false }));
    }
  }, [device, operation, given]);
  useEffect(() => {
    void reload();
    return () => void round.current++;
  }, [reload]);
  // Back on the air: what could not be asked is asked.
  const failed = state.error !== null;
  useEffect(() => {
    if (!failed) return;
    let online = device.status().online;
    return device.onStatus((status) => {
      if (status.online && !online) void reload();
      online = status.online;
    });
  }, [device, failed, reload]);
  return { ...state, reload };
}

export interface Request {
  readonly busy: boolean;
  readonly error: Error | null;
  /** The answer; null when it was refused or did not come: `error` says why, and what was typed stays. */
  send<N extends Name>(operation: N, variables: Variables<N>): Promise<Result<N> | null>;
  clear(): void;
}

/** Sends what a person has decided, one request at a time. */
export function useRequest(): Request {
  const device = useDevice();
  const [state, setState] = useState<{ busy: boolean; error: Error | null }>({ busy: false, error: null });
  const send = useCallback(
    async <N extends Name>(operation: N, variables: Variables<N>): Promise<Result<N> | null> => {
      setState({ busy: true, error: null });
      try {
        const answer = await device.ask<Result<N>>(operation, variables as JsonObject);
        setState({ busy: false, error: null });
        return answer;
      } catch (error) {
        setState({ busy: false, error: error as Error });
        return null;
      }
    },
    [device],
  );
  const clear = useCallback(() => setState({ busy: false, error: null }), []);
  return { ...state, send, clear };
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount?: number;
}

export interface Pages<T> {
  readonly data: readonly T[] | undefined;
  readonly error: Error | null;
  readonly asking: boolean;
  readonly total: number | null;
  /** null: that is all. */
  readonly more: { readonly busy: boolean; readonly load: () => void } | null;
  reload(): Promise<void>;
}

/** What the member may not see at all. */
const NOTHING = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } as const;

interface PagesState<T> {
  readonly data: readonly T[] | undefined;
  readonly error: Error | null;
  readonly asking: boolean;
  readonly total: number | null;
  readonly next: string | null;
}

/** A connection page by page, newest question first. `read`: where the connection stands in the answer. */
export function usePages<N extends Name, T>(operation: N | null, variables: Variables<N>, read: (answer: Result<N>) => Connection<T> | null): Pages<T> {
  const device = useDevice();
  const given = JSON.stringify(variables);
  const latest = useRef(read);
  latest.current = read;
  const round = useRef(0);
  const [state, setState] = useState<PagesState<T>>({ data: undefined, error: null, asking: operation !== null, total: null, next: null });
  const load = useCallback(
    async (after: string | null) => {
      if (operation === null) return;
      const mine = ++round.current;
      setState((before) => ({ ...before, asking: true }));
      try {
        const answer = await device.ask<Result<N>>(operation, { ...(JSON.parse(given) as JsonObject), ...(after === null ? {} : { after }) });
        if (mine !== round.current) return;
        const page: Connection<T> = latest.current(answer) ?? NOTHING;
        setState((before) => ({
          data: after === null ? page.nodes : [...(before.data ?? []), ...page.nodes],
          error: null,
          asking: false,
          total: page.totalCount ?? null,
          next: page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null,
        }));
      } catch (error) {
        if (mine === round.current) setState((before) => ({ ...before, error: error as Error, asking: false }));
      }
    },
    [device, operation, given],
  );
  useEffect(() => {
    void load(null);
    return () => void round.current++;
  }, [load]);
  const { next, ...shown } = state;
  return { ...shown, more: next === null ? null : { busy: state.asking, load: () => void load(next) }, reload: () => load(null) };
}
