/** A company begins: its name, who signs up, how, and whether it starts with demo data. */
import { useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Language, Texts } from "~/values/words";
import { deviceName } from "./device_name";
import type { DoorProps } from "./entrance";
import { FormRefusal, Options, Submit, TextField, useSending } from "./fields";
import { SmsCode } from "./sms_code";
import styles from "./entrance.module.css";

const TEXTS = {
  title: ["注册新公司", "Register a company"],
  lead: ["全部模块免费试用 15 天，无需付款方式。", "Every module free for 15 days, no payment details."],
  company: ["公司名称", "Company name"],
  name: ["您的姓名", "Your name"],
  way: ["注册方式", "How to sign up"],
  byPhone: ["手机号", "Phone"],
  byEmail: ["邮箱", "E-mail"],
  phone: ["手机号", "Phone"],
  email: ["邮箱", "E-mail"],
  password: ["设置密码", "Password"],
  passwordHint: ["一般不少于 10 个字符，用一句好记的话就很好。", "10 characters or more as a rule; a short sentence works well."],
  begin: ["开始时的数据", "Begin with"],
  demo: ["带示例数据", "Demo data"],
  demoHint: ["有客户、商品、订单和库存可以练习，随时可以清除。", "Customers, products, orders and stock to practise on; cleared whenever you like."],
  empty: ["空白公司", "An empty company"],
  emptyHint: ["直接录入或导入自己的数据。", "Enter or import your own data at once."],
  signUp: ["注册并开始", "Sign up and begin"],
  signingUp: ["正在开通…", "Setting up…"],
  known: ["已有账号？登录", "Signed up already? Sign in"],
  totp: ["动态验证码（已开启两步验证时）", "Two-step code, if enabled"],
} satisfies Texts;

type Way = "phone" | "email";

export interface SignUpFields {
  readonly companyName: string;
  readonly adminName: string;
  readonly phone: string;
  readonly code: string;
  readonly email: string;
  readonly password: string;
  readonly totp: string;
  readonly begin: "demo" | "empty";
}

const EMPTY: SignUpFields = { companyName: "", adminName: "", phone: "", code: "", email: "", password: "", totp: "", begin: "demo" };

/** The input of GraphQL signUp. `zone`: IANA. */
export function signUpInput(way: Way, fields: SignUpFields, language: Language, zone: string): Record<string, string | boolean> {
  const { companyName, adminName, phone, code, email, password, totp, begin } = fields;
  const who: Record<Way, Record<string, string>> = { phone: { phone: phone.trim(), code: code.trim() }, email: { email: email.trim() } };
  const given = { companyName: companyName.trim(), adminName: adminName.trim(), ...who[way], password, totp: totp.trim() };
  const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  return { companyName: "", ...filled, language, zone, demoData: begin === "demo" };
}

interface Answer {
  readonly signUp: { readonly token: string };
}

interface SignUpProps extends DoorProps {
  readonly onSignIn: () => void;
}

export function SignUp({ accounts, onEnter, onSignIn }: SignUpProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [way, setWay] = useState<Way>("phone");
  const [fields, setFields] = useState(EMPTY);
  const set = (name: keyof SignUpFields) => (value: string) => setFields((before) => ({ ...before, [name]: value }));
  const { busy, refusal, submit, forgive } = useSending(async () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const input = { ...signUpInput(way, fields, language, zone), deviceName: deviceName() };
    const { signUp } = await accounts.askAnonymously<Answer>("SignUp", { input });
    const device = await accounts.signedIn({ token: signUp.token });
    // A new company begins with what there is to set up, wherever the link had led.
    history.replaceState(null, "", "/start");
    onEnter(device);
  });
  const asksSecond = refusal?.field === "totp" || fields.totp !== "";
  return (
    <form noValidate onSubmit={submit} style={{ display: "contents" }}>
      <h1>{t.title}</h1>
      <p className={styles["lead"]}>{t.lead}</p>
      <FormRefusal refusal={refusal} shown={["companyName", "adminName", "phone", "code", "email", "password", "totp"]} />
      <TextField name="companyName" label={t.company} autoComplete="organization" autoFocus value={fields.companyName} refusal={refusal} onChange={set("companyName")} />
      <TextField name="adminName" label={t.name} autoComplete="name" value={fields.adminName} refusal={refusal} onChange={set("adminName")} />
      <Options
        tabs
        label={t.way}
        value={way}
        onChange={(next) => (forgive(), setWay(next))}
        options={[
          { value: "phone", label: t.byPhone },
          { value: "email", label: t.byEmail },
        ]}
      />
      {way === "phone" ? (
        <>
          <TextField name="phone" label={t.phone} type="tel" autoComplete="tel" value={fields.phone} refusal={refusal} onChange={set("phone")} />
          <SmsCode phone={fields.phone} purpose="sign_up" accounts={accounts} value={fields.code} refusal={refusal} onChange={set("code")} />
        </>
      ) : (
        <TextField name="email" label={t.email} type="email" autoComplete="email" value={fields.email} refusal={refusal} onChange={set("email")} />
      )}
      <TextField
        name="password"
        label={t.password}
        hint={t.passwordHint}
        type="password"
        optional={way === "phone"}
        autoComplete="new-password"
        value={fields.password}
        refusal={refusal}
        onChange={set("password")}
      />
      {asksSecond && <TextField name="totp" label={t.totp} inputMode="numeric" autoComplete="one-time-code" value={fields.totp} refusal={refusal} onChange={set("totp")} />}
      <Options
        label={t.begin}
        value={fields.begin}
        onChange={(begin) => setFields((before) => ({ ...before, begin }))}
        options={[
          { value: "demo", label: t.demo, hint: t.demoHint },
          { value: "empty", label: t.empty, hint: t.emptyHint },
        ]}
      />
      <Submit busy={busy}>{busy ? t.signingUp : t.signUp}</Submit>
      <p className={styles["links"]}>
        <button type="button" className={styles["link"]} onClick={onSignIn}>
          {t.known}
        </button>
      </p>
    </form>
  );
}
