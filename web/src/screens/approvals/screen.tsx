/** All that waits for this member's release, from every source, decided in place, one by one or together. */
import { App, Button, Checkbox } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import { AskDialog } from "~/ui/ask_dialog";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { sinceWords } from "~/ui/instants";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import styles from "./approvals.module.css";
import type { Decision, Found, Source, Waiting } from "./source";
import { SOURCES } from "./sources";
import { TEXTS } from "./texts";

export default function ApprovalsScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const sources = SOURCES.filter((source) => may(source.permission));
  const [counts, setCounts] = useState<Readonly<Record<string, number>>>({});
  const count = (key: string, n: number): void => setCounts((before) => (before[key] === n ? before : { ...before, [key]: n }));
  const total = sources.reduce((sum, source) => sum + (counts[source.key] ?? 0), 0);
  const known = sources.every((source) => counts[source.key] !== undefined);
  return (
    <Page title={t.title} help="approvals" {...(total > 0 ? { aside: t.total(total) } : {})}>
      {sources.map((source) => (
        <SourcePanel key={source.key} source={source} onCount={(n) => count(source.key, n)} />
      ))}
      {known && total === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
    </Page>
  );
}

/** Nothing for a source without anything. */
function SourcePanel({ source, onCount }: { readonly source: Source; readonly onCount: (n: number) => void }): ReactNode {
  const t = useTexts(TEXTS);
  const title = source.useTitle();
  const found = source.useFound();
  const total = found.waiting === undefined && found.error === null ? null : found.total;
  useEffect(() => {
    if (total !== null) onCount(total);
  });
  if ((found.waiting === undefined || found.waiting.length === 0) && found.error === null) return null;
  return (
    <Panel title={t.counted(title, found.total)}>
      <Failure error={found.error} />
      <WaitingList found={found} />
      {found.waiting !== undefined && found.total > found.waiting.length && <p className={styles["soft"]}>{t.more(found.total - found.waiting.length)}</p>}
    </Panel>
  );
}

interface Asked {
  readonly decision: Decision;
  readonly about: readonly Waiting[];
}

function WaitingList({ found }: { readonly found: Found }): ReactNode {
  const t = useTexts(TEXTS);
  const waiting = found.waiting ?? [];
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked | null>(null);
  const chosen = waiting.filter((one) => selected.has(one.id));
  const decidable = waiting.filter((one) => one.decisions.length > 0);
  const offered = found.decisions.filter((decision) => chosen.length > 0 && chosen.every((one) => one.decisions.includes(decision.key)));
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <>
      {decidable.length > 1 && (
        <div className={styles["bulk"]}>
          <Checkbox checked={chosen.length === decidable.length} indeterminate={chosen.length > 0 && chosen.length < decidable.length} onChange={(event) => setSelected(new Set(event.target.checked ? decidable.map((one) => one.id) : []))}>
            {chosen.length === 0 ? t.selectAll : t.selected(chosen.length)}
          </Checkbox>
          {offered.map((decision) => (
            <Button key={decision.key} size="small" danger={decision.danger ?? false} onClick={() => setAsked({ decision, about: chosen })}>
              {decision.label}
            </Button>
          ))}
        </div>
      )}
      <ul className={styles["list"]}>
        {waiting.map((one) => (
          <li key={one.id}>
            {decidable.length > 1 && <Checkbox checked={selected.has(one.id)} disabled={one.decisions.length === 0} aria-label={t.select(one.called)} onChange={() => toggle(one.id)} />}
            <Told waiting={one} />
            <div className={styles["actions"]}>
              {one.path !== null && <Link href={one.path}>{t.open}</Link>}
              {found.decisions
                .filter((decision) => one.decisions.includes(decision.key))
                .map((decision) => (
                  <Button key={decision.key} size="small" danger={decision.danger ?? false} onClick={() => setAsked({ decision, about: [one] })}>
                    {decision.label}
                  </Button>
                ))}
            </div>
          </li>
        ))}
      </ul>
      {asked !== null && (
        <Ask
          asked={asked}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            setSelected(new Set());
          }}
        />
      )}
    </>
  );
}

function Told({ waiting }: { readonly waiting: Waiting }): ReactNode {
  const language = useLanguage();
  return (
    <div className={styles["told"]}>
      <strong>{waiting.title}</strong>
      <span>
        {waiting.detail}
        {waiting.since !== null && ` · ${sinceWords(waiting.since, language)}`}
      </span>
    </div>
  );
}

function Ask({ asked, onClose, onDone }: { readonly asked: Asked; readonly onClose: () => void; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const [state, setState] = useState<{ busy: boolean; error: Error | null }>({ busy: false, error: null });
  const { decision, about } = asked;
  const run = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      await decision.run(about);
      void message.success(t.done(about.length));
      onDone();
    } catch (error) {
      setState({ busy: false, error: error as Error });
    }
  };
  return (
    <AskDialog title={decision.ask(about.length)} consequence={decision.consequence} submit={decision.label} danger={decision.danger ?? false} busy={state.busy} error={state.error} onClose={onClose} onSubmit={() => void run()}>
      <ul className={styles["names"]}>
        {about.map((one) => (
          <li key={one.id}>{one.title}</li>
        ))}
      </ul>
    </AskDialog>
  );
}
