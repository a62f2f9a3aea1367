/** Lines of a stock count that met another count: what the book said, what each counted. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { Reference } from "~/ui/field_value";
import { instantWords } from "~/ui/instants";
import type { Json } from "~/values/json";
import { shortest } from "~/values/money";
import { list, object, text, type Difference, type Entry } from "~/data/inbox/entry";
import styles from "./inbox.module.css";
import { TEXTS } from "./texts";

const COUNTED = /^lines\.(\d+)\.counted$/;

export function isCount(entry: Entry): boolean {
  return entry.differences.length > 0 && entry.differences.every((found) => COUNTED.test(found.field));
}

export function CountedLines({ entry }: { readonly entry: Entry }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <table className={styles["sides"]}>
      <thead>
        <tr>
          {[t.product, t.expected, t.counted, t.countedTheirs].map((head, at) => (
            <th key={head} scope="col" className={at > 0 ? styles["figure"] : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {entry.differences.map((found) => (
          <Line key={found.field} entry={entry} found={found} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ entry, found }: { readonly entry: Entry; readonly found: Difference }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const place = Number(COUNTED.exec(found.field)?.[1]);
  const product = text(object(list(entry.arguments["lines"])[place])["productId"]);
  const fact = entry.facts[found.field];
  return (
    <tr>
      <th scope="row">{product === null ? t.lineNo(place + 1) : <Reference collection="products" id={product} links={false} />}</th>
      <td className={styles["figure"]}>{quantity(found.base)}</td>
      <td className={styles["figure"]}>{quantity(found.mine)}</td>
      <td className={styles["figure"]}>
        {quantity(found.theirs)}
        {fact?.changedById && (
          <small className={styles["fact"]}>
            <Reference collection="members" id={fact.changedById} links={false} /> {fact.changedAt !== null && instantWords(fact.changedAt, language)}
          </small>
        )}
      </td>
    </tr>
  );
}

function quantity(value: Json): string {
  return typeof value === "string" || typeof value === "number" ? shortest(String(value)) : "–";
}
