/** Asks once before something is given up, and says what that is. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useRow } from "~/data/hooks";
import { AskDialog } from "~/ui/ask_dialog";
import { say } from "~/values/words";
import type { Entry } from "~/data/inbox/entry";
import { ORDER_CHANGED } from "~/data/inbox/offers";
import styles from "./inbox.module.css";
import { shownArguments, useNaming } from "./naming";
import { Sent } from "./sent";
import { TEXTS } from "./texts";

interface DiscardDialogProps {
  readonly entries: readonly Entry[];
  readonly all: readonly Entry[];
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
}

export function DiscardDialog({ entries, all, busy, error, onSubmit, onClose }: DiscardDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [first] = entries;
  const ids = new Set(entries.map((entry) => entry.id));
  const dependants = all.filter((other) => !ids.has(other.id) && other.waitsFor.some((id) => ids.has(id)));
  const one = entries.length === 1 && first !== undefined ? first : null;
  const consequence = (
    <>
      {one === null ? (
        <>
          {t.lost}
          <ul className={styles["links"]}>
            {entries.map((entry) => (
              <li key={entry.id}>{say(entry.what, language)}</li>
            ))}
          </ul>
        </>
      ) : (
        <WhatIsLost entry={one} />
      )}
      {one !== null && one.differences.length > 0 && <p className={styles["soft"]}>{t.theirsStands}</p>}
      {dependants.length > 0 && <p className={styles["soft"]}>{t.lostDependants(dependants.length)}</p>}
    </>
  );
  return (
    <AskDialog
      title={one === null ? t.discardMany(entries.length) : t.discardAsk(say(one.what, language))}
      consequence={consequence}
      submit={t.discard}
      danger
      busy={busy}
      error={error}
      onSubmit={onSubmit}
      onClose={onClose}
    />
  );
}

function WhatIsLost({ entry }: { readonly entry: Entry }): ReactNode {
  const t = useTexts(TEXTS);
  const naming = useNaming(entry);
  const row = useRow(naming.collection ?? "", naming.collection === null ? null : entry.rowId).data ?? null;
  const lost = entry.differences.some((found) => found.told.mine)
    ? Object.fromEntries(entry.differences.filter((found) => found.told.mine).map((found) => [found.field, found.mine]))
    : entry.arguments;
  if (entry.code === "EDITS_GONE" || entry.code === "RECORD_ERASED") return t.lostNothing;
  if (shownArguments(lost, []).length === 0 || entry.code === "ROW_EDITED_MEANWHILE" || entry.code === ORDER_CHANGED) return t.lostStep;
  return (
    <>
      {t.lost}
      <div className={styles["lost"]}>
        <Sent sent={lost} naming={naming} row={row} />
      </div>
    </>
  );
}
