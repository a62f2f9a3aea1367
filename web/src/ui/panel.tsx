/** A part of a page with its own heading, and the facts in it. */
import type { ReactNode } from "react";
import styles from "./panel.module.css";

interface PanelProps {
  readonly title: string;
  readonly note?: ReactNode;
  /** The page is called so already: the title is heard, not shown. */
  readonly quiet?: boolean;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, note, quiet = false, actions, children }: PanelProps): ReactNode {
  return (
    <section className={styles["panel"]} aria-label={title}>
      {(!quiet || note !== undefined || actions !== undefined) && (
        <header className={styles["head"]}>
          <div>
            {!quiet && <h2>{title}</h2>}
            {note !== undefined && <p>{note}</p>}
          </div>
          {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** What half of a phone has room for, at the size of its words: an address in two pieces is hard to read. */
const HALF_PX = 172;
const WIDE_PX = 16;
const NARROW_PX = 9.5;

function isLong(value: ReactNode): boolean {
  return typeof value === "string" && [...value].reduce((sum, sign) => sum + (sign > "\u2e7f" ? WIDE_PX : NARROW_PX), 0) > HALF_PX;
}

/** Facts without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): ReactNode {
  const told = facts.filter((fact) => fact.value !== null && fact.value !== undefined && fact.value !== "");
  return (
    <dl className={styles["facts"]}>
      {told.map((fact) => (
        <div key={fact.label} className={isLong(fact.value) ? styles["long"] : undefined}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
