/** What this device keeps of its accounts, and changing it: without the server. */
import { useCallback, useEffect, useState } from "react";
import { useDevice } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import type { Account, Accounts } from "~/device/accounts_api";

export interface Here {
  readonly accounts: readonly Account[] | undefined;
  /** The one that is at this tab. */
  readonly own: Account | null;
  readonly error: Error | null;
  readonly busy: boolean;
  /** True when it was done; else `error` says why not. */
  act(what: (accounts: Accounts) => Promise<void>): Promise<boolean>;
  clear(): void;
}

export function useHere(): Here {
  const { accounts } = useSession();
  const { me } = useDevice();
  const [state, setState] = useState<{ found: readonly Account[] | undefined; error: Error | null; busy: boolean }>({ found: undefined, error: null, busy: false });
  const load = useCallback(async () => {
    try {
      const found = await accounts.list();
      setState((before) => ({ ...before, found }));
    } catch (error) {
      setState((before) => ({ ...before, error: error as Error }));
    }
  }, [accounts]);
  useEffect(() => void load(), [load]);
  const act = async (what: (given: Accounts) => Promise<void>): Promise<boolean> => {
    setState((before) => ({ ...before, busy: true, error: null }));
    try {
      await what(accounts);
      setState((before) => ({ ...before, busy: false }));
      await load();
      return true;
    } catch (error) {
      setState((before) => ({ ...before, busy: false, error: error as Error }));
      return false;
    }
  };
  const key = `${me.tenantId}.${me.memberId}`;
  return {
    accounts: state.found,
    own: state.found?.find((account) => account.key === key) ?? null,
    error: state.error,
    busy: state.busy,
    act,
    clear: () => setState((before) => ({ ...before, error: null })),
  };
}
