/** The first sign-in with a password that somebody else chose: one's own before anything else. */
import { useRef, useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Device } from "~/device/api";
import type { Texts } from "~/values/words";
import type { DoorProps } from "./entrance";
import { FormRefusal, Submit, TextField, useSending } from "./fields";
import styles from "./entrance.module.css";

const TEXTS = {
  title: ["请设置自己的密码", "Choose your own password"],
  lead: ["初始密码由管理员设置，首次登录需要更换。", "Your first password was chosen by an admin; change it before you begin."],
  current: ["初始密码", "The first password"],
  fresh: ["新密码", "New password"],
  hint: ["一般不少于 10 个字符，用一句好记的话就很好。", "10 characters or more as a rule; a short sentence works well."],
  save: ["保存并进入", "Save and go on"],
  saving: ["正在保存…", "Saving…"],
} satisfies Texts;

interface NewPasswordProps extends DoorProps {
  readonly token: string;
  readonly current: string;
}

export function NewPassword({ token, current, accounts, onEnter }: NewPasswordProps): ReactNode {
  const t = useTexts(TEXTS);
  const [first, setFirst] = useState(current);
  const [fresh, setFresh] = useState("");
  // Asked once: a password that was refused is corrected on the same sign-in.
  const signedIn = useRef<Promise<Device> | null>(null);
  const { busy, refusal, submit } = useSending(async () => {
    signedIn.current ??= accounts.signedIn({ token });
    const device = await signedIn.current;
    await device.ask("ChangePassword", { input: { currentPassword: first, newPassword: fresh } });
    onEnter(device);
  });
  return (
    <form noValidate onSubmit={submit} style={{ display: "contents" }}>
      <h1>{t.title}</h1>
      <p className={styles["lead"]}>{t.lead}</p>
      <FormRefusal refusal={refusal} shown={["currentPassword", "newPassword"]} />
      <TextField name="currentPassword" label={t.current} type="password" autoComplete="current-password" value={first} refusal={refusal} onChange={setFirst} />
      <TextField name="newPassword" label={t.fresh} hint={t.hint} type="password" autoComplete="new-password" autoFocus value={fresh} refusal={refusal} onChange={setFresh} />
      <Submit busy={busy}>{busy ? t.saving : t.save}</Submit>
    </form>
  );
}
