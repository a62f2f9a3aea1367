/** A condition of the list, in words, to be taken away. */
import { CloseOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useRows } from "~/data/hooks";
import type { Condition } from "~/device/api";
import { titleOf } from "~/ui/title_of";
import type { Field } from "~/values/description";
import type { Texts } from "~/values/words";
import { conditionWords } from "./filters";
import styles from "./list.module.css";

const TEXTS = {
  remove: (words: string) => [`去掉条件：${words}`, `Remove: ${words}`],
} satisfies Texts;

export function ConditionChip({ condition, field, onRemove }: { readonly condition: Condition; readonly field: Field | null; onRemove(): void }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const ids = field?.refersTo ? [condition.value ?? null].flat().filter((value) => typeof value === "string") : [];
  const { data } = useRows(field?.refersTo ?? "tags", ids);
  const names = new Map((data ?? []).map((row) => [row.id, titleOf(field?.refersTo ?? "tags", row)]));
  const words = conditionWords(condition, field, language, (_, id) => names.get(id) ?? "…");
  return (
    <span className={styles["chip"]}>
      <span className={styles["chipText"]}>{words}</span>
      <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t.remove(words)} onClick={onRemove} />
    </span>
  );
}
