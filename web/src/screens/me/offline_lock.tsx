/** What opens the member's data on this device without a network: a PIN, a passkey, or the device's key alone. */
import { App, Button, Input } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import type { Account } from "~/device/accounts_api";
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

function Lock({ own, here }: { readonly own: Account; readonly here: Here }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message } = App.useApp();
  const { accounts } = useSession();
  const [asked, setAsked] = useState<"pin" | "none" | null>(null);
  const [passkeys, setPasskeys] = useState(false);
  useEffect(() => {
    accounts.passkeyPossible().then(setPasskeys, () => setPasskeys(false));
  }, [accounts]);
  const close = (): void => {
    here.clear();
    setAsked(null);
  };
  const passkey = async (): Promise<void> => {
    if (await here.act((given) => given.setPasskey(own.key))) void message.success(t.passkeySet);
  };
  const remove = async (): Promise<void> => {
    if (!(await here.act((given) => given.setPin(own.key, null)))) return;
    void message.success(t.lockRemoved);
    setAsked(null);
  };
  const lock = own.lock === "none" ? t.lockNone : own.lock === "pin" ? t.lockPin : t.lockPasskey;
  return (
    <>
      <p className={styles["soft"]}>
        <strong>{lock}</strong> · {own.offlineUntil === null ? t.onlineOnly : t.until(instantWords(own.offlineUntil, language))}
      </p>
      <div className={styles["line"]}>
        <Button onClick={() => setAsked("pin")}>{own.lock === "pin" ? t.changePin : t.setPin}</Button>
        {passkeys && own.lock !== "passkey" && (
          <Button loading={here.busy} onClick={() => void passkey()}>
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
      {asked === "pin" && (
        <Pin
          busy={here.busy}
          error={here.error}
          onClose={close}
          onSubmit={async (pin) => {
            if (!(await here.act((given) => given.setPin(own.key, pin)))) return;
            void message.success(t.pinSet);
            setAsked(null);
          }}
        />
      )}
      {asked === "none" && <AskDialog title={t.removeLock} consequence={t.removeLockWhat} submit={t.removeLock} danger busy={here.busy} error={here.error} onClose={close} onSubmit={() => void remove()} />}
    </>
  );
}

interface PinProps {
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onSubmit: (pin: string) => Promise<void>;
}

function Pin({ busy, error, onClose, onSubmit }: PinProps): ReactNode {
  const t = useTexts(TEXTS);
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const digits = (text: string): string => text.replace(/\D/g, "");
  return (
    <AskDialog title={t.setPin} submit={t.save} ready={pin.length >= 6 && pin === again} busy={busy} error={error} onClose={onClose} onSubmit={() => void onSubmit(pin)}>
      <Labelled label={t.pin}>
        <Input.Password autoFocus inputMode="numeric" autoComplete="new-password" maxLength={12} value={pin} onChange={(event) => setPin(digits(event.target.value))} />
      </Labelled>
      <Labelled label={t.pinRepeat} note={again !== "" && again !== pin ? t.notSame : undefined}>
        <Input.Password inputMode="numeric" autoComplete="new-password" maxLength={12} value={again} onChange={(event) => setAgain(digits(event.target.value))} />
      </Labelled>
    </AskDialog>
  );
}
