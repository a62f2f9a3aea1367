/** A code by text message: sent once a minute at most, typed here. */
import { useEffect, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Accounts } from "~/device/accounts_api";
import type { Texts } from "~/values/words";
import { FormRefusal, TextField, useRefusal, type Refusal } from "./fields";

const TEXTS = {
  code: ["短信验证码", "Code from the text message"],
  send: ["获取验证码", "Send a code"],
  sending: ["正在发送…", "Sending…"],
  again: (seconds: number) => [`${seconds} 秒后可重发`, `Again in ${seconds} s`],
  sent: ["验证码已发送，几分钟内有效。", "The code is on its way; it is good for some minutes."],
} satisfies Texts;

const PAUSE_SECONDS = 60;

interface SmsCodeProps {
  readonly phone: string;
  readonly purpose: "sign_in" | "sign_up" | "enter";
  readonly accounts: Accounts;
  readonly value: string;
  readonly refusal: Refusal | null;
  readonly onChange: (value: string) => void;
}

export function SmsCode({ phone, purpose, accounts, value, refusal, onChange }: SmsCodeProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const explain = useRefusal();
  const [left, setLeft] = useState(0);
  const [busy, setBusy] = useState(false);
  const [unsent, setUnsent] = useState<Refusal | null>(null);
  useEffect(() => {
    if (left === 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const send = (): void => {
    setBusy(true);
    setUnsent(null);
    accounts.askAnonymously("RequestSmsCode", { input: { phone: phone.trim(), purpose, language } }).then(
      () => {
        setBusy(false);
        setLeft(PAUSE_SECONDS);
      },
      (error: unknown) => {
        setBusy(false);
        setUnsent(explain(error));
      },
    );
  };
  const button = (
    <button type="button" disabled={busy || left > 0 || phone.trim() === ""} onClick={send}>
      {busy ? t.sending : left > 0 ? t.again(left) : t.send}
    </button>
  );
  return (
    <>
      <FormRefusal refusal={unsent} shown={[]} />
      <TextField
        name="code"
        label={t.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        value={value}
        refusal={refusal}
        onChange={onChange}
        beside={button}
        {...(left > 0 ? { hint: t.sent } : {})}
      />
    </>
  );
}
