/** Accounts that are on this device: they open without a network, by PIN, passkey or the device alone. */
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Account, Accounts } from "~/device/accounts_api";
import { Refused } from "~/device/api";
import { sinceWords } from "~/ui/instants";
import type { Texts } from "~/values/words";
import type { DoorProps } from "./entrance";
import { FormRefusal, Submit, TextField, useRefusal, useSending, type Refusal } from "./fields";
import styles from "./entrance.module.css";

const TEXTS = {
  title: ["选择账号", "Choose an account"],
  lead: ["以下账号在本设备上可以直接打开，没有网络也行。", "These accounts open on this device, without a network too."],
  leadSome: ["这些账号的数据在本设备上。已退出的需联网登录一次。", "The data of these accounts is on this device. Those signed out take a sign-in with a network."],
  lastUsed: (when: string) => [`上次使用：${when}`, `Last used ${when}`],
  unsent: (n: number) => [`${n} 项未上传`, `${n} not sent`],
  signedOut: ["已退出，需重新登录", "Signed out: sign in again"],
  needsServer: ["需要联网登录", "Needs the network"],
  other: ["登录其他账号", "Sign in to another account"],
  signUp: ["注册新公司", "Register a company"],
  remove: ["移除", "Remove"],
  removeOf: (name: string) => [`从本设备移除：${name}`, `Remove from this device: ${name}`],
  sure: ["本设备上的数据会被清除。", "Its data on this device is cleared."],
  sureUnsent: (n: number) => [`还有 ${n} 项修改没有上传，移除后会丢失。`, `${n} changes have not been sent; removing loses them.`],
  reallyRemove: ["确定移除", "Remove it"],
  cancel: ["取消", "Cancel"],
  pin: ["请输入 PIN", "Enter your PIN"],
  pinOf: (name: string, company: string) => [`${name} · ${company}`, `${name} · ${company}`],
  open: ["打开", "Open"],
  opening: ["正在打开…", "Opening…"],
  back: ["返回", "Back"],
} satisfies Texts;

function isSignedOut(error: unknown): boolean {
  return error instanceof Refused && error.code === "NOT_SIGNED_IN";
}

export interface AccountsHere {
  readonly known: boolean;
  readonly accounts: readonly Account[];
  readonly reload: () => void;
}

export function useAccountsHere(accounts: Accounts): AccountsHere {
  const [state, setState] = useState<Omit<AccountsHere, "reload">>({ known: false, accounts: [] });
  const reload = useCallback(() => {
    accounts.list().then(
      (found) => setState({ known: true, accounts: found }),
      // A browser that keeps nothing has no accounts.
      () => setState({ known: true, accounts: [] }),
    );
  }, [accounts]);
  useEffect(reload, [reload]);
  return { ...state, reload };
}

interface OnThisDeviceProps extends DoorProps {
  readonly here: AccountsHere;
  readonly onOther: () => void;
  /** The account is here, and the server has to let it in. */
  readonly onSignIn: (account: Account) => void;
  readonly onSignUp: () => void;
}

export function OnThisDevice({ accounts, here, onEnter, onOther, onSignIn, onSignUp }: OnThisDeviceProps): ReactNode {
  const t = useTexts(TEXTS);
  const explain = useRefusal();
  const [asking, setAsking] = useState<Account | null>(null);
  const [removing, setRemoving] = useState<Account | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const open = (account: Account): void => {
    setRefusal(null);
    if (!account.signedIn) onSignIn(account);
    else if (account.lock === "pin") setAsking(account);
    else accounts.open(account.key).then(onEnter, (error: unknown) => (isSignedOut(error) ? onSignIn(account) : setRefusal(explain(error))));
  };
  const forget = (account: Account): void => {
    setRemoving(null);
    accounts.forget(account.key).then(here.reload, (error: unknown) => setRefusal(explain(error)));
  };
  if (asking !== null) return <Pin account={asking} accounts={accounts} onEnter={onEnter} onSignIn={() => onSignIn(asking)} onBack={() => setAsking(null)} />;
  return (
    <>
      <h1>{t.title}</h1>
      <p className={styles["lead"]}>{here.accounts.every((account) => account.signedIn) ? t.lead : t.leadSome}</p>
      <FormRefusal refusal={refusal} shown={[]} />
      <ul className={styles["accounts"]}>
        {here.accounts.map((account) => (
          <li key={account.key}>
            <AccountLine account={account} onOpen={() => open(account)} onRemove={() => setRemoving(account)} />
            {removing?.key === account.key && (
              <div className={styles["note"]} role="alert">
                {(account.unsent ?? 0) > 0 ? t.sureUnsent(account.unsent ?? 0) : t.sure}
                <div className={styles["links"]}>
                  <button type="button" className={styles["link"]} onClick={() => forget(account)}>
                    {t.reallyRemove}
                  </button>
                  <button type="button" className={styles["link"]} onClick={() => setRemoving(null)}>
                    {t.cancel}
                  </button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
      <button type="button" className={styles["plain"]} onClick={onOther}>
        {t.other}
      </button>
      <p className={styles["links"]}>
        <button type="button" className={styles["link"]} onClick={onSignUp}>
          {t.signUp}
        </button>
      </p>
    </>
  );
}

interface AccountLineProps {
  readonly account: Account;
  readonly onOpen: () => void;
  readonly onRemove: () => void;
}

function AccountLine({ account, onOpen, onRemove }: AccountLineProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const facts = [
    t.lastUsed(sinceWords(account.lastUsedAt, language)),
    (account.unsent ?? 0) > 0 ? t.unsent(account.unsent ?? 0) : "",
    account.signedIn ? (account.offlineUntil === null ? t.needsServer : "") : t.signedOut,
  ].filter(Boolean);
  return (
    <div className={styles["account"]}>
      <button type="button" onClick={onOpen}>
        <strong>{account.memberName}</strong>
        <span>{account.tenantName}</span>
        <small>{facts.join(" · ")}</small>
      </button>
      <button type="button" aria-label={t.removeOf(`${account.memberName}, ${account.tenantName}`)} onClick={onRemove}>
        {t.remove}
      </button>
    </div>
  );
}

interface PinProps extends DoorProps {
  readonly account: Account;
  readonly onSignIn: () => void;
  readonly onBack: () => void;
}

function Pin({ account, accounts, onEnter, onSignIn, onBack }: PinProps): ReactNode {
  const t = useTexts(TEXTS);
  const [pin, setPin] = useState("");
  const { busy, refusal, submit } = useSending(async () => {
    try {
      onEnter(await accounts.open(account.key, { pin }));
    } catch (error) {
      setPin("");
      if (isSignedOut(error)) return onSignIn();
      throw error;
    }
  });
  return (
    <form noValidate onSubmit={submit} style={{ display: "contents" }}>
      <h1>{t.pin}</h1>
      <p className={styles["lead"]}>{t.pinOf(account.memberName, account.tenantName)}</p>
      <FormRefusal refusal={refusal} shown={["pin"]} />
      <TextField name="pin" label="PIN" type="password" inputMode="numeric" autoComplete="off" autoFocus value={pin} refusal={refusal} onChange={setPin} />
      <Submit busy={busy}>{busy ? t.opening : t.open}</Submit>
      <button type="button" className={styles["plain"]} onClick={onBack}>
        {t.back}
      </button>
    </form>
  );
}
