/** The whole app: choices of look, who is here, and what they see. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { SessionContext, type Session } from "~/data/session_context";
import type { Accounts } from "~/device/accounts_api";
import type { Device } from "~/device/api";
import { Entrance } from "./entrance/entrance";
import { Waiting } from "./entrance/waiting";
import { PreferencesProvider } from "./preferences";
import type { Mode } from "./theme";

const SignedIn = lazy(() => import("./signed_in"));

/** `accounts`: of the device; passed in so that the frame knows no worker. */
export function App({ accounts }: { readonly accounts: Accounts }): ReactNode {
  return <PreferencesProvider>{(mode) => <Door accounts={accounts} mode={mode} />}</PreferencesProvider>;
}

type Who = Device | "nobody" | "resuming";

function Door({ accounts, mode }: { readonly accounts: Accounts; readonly mode: Mode }): ReactNode {
  const [who, setWho] = useState<Who>("resuming");
  const [resumeFailed, setResumeFailed] = useState<Error | null>(null);
  useEffect(() => {
    let gone = false;
    accounts.resume().then(
      (device) => gone || setWho(device ?? "nobody"),
      (error: Error) => {
        if (gone) return;
        setResumeFailed(error);
        setWho("nobody");
      },
    );
    return () => {
      gone = true;
    };
  }, [accounts]);
  const enter = useCallback((device: Device) => {
    setResumeFailed(null);
    setWho(device);
  }, []);
  const session = useSessionOf(accounts, who, setWho);
  if (who === "resuming") return <Waiting />;
  if (who === "nobody") return <Entrance accounts={accounts} failed={resumeFailed} onEnter={enter} />;
  return (
    <SessionContext value={session}>
      <Suspense fallback={<Waiting />}>
        <SignedIn key={`${who.me.tenantId}.${who.me.memberId}`} device={who} mode={mode} />
      </Suspense>
    </SessionContext>
  );
}

function useSessionOf(accounts: Accounts, who: Who, setWho: (who: Who) => void): Session {
  return useMemo(() => {
    const device = typeof who === "string" ? null : who;
    return {
      accounts,
      async leave(options) {
        await device?.signOut(options);
        setWho("nobody");
      },
      choose() {
        device?.close();
        setWho("nobody");
      },
      goOn: setWho,
    };
  }, [accounts, who, setWho]);
}
