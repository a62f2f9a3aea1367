/** Each field that clashed: before, mine, theirs, side by side; for an edit with the choice between them. */
import { Radio } from "antd";
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import { Reference, Value } from "~/ui/field_value";
import { useCompact } from "~/ui/compact";
import { instantWords } from "~/ui/instants";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { say } from "~/values/words";
import type { Side } from "~/data/inbox/decision";
import type { Difference, Entry } from "~/data/inbox/entry";
import styles from "./inbox.module.css";
import type { Naming } from "./naming";
import { isComparable } from "./text_difference";
import { TextDifference } from "./text_difference_view";
import { TEXTS } from "./texts";

interface SideBySideProps {
  readonly entry: Entry;
  readonly naming: Naming;
  readonly own: boolean;
  /** Left out: nothing to choose, the entry is decided as a whole. */
  readonly chosen?: Readonly<Record<string, Side>>;
  readonly onChoose?: (field: string, side: Side) => void;
  /** The row as it is on this device: where the currency of an amount stands. */
  readonly row: Row | null;
  /** An archive that met an edit: what the other did, of which mine tells nothing. */
  readonly withoutMine?: boolean;
}

export function SideBySide(props: SideBySideProps): ReactNode {
  const phone = useCompact();
  const t = useTexts(TEXTS);
  const { entry, withoutMine = false } = props;
  const sides = withoutMine ? [] : [props.own ? t.mineColumn : t.ownersColumn];
  if (phone) {
    return (
      <div className={styles["stack"]}>
        {entry.differences.map((found) => (
          <section key={found.field} className={styles["card"]}>
            <Fields {...props} found={found} as="card" />
          </section>
        ))}
      </div>
    );
  }
  return (
    <table className={styles["sides"]}>
      <thead>
        <tr>
          {[t.field, t.base, ...sides, t.theirs].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {entry.differences.map((found) => (
          <Fields key={found.field} {...props} found={found} as="row" />
        ))}
      </tbody>
    </table>
  );
}

function Fields({ entry, naming, own, chosen, onChoose, row, withoutMine = false, found, as }: SideBySideProps & { readonly found: Difference; readonly as: "row" | "card" }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const field = naming.field(found.field);
  const label = say(field.label, language);
  const side = chosen?.[found.field];
  const group = `${entry.id} ${found.field}`;
  const pick = (which: Side, value: ReactNode): ReactNode =>
    onChoose === undefined ? (
      value
    ) : (
      <Radio name={group} checked={side === which} onChange={() => onChoose(found.field, which)} aria-label={`${label}: ${which === "mine" ? t.mineColumn : t.theirs}`}>
        {value}
      </Radio>
    );
  const shown = { field, found };
  const base = found.told.base ? <OneSide {...shown} value={found.base} around={around(entry, row, "base")} /> : <Hidden />;
  const mine = pick("mine", <OneSide {...shown} value={found.mine} against={found.base} around={around(entry, row, "mine")} />);
  const theirs = found.told.theirs ? pick("theirs", <OneSide {...shown} value={found.theirs} against={found.base} around={around(entry, row, "theirs")} />) : <Hidden />;
  const fact = <ChangedBy entry={entry} found={found} />;
  if (as === "row") {
    return (
      <tr>
        <th scope="row">{label}</th>
        <td>{base}</td>
        {!withoutMine && <td className={side === "mine" ? styles["taken"] : undefined}>{mine}</td>}
        <td className={side === "theirs" ? styles["taken"] : undefined}>
          {theirs}
          {fact}
        </td>
      </tr>
    );
  }
  return (
    <>
      <h3>{label}</h3>
      <dl className={styles["pairs"]}>
        <dt>{t.base}</dt>
        <dd>{base}</dd>
        {!withoutMine && (
          <>
            <dt>{own ? t.mineColumn : t.ownersColumn}</dt>
            <dd className={side === "mine" ? styles["taken"] : undefined}>{mine}</dd>
          </>
        )}
        <dt>{t.theirs}</dt>
        <dd className={side === "theirs" ? styles["taken"] : undefined}>
          {theirs}
          {fact}
        </dd>
      </dl>
    </>
  );
}

interface OneSideProps {
  readonly field: Field;
  readonly found: Difference;
  readonly value: Json;
  readonly around: Readonly<Record<string, Json>>;
  readonly against?: Json;
}

/** One value; a text that came from another one, as what went and what came. */
function OneSide({ field, found, value, around: values, against }: OneSideProps): ReactNode {
  const t = useTexts(TEXTS);
  if (isText(field) && typeof value === "string" && typeof against === "string" && found.told.base && isComparable(against, value)) {
    return <TextDifference before={against} after={value} />;
  }
  if (value === null || value === "") return <span className={styles["faint"]}>{t.nothing}</span>;
  return <Value field={field} value={value} row={values} links={false} />;
}

/** Where the currency of an amount stands: what was sent with it, else the row. */
function around(entry: Entry, row: Row | null, side: "base" | "mine" | "theirs"): Readonly<Record<string, Json>> {
  const differing = Object.fromEntries(entry.differences.map((found) => [found.field, found[side]]));
  return { ...row, ...(side === "mine" ? entry.arguments : {}), ...differing };
}

function isText(field: Field): boolean {
  return field.widget === "long_text" || (field.widget === "text" && field.kind === "text" && field.refersTo === null);
}

function Hidden(): ReactNode {
  const t = useTexts(TEXTS);
  return <span className={styles["faint"]}>{t.hidden}</span>;
}

function ChangedBy({ entry, found }: { readonly entry: Entry; readonly found: Difference }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const fact = entry.facts[found.field];
  if (!fact?.changedAt) return found.told.theirs && JSON.stringify(found.theirs) === JSON.stringify(found.base) ? <small className={styles["fact"]}>{t.unchanged}</small> : null;
  const when = instantWords(fact.changedAt, language);
  const parts = t.changedBy("\u0000", when).split("\u0000");
  return (
    <small className={styles["fact"]}>
      {parts[0]}
      {fact.changedById === null ? t.somebody : <Reference collection="members" id={fact.changedById} links={false} />}
      {parts[1]}
    </small>
  );
}
