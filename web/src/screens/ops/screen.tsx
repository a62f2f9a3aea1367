/** How the server is, for whoever operates it: no sign-in to a company, only the operators' token. */
import { Button, Input, Switch } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { Labelled } from "~/ui/ask_dialog";
import { instantWords } from "~/ui/instants";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import styles from "./ops.module.css";
import { askStatus, StatusRefused, type Status } from "./status";
import { StatusPanels } from "./status_panels";
import { TEXTS } from "./texts";

const EVERY_MS = 5_000;

export default function OperatorsScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [token, setToken] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [live, setLive] = useState(true);
  const { status, error, refresh } = useStatusOf(token, live);
  const forget = (): void => {
    setToken(null);
    setTyped("");
  };
  if (token === null || (error?.why === "refused" && status === null)) {
    return (
      <Page title={t.title} help="ops">
        <Panel quiet title={t.title} note={t.intro}>
          <form
            className={styles["ask"]}
            onSubmit={(event) => {
              event.preventDefault();
              setToken(typed.trim());
            }}
          >
            <Labelled label={t.token} note={t.tokenNote}>
              <Input.Password autoFocus autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
            </Labelled>
            <Button type="primary" htmlType="submit" disabled={typed.trim() === ""}>
              {t.look}
            </Button>
          </form>
          <Wrong error={error} />
        </Panel>
      </Page>
    );
  }
  const bar = (
    <>
      <Switch aria-label={t.every} checkedChildren={t.every} unCheckedChildren={t.every} checked={live} onChange={setLive} />
      <Button onClick={refresh}>{t.refresh}</Button>
      <Button type="text" onClick={forget}>
        {t.forget}
      </Button>
    </>
  );
  return (
    <Page title={t.title} help="ops" aside={status?.at ? t.at(instantWords(status.at, language)) : undefined} actions={bar}>
      <Wrong error={error} />
      {status !== null && <StatusPanels status={status} />}
    </Page>
  );
}

function Wrong({ error }: { readonly error: StatusRefused | null }): ReactNode {
  const t = useTexts(TEXTS);
  if (error === null) return null;
  return (
    <p role="alert" className={styles["wrong"]}>
      {error.why === "strange" ? t.strange(error.status) : t[error.why]}
    </p>
  );
}

interface Looked {
  readonly status: Status | null;
  readonly error: StatusRefused | null;
  refresh(): void;
}

/** Asked again every few seconds while the page is in sight; a wrong token is not asked with twice. */
function useStatusOf(token: string | null, live: boolean): Looked {
  const [state, setState] = useState<{ status: Status | null; error: StatusRefused | null }>({ status: null, error: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (token === null) return setState({ status: null, error: null });
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        if (document.visibilityState === "visible") {
          const status = await askStatus(token, stop.signal);
          setState({ status, error: null });
        }
      } catch (error) {
        if (stop.signal.aborted || !(error instanceof StatusRefused)) return;
        setState((before) => ({ status: error.why === "refused" ? null : before.status, error }));
        if (error.why === "refused" || error.why === "absent") return;
      }
      if (live) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [token, live, round]);
  return { ...state, refresh: () => setRound((before) => before + 1) };
}
