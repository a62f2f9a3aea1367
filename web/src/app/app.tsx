/** The whole app: choices of look, who is here, and what they see. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLanguage } from "~/data/device_context";
import { SessionContext, type Session } from "~/data/session_context";
import type { Accounts } from "~/device/accounts_api";
import type { Device } from "~/device/api";
import { wasUsed } from "~/device/spare_worker";
import { UpdatesContext } from "~/data/updates_context";
import type { AppUpdates } from "~/sw/updates";
import type { Language } from "~/values/words";
import { Entrance } from "./entrance/entrance";
import { Waiting } from "./entrance/waiting";
import { PreferencesProvider } from "./preferences";
import { loadScreen } from "./routes";
import type { Mode } from "./theme";

const loadSignedIn = () => import("./signed_in");
/** Beside whatever goes before it: a sign-in, or the opening of the member's rows. */
function loadAhead(): void {
  loadSignedIn().catch(() => undefined); // Suspense asks again, and tells
  loadScreen(location.pathname);
}
const SignedIn = lazy(loadSignedIn);
const Operators = lazy(() => import("./operators"));
/** For whoever operates the server: no company, no member, no replica. */
const OPERATORS = "/ops";

interface AppProps {
  /** Of the device; given from outside so that the frame knows no worker. */
  readonly openAccounts: (options: { readonly language: () => Language }) => Promise<Accounts>;
  readonly updates: AppUpdates;
}

export function App({ openAccounts, updates }: AppProps): ReactNode {
  return (
    <UpdatesContext value={updates}>
      <PreferencesProvider>
        {(mode) =>
          location.pathname === OPERATORS ? (
            <Suspense fallback={<Waiting />}>
              <Operators mode={mode} />
            </Suspense>
          ) : (
            <Opening openAccounts={openAccounts} mode={mode} />
          )
        }
      </PreferencesProvider>
    </UpdatesContext>
  );
}

function Opening({ openAccounts, mode }: Pick<AppProps, "openAccounts"> & { readonly mode: Mode }): ReactNode {
  const language = useLanguage();
  const spoken = useRef(language);
  spoken.current = language;
  const [accounts, setAccounts] = useState<Accounts | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  useEffect(() => {
    if (wasUsed()) loadAhead();
    openAccounts({ language: () => spoken.current }).then(setAccounts, setFailed);
  }, [openAccounts]);
  if (failed !== null) return <Waiting failed={failed} />;
  return accounts === null ? <Waiting /> : <Door accounts={accounts} mode={mode} />;
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
  useEffect(() => {
    if (typeof who === "string") return;
    // What stands on the screen goes with it.
    return who.onEnd((why) => {
      setResumeFailed(why);
      setWho("nobody");
    });
  }, [who]);
  const prepare = useCallback(() => {
    loadAhead();
    accounts.prepare();
  }, [accounts]);
  const session = useSessionOf(accounts, who, setWho);
  if (who === "resuming") return <Waiting />;
  if (who === "nobody") return <Entrance accounts={accounts} failed={resumeFailed} onEnter={enter} onBegun={prepare} />;
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
