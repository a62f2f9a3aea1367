/** Chooses and orders a list's columns. */
import { ArrowDownOutlined, ArrowUpOutlined, HolderOutlined } from "@ant-design/icons";
import { Button, Checkbox } from "antd";
import { useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Described } from "~/ui/described";
import { say, type Texts } from "~/values/words";
import { columnFields, widthOf, type Columns } from "./columns";
import styles from "./list.module.css";

const TEXTS = {
  up: (label: string) => [`上移“${label}”`, `Move ${label} up`],
  down: (label: string) => [`下移“${label}”`, `Move ${label} down`],
  reset: ["恢复默认", "Reset to default"],
} satisfies Texts;

export function ColumnsMenu({ described, columns }: { readonly described: Described; readonly columns: Columns }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [dragged, setDragged] = useState<string | null>(null);
  const fields = columnFields(described);
  const chosen = columns.chosen.flatMap((column) => fields.find((field) => field.name === column.name) ?? []);
  const others = fields.filter((field) => !chosen.includes(field));
  const move = (name: string, to: number): void => {
    const column = columns.chosen.find((one) => one.name === name);
    if (column === undefined || to < 0 || to >= columns.chosen.length) return;
    const rest = columns.chosen.filter((one) => one.name !== name);
    columns.set([...rest.slice(0, to), column, ...rest.slice(to)]);
  };
  const toggle = (name: string, wanted: boolean): void => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return;
    columns.set(wanted ? [...columns.chosen, { name, width: widthOf(field) }] : columns.chosen.filter((one) => one.name !== name));
  };
  return (
    <div className={styles["columnsMenu"]}>
      {chosen.map((field, at) => {
        const label = say(field.label, language);
        return (
          <div key={field.name} className={dragged === field.name ? styles["dragged"] : styles["columnLine"]} draggable onDragStart={() => setDragged(field.name)} onDragEnd={() => setDragged(null)} onDragOver={(event) => event.preventDefault()} onDragEnter={() => dragged !== null && dragged !== field.name && move(dragged, at)}>
            <HolderOutlined aria-hidden className={styles["holder"] ?? ""} />
            <Checkbox checked disabled={chosen.length === 1} onChange={() => toggle(field.name, false)}>
              {label}
            </Checkbox>
            <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t.up(label)} onClick={() => move(field.name, at - 1)} />
            <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === chosen.length - 1} aria-label={t.down(label)} onClick={() => move(field.name, at + 1)} />
          </div>
        );
      })}
      {others.map((field) => (
        <div key={field.name} className={styles["columnLine"]}>
          <Checkbox checked={false} onChange={() => toggle(field.name, true)}>
            {say(field.label, language)}
          </Checkbox>
        </div>
      ))}
      <Button type="link" size="small" onClick={columns.reset}>
        {t.reset}
      </Button>
    </div>
  );
}
