/** One entry as a sentence, with what changed from what to what. */
import { Button } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useReferred } from "~/data/references";
import { Value } from "~/ui/field_value";
import { instantWords } from "~/ui/instants";
import { rowPath } from "~/ui/paths";
import type { Json } from "~/values/json";
import { exactInstant } from "~/values/moments";
import { say } from "~/values/words";
import styles from "./audit.module.css";
import { plainText } from "./csv";
import { changesOf, entityNamed, isReadable, labelsOf, rowAround, type AuditEntry, type FieldChange } from "./entries";
import { sentenceOf } from "./sentence";
import { TEXTS } from "./texts";

interface EntryRowProps {
  readonly entry: AuditEntry;
  /** What the record is called; "" where nobody knows. */
  readonly called: string;
  readonly onRow: (rowId: string) => void;
}

/** So many fields are shown at once. */
const AT_ONCE = 3;

export function EntryRow({ entry, called, onRow }: EntryRowProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [unfolded, setUnfolded] = useState(false);
  const labels = labelsOf(entry, language);
  const sentence = sentenceOf(entry, called, t, language);
  const changes = changesOf(entry).filter(isReadable);
  const shown = unfolded ? changes : changes.slice(0, AT_ONCE);
  const entity = entityNamed(entry.entity);
  return (
    <li>
      <time dateTime={entry.at} title={exactInstant(entry.at)}>
        {instantWords(entry.at, language)}
      </time>
      <div>
        <p className={styles["sentence"]}>{sentence}</p>
        <p className={styles["soft"]}>
          {entry.systemRecord && `${t.systemRecord} · `}
          {t.by(labels.command)}
          {entry.onBehalfOf !== null && ` · ${t.onBehalf(entry.onBehalfOf)}`}
        </p>
        <ul className={styles["changes"]}>
          {shown.map((change) => (
            <Change key={change.name} change={change} entry={entry} />
          ))}
        </ul>
        <div className={styles["links"]}>
          {changes.length > AT_ONCE && (
            <Button type="link" size="small" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
              {unfolded ? t.hide : t.show(changes.length)}
            </Button>
          )}
          {entity?.synced === true && entry.op !== "delete" && <Link href={rowPath(entity.collection, entry.rowId)}>{t.open}</Link>}
          <Button type="link" size="small" onClick={() => onRow(entry.rowId)}>
            {t.history}
          </Button>
        </div>
      </div>
    </li>
  );
}

function Change({ change, entry }: { readonly change: FieldChange; readonly entry: AuditEntry }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const label = change.field === null ? change.name.replace(/^custom\./, "") : say(change.field.label, language);
  return (
    <li>
      <span className={styles["field"]}>{label}</span>
      {change.submitted !== undefined && (
        <span>
          {t.submitted} <Told change={change} value={change.submitted} entry={entry} /> · {t.others}
        </span>
      )}
      {entry.op !== "insert" && (
        <>
          <del className={change.submitted === undefined ? undefined : styles["kept"]}>
            <Told change={change} value={change.before} entry={entry} />
          </del>
          <span aria-hidden>→</span>
        </>
      )}
      {change.submitted !== undefined && <span className={styles["soft"]}>{t.holds}</span>}
      <ins>
        <Told change={change} value={change.after} entry={entry} />
      </ins>
    </li>
  );
}

function Told({ change, value, entry }: { readonly change: FieldChange; readonly value: Json; readonly entry: AuditEntry }): ReactNode {
  const t = useTexts(TEXTS);
  const around = rowAround(entry);
  // An edit says what it changed and not in which currency: the row on the device knows.
  const currencyField = change.field?.currencyField ?? null;
  const isUntold = currencyField !== null && around[currencyField] == null;
  const row = useReferred(isUntold ? (entityNamed(entry.entity)?.collection ?? null) : null, entry.rowId);
  if (value === null || value === "") return t.nothing;
  if (change.field === null) return plainText(value);
  const whole = isUntold && row ? { ...around, [currencyField]: row[currencyField] ?? null } : around;
  return <Value field={change.field} value={value} row={whole} links={false} />;
}
