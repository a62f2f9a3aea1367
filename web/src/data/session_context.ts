/** Who is at this tab, and how to become somebody else. */
import { createContext, useContext } from "react";
import type { Device } from "~/device/api";
import type { Accounts } from "~/device/accounts_api";

export interface Session {
  readonly accounts: Accounts;
  /** Ends the sign-in in this tab. `wipe`: everything of this member leaves the device, unsent edits too. */
  leave(options: { readonly wipe: boolean }): Promise<void>;
  /** Back to the choice of accounts; this one stays as it is. */
  choose(): void;
  /** Goes on as the member of another device: after a change of company. */
  goOn(device: Device): void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("a screen behind the sign-in was shown without a session");
  return session;
}
