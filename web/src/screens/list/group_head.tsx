/** The head of a group: its value, how many, and sums. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Group } from "~/device/api";
import { Value } from "~/ui/field_value";
import type { Field } from "~/values/description";
import { fromMinor, grouped, moneyText, shortest } from "~/values/money";
import { say, type Texts } from "~/values/words";
import styles from "./list.module.css";
import type { Cut } from "./list_state";

const TEXTS = {
  none: ["未填写", "Not filled in"],
  rows: (count: string) => [`${count} 条`, count],
  sum: (label: string, sum: string) => [`${label}合计 ${sum}`, `${label} ${sum}`],
} satisfies Texts;

interface GroupHeadProps {
  readonly group: Group;
  readonly field: Field;
  readonly cut: Cut | null;
  readonly sums: readonly Field[];
  /** Of all amounts in the list; null: there are several. */
  readonly currency: string | null;
}

export function GroupHead({ group, field, cut, sums, currency }: GroupHeadProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const value = group.value === null ? <span className={styles["unset"]}>{t.none}</span> : cut !== null ? String(group.value) : <Value field={field} value={group.value} links={false} />;
  return (
    <>
      <span className={styles["groupValue"]}>{value}</span>
      <span className={styles["groupCount"]}>{t.rows(group.count.toLocaleString())}</span>
      {sums.map((sum) => {
        const text = sumText(group.sums[sum.name], sum, currency, language);
        return text === null ? null : (
          <span key={sum.name} className={styles["groupSum"]}>
            {t.sum(say(sum.label, language), text)}
          </span>
        );
      })}
    </>
  );
}

function sumText(sum: string | undefined, field: Field, currency: string | null, language: "zh-CN" | "en"): string | null {
  if (sum === undefined || /^0*$/.test(sum.replace(".", ""))) return null;
  if (field.widget !== "money") return grouped(shortest(sum));
  const minor = shortest(sum);
  return currency === null || fromMinor(minor, currency) === null ? null : moneyText(minor, currency, language);
}
