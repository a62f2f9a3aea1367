/** Signing in with the server: by phone or e-mail, by an organisation's account, by a code; then the second factor. */
import { useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Account } from "~/device/accounts_api";
import type { Texts } from "~/values/words";
import { deviceName } from "./device_name";
import type { DoorProps } from "./entrance";
import { FormRefusal, Options, Submit, TextField, useSending } from "./fields";
import { NewPassword } from "./new_password";
import { SmsCode } from "./sms_code";
import styles from "./entrance.module.css";

const TEXTS = {
  title: ["登录", "Sign in"],
  expected: (name: string, company: string) => [`${name}（${company}）需要重新登录；本设备上未上传的内容都在。`, `${name} (${company}) has to sign in again. What was not sent is kept on this device.`],
  way: ["登录方式", "How to sign in"],
  byPassword: ["密码", "Password"],
  byCode: ["短信验证码", "SMS code"],
  byOrganisation: ["组织账号", "Organisation"],
  identifier: ["手机号或邮箱", "Phone or e-mail"],
  password: ["密码", "Password"],
  orgCode: ["组织号", "Organisation code"],
  orgHint: ["由公司管理员提供。", "Your company's admin knows it."],
  account: ["账号", "Account"],
  phone: ["手机号", "Phone"],
  signIn: ["登录", "Sign in"],
  signingIn: ["正在登录…", "Signing in…"],
  forgotten: ["忘记密码", "Forgot password"],
  signUp: ["注册新公司", "Register a company"],
  here: ["本设备上的账号", "Accounts on this device"],
  second: ["动态验证码", "Two-step code"],
  secondLead: ["此账号已开启两步验证。", "This user has a second factor."],
  totp: ["身份验证器中的 6 位数字", "Six digits of your authenticator app"],
  recovery: ["恢复码", "Recovery code"],
  useRecovery: ["手机不在身边？使用恢复码", "Without your phone? Use a recovery code"],
  useTotp: ["使用身份验证器", "Use the authenticator app"],
  back: ["返回", "Back"],
} satisfies Texts;

type Way = "password" | "code" | "organisation";

export interface SignInFields {
  readonly identifier: string;
  readonly password: string;
  readonly orgCode: string;
  readonly account: string;
  readonly phone: string;
  readonly code: string;
  readonly totp: string;
  readonly recoveryCode: string;
}

const EMPTY: SignInFields = { identifier: "", password: "", orgCode: "", account: "", phone: "", code: "", totp: "", recoveryCode: "" };

/** The input of GraphQL signIn for a way: only what belongs to it, without what is empty. */
export function signInInput(way: Way, fields: SignInFields): Record<string, string> {
  const { identifier, password, orgCode, account, phone, code, totp, recoveryCode } = fields;
  const who: Record<Way, Record<string, string>> = {
    password: { identifier: identifier.trim(), password },
    code: { identifier: phone.trim(), code: code.trim() },
    organisation: { orgCode: orgCode.trim(), account: account.trim(), password },
  };
  const given = { ...who[way], totp: totp.trim(), recoveryCode: recoveryCode.trim() };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

interface Answer {
  readonly signIn: { readonly token: string | null; readonly totpRequired: boolean; readonly mustChangePassword: boolean };
}

interface SignInProps extends DoorProps {
  /** Whose account on this device it is about; null: anybody's. */
  readonly expected: Account | null;
  readonly onSignUp: () => void;
  readonly onBack?: () => void;
}

export function SignIn({ accounts, expected, onEnter, onSignUp, onBack }: SignInProps): ReactNode {
  const t = useTexts(TEXTS);
  const [way, setWay] = useState<Way>("password");
  const [fields, setFields] = useState(EMPTY);
  const [second, setSecond] = useState(false);
  const [mustChange, setMustChange] = useState<string | null>(null);
  const set = (name: keyof SignInFields) => (value: string) => setFields((before) => ({ ...before, [name]: value }));
  const sending = useSending(async () => {
    const input = { ...signInInput(way, fields), deviceName: deviceName() };
    const { signIn } = await accounts.askAnonymously<Answer>("SignIn", { input });
    if (signIn.token === null) setSecond(true);
    else if (signIn.mustChangePassword) setMustChange(signIn.token);
    else onEnter(await accounts.signedIn({ token: signIn.token }));
  });
  if (mustChange !== null) return <NewPassword token={mustChange} current={fields.password} accounts={accounts} onEnter={onEnter} />;
  if (second) {
    const leave = (): void => {
      sending.forgive();
      setSecond(false);
      setFields((before) => ({ ...before, totp: "", recoveryCode: "" }));
    };
    return <SecondFactor fields={fields} set={set} sending={sending} onBack={leave} />;
  }
  const change = (next: Way): void => {
    sending.forgive();
    setWay(next);
  };
  return (
    <form noValidate onSubmit={sending.submit} style={{ display: "contents" }}>
      <h1>{t.title}</h1>
      {expected !== null && <p className={styles["lead"]}>{t.expected(expected.memberName, expected.tenantName)}</p>}
      <Options
        tabs
        label={t.way}
        value={way}
        onChange={change}
        options={[
          { value: "password", label: t.byPassword },
          { value: "code", label: t.byCode },
          { value: "organisation", label: t.byOrganisation },
        ]}
      />
      <FormRefusal refusal={sending.refusal} shown={SHOWN[way]} />
      <WayFields way={way} fields={fields} set={set} sending={sending} accounts={accounts} />
      <Submit busy={sending.busy}>{sending.busy ? t.signingIn : t.signIn}</Submit>
      <p className={styles["links"]}>
        <a href="/forgot-password">{t.forgotten}</a>
        {onBack !== undefined && (
          <button type="button" className={styles["link"]} onClick={onBack}>
            {t.here}
          </button>
        )}
        <button type="button" className={styles["link"]} onClick={onSignUp}>
          {t.signUp}
        </button>
      </p>
    </form>
  );
}

const SHOWN: Readonly<Record<Way, readonly string[]>> = {
  password: ["identifier", "password"],
  code: ["phone", "code"],
  organisation: ["orgCode", "account", "password"],
};

type Sending = ReturnType<typeof useSending>;
type Setter = (name: keyof SignInFields) => (value: string) => void;

interface WayFieldsProps {
  readonly way: Way;
  readonly fields: SignInFields;
  readonly set: Setter;
  readonly sending: Sending;
  readonly accounts: DoorProps["accounts"];
}

function WayFields({ way, fields, set, sending, accounts }: WayFieldsProps): ReactNode {
  const t = useTexts(TEXTS);
  const { refusal } = sending;
  const password = (
    <TextField name="password" label={t.password} type="password" autoComplete="current-password" value={fields.password} refusal={refusal} onChange={set("password")} />
  );
  if (way === "password") {
    return (
      <>
        <TextField name="identifier" label={t.identifier} autoComplete="username" autoFocus value={fields.identifier} refusal={refusal} onChange={set("identifier")} />
        {password}
      </>
    );
  }
  if (way === "code") {
    // The server speaks of the `identifier`; here it is the phone.
    const here = refusal?.field === "identifier" ? { ...refusal, field: "phone" } : refusal;
    return (
      <>
        <TextField name="phone" label={t.phone} type="tel" autoComplete="tel" value={fields.phone} refusal={here} onChange={set("phone")} />
        <SmsCode phone={fields.phone} purpose="sign_in" accounts={accounts} value={fields.code} refusal={refusal} onChange={set("code")} />
      </>
    );
  }
  return (
    <>
      <TextField name="orgCode" label={t.orgCode} hint={t.orgHint} autoComplete="organization" value={fields.orgCode} refusal={refusal} onChange={set("orgCode")} />
      <TextField name="account" label={t.account} autoComplete="username" value={fields.account} refusal={refusal} onChange={set("account")} />
      {password}
    </>
  );
}

interface SecondFactorProps {
  readonly fields: SignInFields;
  readonly set: Setter;
  readonly sending: Sending;
  readonly onBack: () => void;
}

function SecondFactor({ fields, set, sending, onBack }: SecondFactorProps): ReactNode {
  const t = useTexts(TEXTS);
  const [recovery, setRecovery] = useState(false);
  const { refusal, busy, submit } = sending;
  const change = (): void => {
    set("totp")("");
    set("recoveryCode")("");
    setRecovery(!recovery);
  };
  return (
    <form noValidate onSubmit={submit} style={{ display: "contents" }}>
      <h1>{t.second}</h1>
      <p className={styles["lead"]}>{t.secondLead}</p>
      <FormRefusal refusal={refusal} shown={[recovery ? "recoveryCode" : "totp"]} />
      {recovery ? (
        <TextField key="recovery" name="recoveryCode" label={t.recovery} autoComplete="off" autoFocus value={fields.recoveryCode} refusal={refusal} onChange={set("recoveryCode")} />
      ) : (
        <TextField key="totp" name="totp" label={t.totp} inputMode="numeric" autoComplete="one-time-code" autoFocus value={fields.totp} refusal={refusal} onChange={set("totp")} />
      )}
      <Submit busy={busy}>{busy ? t.signingIn : t.signIn}</Submit>
      <p className={styles["links"]}>
        <button type="button" className={styles["link"]} onClick={change}>
          {recovery ? t.useTotp : t.useRecovery}
        </button>
        <button type="button" className={styles["link"]} onClick={onBack}>
          {t.back}
        </button>
      </p>
    </form>
  );
}
