/** What opens the member's data on this device without a network: a PIN, a passkey, or the device's key alone. */
import { App, Button, Input } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import type { Account, Accounts, Secret } from "~/device/accounts_api";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import { instantWords } from "~/ui/instants";
import { Panel } from "~/ui/panel";
import { useHere, type Here } from "./here";
import styles from "./me.module.css";
import { TEXTS } from "./texts";

export function OfflineLock(): ReactNode {
  const t = useTexts(TEXTS);
  const here = useHere();
  if (here.own === null) return null;
  return (
    <Panel title={t.thisDevice} note={t.thisDeviceNote}>
      <Lock own={here.own} here={here} />
    </Panel>
  );
}

const FEWEST_DIGITS = 6;

/** What is about to change the lock, in a dialog. */
type Asked = "pin" | "passkey" | "none";

function Lock({ own, here }: { readonly own: Account; readonly here: Here }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message } = App.useApp();
  const { accounts } = useSession();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [passkeys, setPasskeys] = useState(false);
  useEffect(() => {
    accounts.passkeyPossible().then(setPasskeys, () => setPasskeys(false));
  }, [accounts]);
  const close = (): void => {
    here.clear();
    setAsked(null);
  };
  const change = async (what: (given: Accounts) => Promise<void>, done: string): Promise<void> => {
    if (!(await here.act(what))) return;
    void message.success(done);
    setAsked(null);
  };
  const usePasskey = (present: Secret): Promise<void> => change((given) => given.setPasskey(own.key, present), t.passkeySet);
  const lock = own.lock === "none" ? t.lockNone : own.lock === "pin" ? t.lockPin : t.lockPasskey;
  const dialog = { guarded: own.lock === "pin", busy: here.busy, error: here.error, onClose: close };
  return (
    <>
      <p className={styles["soft"]}>
        <strong>{lock}</strong> · {own.offlineUntil === null ? t.onlineOnly : t.until(instantWords(own.offlineUntil, language))}
      </p>
      <div className={styles["line"]}>
        <Button onClick={() => setAsked("pin")}>{own.lock === "pin" ? t.changePin : t.setPin}</Button>
        {passkeys && own.lock !== "passkey" && (
          <Button loading={here.busy && asked === null} onClick={() => (own.lock === "pin" ? setAsked("passkey") : void usePasskey({}))}>
            {t.setPasskey}
          </Button>
        )}
        {own.lock !== "none" && (
          <Button danger type="text" onClick={() => setAsked("none")}>
            {t.removeLock}
          </Button>
        )}
      </div>
      <Failure error={asked === null ? here.error : null} />
      {asked === "pin" && <NewPin {...dialog} onSubmit={(pin, present) => void change((given) => given.setPin(own.key, pin, present), t.pinSet)} />}
      {asked === "passkey" && <Proof {...dialog} title={t.setPasskey} onSubmit={(present) => void usePasskey(present)} />}
      {asked === "none" && (
        <Proof {...dialog} title={t.removeLock} consequence={t.removeLockWhat} danger onSubmit={(present) => void change((given) => given.setPin(own.key, null, present), t.lockRemoved)} />
      )}
    </>
  );
}

interface DialogProps {
  /** A PIN has to be shown first. */
  readonly guarded: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
}

interface ProofProps extends DialogProps {
  readonly title: string;
  readonly consequence?: string;
  readonly danger?: boolean;
  readonly onSubmit: (present: Secret) => void;
}

/** The present PIN where there is one; a passkey is asked for by the browser. */
function Proof({ guarded, title, onSubmit, ...rest }: ProofProps): ReactNode {
  const [present, setPresent] = useState("");
  return (
    <AskDialog {...rest} title={title} submit={title} ready={!guarded || present !== ""} onSubmit={() => onSubmit(guarded ? { pin: present } : {})}>
      {guarded && <PresentPin value={present} onChange={setPresent} />}
    </AskDialog>
  );
}

interface NewPinProps extends DialogProps {
  readonly onSubmit: (pin: string, present: Secret) => void;
}

function NewPin({ guarded, onSubmit, ...rest }: NewPinProps): ReactNode {
  const t = useTexts(TEXTS);
  const [present, setPresent] = useState("");
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const digits = (text: string): string => text.replace(/\D/g, "");
  return (
    <AskDialog
      {...rest}
      title={guarded ? t.changePin : t.setPin}
      submit={t.save}
      ready={(!guarded || present !== "") && pin.length >= FEWEST_DIGITS && pin === again}
      onSubmit={() => onSubmit(pin, guarded ? { pin: present } : {})}
    >
      {guarded && <PresentPin value={present} onChange={setPresent} />}
      <Labelled label={t.pin}>
        <Input.Password autoFocus={!guarded} inputMode="numeric" autoComplete="new-password" maxLength={12} value={pin} onChange={(event) => setPin(digits(event.target.value))} />
      </Labelled>
      <Labelled label={t.pinRepeat} note={again !== "" && again !== pin ? t.notSame : undefined}>
        <Input.Password inputMode="numeric" autoComplete="new-password" maxLength={12} value={again} onChange={(event) => setAgain(digits(event.target.value))} />
      </Labelled>
    </AskDialog>
  );
}

function PresentPin({ value, onChange }: { readonly value: string; readonly onChange: (pin: string) => void }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <Labelled label={t.presentPin} note={t.presentPinNote}>
      <Input.Password autoFocus inputMode="numeric" autoComplete="current-password" value={value} onChange={(event) => onChange(event.target.value)} />
    </Labelled>
  );
}
