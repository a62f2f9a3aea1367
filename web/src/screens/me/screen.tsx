/** One's own: profile, language and look, sign-ins, password, second factor, this device. */
import { App, Button, Input, Segmented, Select } from "antd";
import { useState, type ReactNode } from "react";
import { useAnswer, useRequest } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { Labelled } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { Facts, Panel } from "~/ui/panel";
import { usePreferences, type ThemeChoice } from "~/ui/preferences";
import type { Language } from "~/values/words";
import { AccountsHere } from "./accounts_here";
import { ChangePassword } from "./change_password";
import { OfflineLock } from "./offline_lock";
import { SecondFactor } from "./second_factor";
import { Sessions } from "./sessions";
import styles from "./me.module.css";
import { TEXTS } from "./texts";
import { WipeHere } from "./wipe_here";

export default function MeScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const me = useAnswer("Me", {});
  return (
    <Page title={t.title} help="me">
      <Look />
      <Answered answer={me}>
        {(answer) => (
          <>
            <Profile key={answer.me.member.name} me={answer.me} onChanged={() => void me.reload()} />
            <Sessions />
            <ChangePassword />
            <SecondFactor me={answer.me} onChanged={() => void me.reload()} />
          </>
        )}
      </Answered>
      <OfflineLock />
      <AccountsHere />
      <WipeHere />
    </Page>
  );
}

export type Me = Operations["Me"]["result"]["me"];

function Profile({ me, onChanged }: { readonly me: Me; readonly onChanged: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const request = useRequest();
  const [name, setName] = useState(me.member.name);
  const save = async (): Promise<void> => {
    if ((await request.send("EditMember", { input: { name: name.trim() } })) === null) return;
    void message.success(t.saved);
    onChanged();
  };
  const verify = async (): Promise<void> => {
    if ((await request.send("RequestEmailVerification", {})) !== null) void message.success(t.verifySent);
  };
  return (
    <Panel title={t.profile}>
      <form
        className={styles["line"]}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Labelled label={t.name}>
          <Input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
        </Labelled>
        <Button htmlType="submit" type="primary" disabled={name.trim() === "" || name.trim() === me.member.name} loading={request.busy}>
          {t.save}
        </Button>
      </form>
      <Failure error={request.error} />
      <Facts
        facts={[
          { label: t.signIn, value: [me.member.account, me.member.phone, me.member.email].filter(Boolean).join(" · ") },
          { label: t.company, value: me.tenant.name },
          { label: t.orgCode, value: <code>{me.tenant.orgCode}</code> },
        ]}
      />
      {me.member.email !== null && !me.emailVerified && (
        <p className={styles["soft"]}>
          {t.emailUnverified}{" "}
          <Button size="small" loading={request.busy} onClick={() => void verify()}>
            {t.verifyAgain}
          </Button>
        </p>
      )}
    </Panel>
  );
}

/** Both change this device at once; the language is told to the server, too, where that can be reached. */
function Look(): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const { theme, language, setTheme, setLanguage } = usePreferences();
  const choose = (next: Language): void => {
    setLanguage(next);
    void request.send("EditMember", { input: { language: next } });
  };
  return (
    <Panel title={`${t.language} · ${t.theme}`}>
      <div className={styles["choices"]}>
        <Labelled label={t.language} note={t.languageNote}>
          <Select<Language>
            aria-label={t.language}
            value={language}
            onChange={choose}
            options={[
              { value: "zh-CN", label: "中文" },
              { value: "en", label: "English" },
            ]}
          />
        </Labelled>
        <Labelled label={t.theme}>
          <Segmented<ThemeChoice>
            value={theme}
            onChange={setTheme}
            options={[
              { value: "light", label: t.light },
              { value: "dark", label: t.dark },
              { value: "system", label: t.system },
            ]}
          />
        </Labelled>
      </div>
      <Failure error={request.error} />
    </Panel>
  );
}
