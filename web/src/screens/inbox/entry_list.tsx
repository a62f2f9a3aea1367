/** The entries, one below the other: what, why, whose; with a box for those that may be decided together. */
import { Checkbox, Tag } from "antd";
import { useEffect, useRef, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { Reference } from "~/ui/field_value";
import { sinceWords } from "~/ui/instants";
import { say } from "~/values/words";
import type { Entry } from "~/data/inbox/entry";
import styles from "./inbox.module.css";
import { mayDecide, type Decider } from "~/data/inbox/offers";
import { TEXTS } from "./texts";

interface EntryListProps {
  readonly entries: readonly Entry[];
  readonly currentId: string | null;
  readonly selected: ReadonlySet<string>;
  readonly decider: Decider;
  readonly onOpen: (id: string) => void;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
}

export function EntryList({ entries, currentId, selected, decider, onOpen, onSelect }: EntryListProps): ReactNode {
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  return (
    <ul className={styles["list"]}>
      {entries.map((entry) => (
        <Item key={entry.id} entry={entry} current={entry.id === currentId} selected={selected.has(entry.id)} decider={decider} onOpen={() => onOpen(entry.id)} onToggle={() => toggle(entry.id)} />
      ))}
    </ul>
  );
}

interface ItemProps {
  readonly entry: Entry;
  readonly current: boolean;
  readonly selected: boolean;
  readonly decider: Decider;
  readonly onOpen: () => void;
  readonly onToggle: () => void;
}

function Item({ entry, current, selected, decider, onOpen, onToggle }: ItemProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const item = useRef<HTMLLIElement>(null);
  const what = say(entry.what, language);
  useEffect(() => {
    if (current) item.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <li ref={item} className={styles["item"]} data-current={current}>
      <Checkbox checked={selected} disabled={!mayDecide(entry, decider)} onChange={onToggle} aria-label={t.select(what)} />
      <button type="button" className={styles["open"]} onClick={onOpen} aria-current={current}>
        <span className={styles["what"]}>{what}</span>
        <span className={styles["reason"]}>{say(entry.message, language)}</span>
        <span className={styles["meta"]}>
          {entry.state !== "open" && <Tag>{entry.state === "waiting" ? t.waitingState : t.parkedState}</Tag>}
          {entry.ownerId !== null && entry.ownerId !== decider.memberId && (
            <>
              <Reference collection="members" id={entry.ownerId} links={false} />
              {" · "}
            </>
          )}
          {sinceWords(entry.madeAt, language)}
        </span>
      </button>
    </li>
  );
}
