/** Ctrl-K: every row on this device by name, code, phone, pinyin or initials; every page; every new document. */
import { ClockCircleOutlined, CloseOutlined, SearchOutlined } from "@ant-design/icons";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useTexts } from "~/data/device_context";
import { useIsWhole } from "~/data/hooks";
import { useKeptHere } from "~/data/kept_here";
import type { Texts } from "~/values/words";
import { useFindings, type Finding } from "./findings";
import styles from "./search_palette.module.css";

const TEXTS = {
  title: ["搜索", "Search"],
  hint: ["名称、编码、电话、拼音或首字母", "Name, code, phone or initials"],
  noneYet: ["已载入的数据里没有，其余正在载入，请稍后再搜。", "Not in what is loaded so far; the rest is on the way. Search again in a moment."],
  none: ["没有找到。换个词，或试试拼音首字母、电话尾号。", "Nothing found. Try another word, or the last digits of a phone."],
  recent: ["最近搜索", "Recent searches"],
  close: ["关闭", "Close"],
  keys: ["↑↓ 选择 · Enter 打开 · Esc 关闭", "↑↓ choose · Enter open · Esc close"],
  found: (n: number) => [`找到 ${n} 条`, `${n} found`],
} satisfies Texts;

const RECENT = 6;
const NONE: readonly string[] = [];

interface SearchPaletteProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** A modal dialog of the browser's own: it holds the focus and gives it back. */
export function SearchPalette({ open, onClose }: SearchPaletteProps): ReactNode {
  const t = useTexts(TEXTS);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className={styles["palette"]}
      aria-label={t.title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      {open && <Palette onClose={onClose} />}
    </dialog>
  );
}

function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [recent, setRecent] = useKeptHere<readonly string[]>("searches", NONE);
  const { findings, settled } = useFindings(text);
  const whole = useIsWhole();
  const list = useId();
  const chosen = findings[Math.min(at, findings.length - 1)];
  /** Enter came before what was typed was looked for: what stands there is of other words. */
  const [entered, setEntered] = useState(false);
  const open = (finding: Finding): void => {
    const word = text.trim();
    if (word !== "") setRecent([word, ...recent.filter((one) => one !== word)].slice(0, RECENT));
    onClose();
    navigate(finding.to);
  };
  useEffect(() => {
    if (!entered || !settled) return;
    setEntered(false);
    if (chosen !== undefined) open(chosen);
  });
  const press = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && findings.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, findings.length - 1) + step + findings.length) % findings.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (!settled) setEntered(true);
      else if (chosen !== undefined) open(chosen);
    } else if (event.key === "Escape" && !event.nativeEvent.isComposing) {
      event.preventDefault(); // a search field would clear its words first, and want the key again
      onClose();
    }
  };
  return (
    <div className={styles["box"]}>
      <div className={styles["entry"]}>
        <SearchOutlined />
        <input
          autoFocus
          type="search"
          role="combobox"
          aria-expanded={findings.length > 0}
          aria-controls={list}
          aria-activedescendant={chosen === undefined ? undefined : `${list}-${chosen.key}`}
          aria-label={t.title}
          placeholder={t.hint}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setEntered(false);
          }}
          onKeyDown={press}
        />
        <button type="button" onClick={onClose} aria-label={t.close}>
          <CloseOutlined />
        </button>
      </div>
      {text.trim() === "" && recent.length > 0 && (
        <div className={styles["recent"]} role="group" aria-label={t.recent}>
          {recent.map((word) => (
            <button type="button" key={word} onClick={() => setText(word)}>
              <ClockCircleOutlined /> {word}
            </button>
          ))}
        </div>
      )}
      <Findings id={list} findings={findings} chosen={chosen} onOpen={open} />
      {settled && findings.length === 0 && <p className={styles["none"]}>{whole ? t.none : t.noneYet}</p>}
      <p className={styles["keys"]}>{t.keys}</p>
      <span className={styles["spoken"]} role="status">
        {settled && text.trim() !== "" ? t.found(findings.length) : ""}
      </span>
    </div>
  );
}

interface FindingsProps {
  readonly id: string;
  readonly findings: readonly Finding[];
  readonly chosen: Finding | undefined;
  readonly onOpen: (finding: Finding) => void;
}

function Findings({ id, findings, chosen, onOpen }: FindingsProps): ReactNode {
  const groups = [...new Set(findings.map((finding) => finding.group))];
  useEffect(() => {
    if (chosen !== undefined) document.getElementById(`${id}-${chosen.key}`)?.scrollIntoView({ block: "nearest" });
  }, [id, chosen]);
  return (
    <div id={id} role="listbox" className={styles["findings"]}>
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div className={styles["group"]} aria-hidden="true">
            {group}
          </div>
          {findings
            .filter((finding) => finding.group === group)
            .map((finding) => (
              <div
                key={finding.key}
                id={`${id}-${finding.key}`}
                role="option"
                aria-selected={finding === chosen}
                className={`${styles["finding"]} ${finding === chosen ? styles["chosen"] : ""}`}
                onClick={() => onOpen(finding)}
              >
                <span className={styles["name"]}>{finding.title}</span>
                <span className={styles["more"]}>{finding.more}</span>
              </div>
            ))}
        </div>
      ))}
    </div>
  );
}
