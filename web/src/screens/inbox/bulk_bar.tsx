/** Several entries at once, where the same decision is safe for all of them. */
import { Button, Checkbox } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { keepTheirs, takeAll, type Call } from "~/data/inbox/decision";
import type { Entry } from "~/data/inbox/entry";
import styles from "./inbox.module.css";
import { offersFor, type Decider } from "~/data/inbox/offers";
import { TEXTS } from "./texts";

interface BulkBarProps {
  readonly entries: readonly Entry[];
  readonly chosen: readonly Entry[];
  readonly decider: Decider;
  readonly busy: boolean;
  readonly onSelect: (ids: readonly string[]) => void;
  readonly onDecide: (calls: readonly Call[]) => void;
  readonly onDiscard: () => void;
}

export function BulkBar({ entries, chosen, decider, busy, onSelect, onDecide, onDiscard }: BulkBarProps): ReactNode {
  const t = useTexts(TEXTS);
  if (entries.length < 2) return null;
  const offers = chosen.map((entry) => offersFor(entry, decider).together);
  const mine = chosen.length > 0 && offers.every((offered) => offered.mine);
  const theirs = chosen.length > 0 && offers.every((offered) => offered.theirs);
  return (
    <div className={styles["bulk"]}>
      <Checkbox checked={chosen.length === entries.length} indeterminate={chosen.length > 0 && chosen.length < entries.length} onChange={(event) => onSelect(event.target.checked ? entries.map((entry) => entry.id) : [])}>
        {chosen.length === 0 ? t.selectAll : t.selected(chosen.length)}
      </Checkbox>
      {mine && (
        <Button size="small" disabled={busy} onClick={() => onDecide(chosen.map(takeAll))}>
          {t.takeMineAll}
        </Button>
      )}
      {theirs && (
        <Button size="small" disabled={busy} onClick={() => onDecide(chosen.map(keepTheirs))}>
          {t.takeTheirsAll}
        </Button>
      )}
      {chosen.length > 0 && (
        <Button size="small" danger disabled={busy} onClick={onDiscard}>
          {t.discard}
        </Button>
      )}
      {chosen.length > 1 && !mine && !theirs && <small className={styles["faint"]}>{t.notTogether}</small>}
    </div>
  );
}
