/** The choices of a field in their order: by dragging, or by the arrows. Those that rows may carry stay. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, HolderOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import styles from "./custom_fields.module.css";
import { MOST_CHOICES, type ChoiceDraft } from "./definition";

const TEXTS = {
  zh: ["选项名称", "Chinese label"],
  en: ["英文名称（可不填）", "English label (optional)"],
  add: ["添加选项", "Add a choice"],
  up: (label: string) => [`上移“${label}”`, `Move ${label} up`],
  down: (label: string) => [`下移“${label}”`, `Move ${label} down`],
  remove: (label: string) => [`删除“${label}”`, `Remove ${label}`],
  stays: ["已保存的选项可以改名，不能删除：记录里可能在用。", "Saved choices can be renamed, not removed: records may carry them."],
} satisfies Texts;

export function ChoicesEditor({ choices, onChange }: { readonly choices: readonly ChoiceDraft[]; onChange(choices: readonly ChoiceDraft[]): void }): ReactNode {
  const t = useTexts(TEXTS);
  const [dragged, setDragged] = useState<number | null>(null);
  const move = (from: number, to: number): void => {
    const choice = choices[from];
    if (choice === undefined || to < 0 || to >= choices.length) return;
    const rest = choices.filter((_, at) => at !== from);
    onChange([...rest.slice(0, to), choice, ...rest.slice(to)]);
  };
  const step = (from: number, to: number, button: HTMLElement): void => {
    const lines = button.closest("[data-choices]");
    const place = to < from ? 0 : 1;
    move(from, to);
    // The choice took its place in another line: the next press goes on with the same choice.
    requestAnimationFrame(() => {
      const buttons = lines?.querySelectorAll<HTMLButtonElement>(`[data-line="${to}"] button`) ?? [];
      (buttons[place]?.disabled === true ? buttons[1 - place] : buttons[place])?.focus();
    });
  };
  const change = (at: number, part: Partial<ChoiceDraft>): void => onChange(choices.map((choice, index) => (index === at ? { ...choice, ...part } : choice)));
  return (
    <div data-choices>
      {choices.map((choice, at) => (
        <div
          // oxlint-disable-next-line react/no-array-index-key -- a choice is what stands at its place while it is typed
          key={at}
          data-line={at}
          className={dragged === at ? styles["dragged"] : styles["choice"]}
          onDragOver={(event) => event.preventDefault()}
          onDragEnter={() => {
            if (dragged === null || dragged === at) return;
            move(dragged, at);
            setDragged(at);
          }}
        >
          <span draggable onDragStart={() => setDragged(at)} onDragEnd={() => setDragged(null)} className={styles["holder"]}>
            <HolderOutlined aria-hidden />
          </span>
          <Input aria-label={`${t.zh} ${at + 1}`} placeholder={t.zh} value={choice.zh} autoFocus={choice.zh === "" && choice.value === null} onChange={(event) => change(at, { zh: event.target.value })} />
          <Input aria-label={`${t.en} ${at + 1}`} placeholder={t.en} value={choice.en} onChange={(event) => change(at, { en: event.target.value })} />
          <Button type="text" icon={<ArrowUpOutlined />} aria-label={t.up(choice.zh)} disabled={at === 0} onClick={(event) => step(at, at - 1, event.currentTarget)} />
          <Button type="text" icon={<ArrowDownOutlined />} aria-label={t.down(choice.zh)} disabled={at === choices.length - 1} onClick={(event) => step(at, at + 1, event.currentTarget)} />
          <Button type="text" icon={<DeleteOutlined />} aria-label={t.remove(choice.zh)} disabled={choice.value !== null} onClick={() => onChange(choices.filter((_, index) => index !== at))} />
        </div>
      ))}
      <Button icon={<PlusOutlined />} disabled={choices.length >= MOST_CHOICES} onClick={() => onChange([...choices, { value: null, zh: "", en: "" }])}>
        {t.add}
      </Button>
      {choices.some((choice) => choice.value !== null) && <p className={styles["hint"]}>{t.stays}</p>}
    </div>
  );
}
