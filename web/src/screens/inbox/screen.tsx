/** The inbox: what did not go through by itself, in words, and what a person may decide about it. All of it works offline. */
import { App, Tabs } from "antd";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useDecider } from "~/data/inbox/decider";
import { useSearch } from "wouter";
import { useCompact } from "~/ui/compact";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { useInboxEntries } from "~/ui/inbox_titles";
import { Page } from "~/ui/page";
import { say } from "~/values/words";
import { BulkBar } from "./bulk_bar";
import { discard, type Call } from "~/data/inbox/decision";
import { DiscardDialog } from "./discard_dialog";
import type { Entry } from "~/data/inbox/entry";
import { EntryList } from "./entry_list";
import { EntryView, type EntryKeys } from "./entry_view";
import styles from "./inbox.module.css";
import { mayDecide, type Decider } from "~/data/inbox/offers";
import { submission } from "./submission";
import { TEXTS } from "./texts";
import { useKeys } from "./use_keys";

const ORDER = { open: 0, parked: 1, waiting: 2 } as const;

export default function InboxScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const decider = useDecider();
  const inbox = useInboxEntries();
  const entries = useMemo(() => (inbox.data ?? []).toSorted((one, other) => ORDER[one.state] - ORDER[other.state]), [inbox.data]);
  const mine = entries.filter((entry) => entry.ownerId === decider.memberId);
  const others = entries.filter((entry) => entry.ownerId !== decider.memberId);
  // A link names an entry, which may be a colleague's; until somebody picks a tab it decides which one shows.
  const wanted = new URLSearchParams(useSearch()).get("entry");
  const [picked, setTab] = useState<"mine" | "others" | null>(null);
  const tab = picked ?? (others.some((entry) => entry.id === wanted) ? "others" : "mine");
  const shown = tab === "mine" ? mine : others;
  const showTabs = others.length > 0 || decider.permissions.has("tenants.inbox.resolve");
  return (
    <Page title={t.title} wide help="inbox">
      <Failure error={inbox.error} onRetry={inbox.reload} />
      {showTabs && (
        <Tabs
          activeKey={tab}
          onChange={(key) => setTab(key === "others" ? "others" : "mine")}
          items={[
            { key: "mine", label: t.mine(mine.length) },
            { key: "others", label: t.others(others.length) },
          ]}
        />
      )}
      {inbox.data === undefined ? (
        <p className={styles["soft"]}>{t.loading}</p>
      ) : shown.length === 0 ? (
        <Empty title={tab === "mine" ? t.empty : t.emptyOthers} hint={tab === "mine" ? t.emptyHint : t.emptyOthersHint} />
      ) : (
        <Entries key={tab} wanted={wanted} entries={shown} all={entries} decider={decider} onElsewhere={(id) => setTab(mine.some((entry) => entry.id === id) ? "mine" : "others")} />
      )}
    </Page>
  );
}

interface EntriesProps {
  /** The entry that a link names. */
  readonly wanted: string | null;
  readonly entries: readonly Entry[];
  readonly all: readonly Entry[];
  readonly decider: Decider;
  readonly onElsewhere: (id: string) => void;
}

function Entries({ wanted, entries, all, decider, onElsewhere }: EntriesProps): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const [currentId, setCurrentId] = useState<string | null>(wanted);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<readonly Entry[] | null>(null);
  const keys = useRef<EntryKeys>(null);
  const { decide, busy, error } = useDecide();
  // The one that was decided leaves; the one that takes its place is next.
  const lastPlace = useRef(0);
  const found = entries.findIndex((entry) => entry.id === currentId);
  const place = found === -1 ? Math.min(lastPlace.current, entries.length - 1) : found;
  lastPlace.current = place;
  const [moved, setMoved] = useState(false);
  const [closed, setClosed] = useState(phone && wanted === null);
  const current = phone && closed ? null : (entries[place] ?? null);
  const open = (id: string): void => {
    if (!entries.some((entry) => entry.id === id)) return onElsewhere(id);
    setCurrentId(id);
    setMoved(true);
    setClosed(false);
  };
  const step = (by: number): void => {
    const next = entries[Math.max(0, Math.min(entries.length - 1, place + by))];
    if (next !== undefined) open(next.id);
  };
  const act = async (about: readonly Entry[], calls: readonly Call[]): Promise<void> => {
    if (!(await decide(about, calls))) return;
    setMoved(true);
    setAsked(null);
    setSelected(new Set());
  };
  useKeys({ j: () => step(1), k: () => step(-1), "1": () => keys.current?.mine(), "2": () => keys.current?.theirs(), e: () => keys.current?.edit(), d: () => keys.current?.discard() }, asked === null);
  const dialog = asked !== null && (
    <DiscardDialog entries={asked} all={all} busy={busy} error={error} onClose={() => setAsked(null)} onSubmit={() => void act(asked, asked.map(discard))} />
  );
  const detail = current !== null && (
    <EntryView
      key={current.id}
      entry={current}
      all={all}
      decider={decider}
      busy={busy}
      error={error}
      keys={keys}
      onDecide={(calls) => void act([current], calls)}
      onDiscard={() => setAsked([current])}
      onOpen={open}
      focus={moved}
    />
  );
  const chosen = entries.filter((entry) => selected.has(entry.id));
  const decidable = entries.filter((entry) => mayDecide(entry, decider));
  const overview = (
    <div>
      <BulkBar entries={decidable} chosen={chosen} decider={decider} busy={busy} onSelect={(ids) => setSelected(new Set(ids))} onDecide={(calls) => void act(chosen, calls)} onDiscard={() => setAsked(chosen)} />
      <EntryList entries={entries} currentId={current?.id ?? null} selected={selected} decider={decider} onOpen={open} onSelect={setSelected} />
      <p className={styles["keys"]}>{t.keys}</p>
    </div>
  );
  if (phone) {
    return (
      <>
        {detail === false ? overview : <Back onBack={() => setClosed(true)} left={entries.length}>{detail}</Back>}
        <Failure error={asked === null ? error : null} />
        {dialog}
      </>
    );
  }
  return (
    <>
      <Failure error={asked === null ? error : null} />
      <div className={styles["columns"]}>
        {overview}
        {detail}
      </div>
      {dialog}
    </>
  );
}

function Back({ onBack, left, children }: { readonly onBack: () => void; readonly left: number; readonly children: ReactNode }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <>
      <button type="button" className={styles["back"]} onClick={onBack}>
        ‹ {t.back}
        {t.left(left)}
      </button>
      {children}
    </>
  );
}

/** Queues decisions; true when they are on the disk. */
function useDecide(): { readonly busy: boolean; readonly error: Error | null; decide(about: readonly Entry[], calls: readonly Call[]): Promise<boolean> } {
  const device = useDevice();
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message } = App.useApp();
  const [state, setState] = useState<{ busy: boolean; error: Error | null }>({ busy: false, error: null });
  const decide = async (about: readonly Entry[], calls: readonly Call[]): Promise<boolean> => {
    setState({ busy: true, error: null });
    try {
      await device.mutateAll(calls);
      setState({ busy: false, error: null });
      const [first] = about;
      const then = t[submission(device.status())];
      void message.success(about.length === 1 && first !== undefined ? t.decided(say(first.what, language), then) : t.decidedMany(about.length, then));
      return true;
    } catch (error) {
      setState({ busy: false, error: error as Error });
      return false;
    }
  };
  return { ...state, decide };
}
