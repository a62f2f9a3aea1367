/** Side navigation by module: whole on a desktop, signs alone where it is narrow or folded. */
import { DownOutlined, LockOutlined, MenuFoldOutlined, MenuUnfoldOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useHas, useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { say, type Texts } from "~/values/words";
import { entryLabel, isSeen, isWithin, SECTIONS, type Entry, type Section } from "./navigation";
import { useKept } from "./kept";
import { Sail } from "./sail";
import styles from "./side_navigation.module.css";

const TEXTS = {
  navigation: ["主导航", "Main navigation"],
  brand: ["云帆", "Yunfan"],
  fold: ["收起导航", "Collapse navigation"],
  unfold: ["展开导航", "Expand navigation"],
  notBought: (name: string) => [`${name}（未开通）`, `${name} (not included)`],
  waiting: (name: string, n: number) => [`${name}，${n} 项`, `${name}, ${n}`],
} satisfies Texts;

/** `rail`: there is room for signs only. */
/** Scrolled to, it shows that there is more. */
const MORE_PX = 34;

export function SideNavigation({ rail }: { readonly rail: boolean }): ReactNode {
  const t = useTexts(TEXTS);
  const [folded, setFolded] = useKept<boolean>("yunfan.navigation.folded", false);
  const may = useMay();
  const narrow = rail || folded;
  const list = useRef<HTMLDivElement>(null);
  const [place] = useLocation();
  // Where one is may lie below the edge: the address was opened, not clicked. No `scrollIntoView`: from there Tab would go on.
  useEffect(() => {
    const box = list.current;
    const here = box?.querySelector("[aria-current=page]")?.getBoundingClientRect();
    if (box === null || here === undefined) return;
    const { top, bottom } = box.getBoundingClientRect();
    if (here.bottom + MORE_PX > bottom) box.scrollTop += here.bottom + MORE_PX - bottom;
    else if (here.top - MORE_PX < top) box.scrollTop -= top - here.top + MORE_PX;
  }, [place]);
  const sections = SECTIONS.map((section) => ({ ...section, entries: section.entries.filter((entry) => isSeen(entry, may)) })).filter(
    (section) => section.entries.length > 0,
  );
  return (
    <nav className={`${styles["side"]} ${narrow ? styles["narrow"] : ""}`} aria-label={t.navigation}>
      <Link href="/" className={styles["brand"] ?? ""}>
        <Sail />
        {!narrow && <span>{t.brand}</span>}
      </Link>
      <div ref={list} className={styles["sections"]}>
        {sections.map((section) => (
          <NavigationSection key={section.key} section={section} narrow={narrow} />
        ))}
      </div>
      {!rail && (
        <button type="button" className={styles["fold"]} onClick={() => setFolded(!folded)} aria-expanded={!folded} title={folded ? t.unfold : t.fold}>
          {folded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}
          {folded ? <span className={styles["hidden"]}>{t.unfold}</span> : <span>{t.fold}</span>}
        </button>
      )}
    </nav>
  );
}

function NavigationSection({ section, narrow }: { readonly section: Section; readonly narrow: boolean }): ReactNode {
  const language = useLanguage();
  const [open, setOpen] = useState(true);
  const title = say(section.words, language);
  const id = `nav-${section.key}`;
  return (
    <div role="group" aria-label={title}>
      {narrow ? (
        <hr className={styles["rule"]} />
      ) : (
        <button type="button" className={styles["heading"]} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          <span>{title}</span>
          <DownOutlined className={open ? "" : (styles["turned"] ?? "")} />
        </button>
      )}
      <ul id={id} className={styles["list"]} hidden={!narrow && !open}>
        {section.entries.map((entry) => (
          <li key={entry.to}>
            <NavigationLink entry={entry} narrow={narrow} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function NavigationLink({ entry, narrow }: { readonly entry: Entry; readonly narrow: boolean }): ReactNode {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const has = useHas();
  const [place] = useLocation();
  const { needsAttention } = useStatus();
  const bought = has(entry.module);
  const count = entry.to === "/inbox" ? needsAttention : 0;
  const name = entryLabel(entry, language);
  const called = bought ? name : t.notBought(name);
  const here = isWithin(entry, place);
  const link = (
    <Link
      href={entry.to}
      className={`${styles["link"]} ${here ? styles["here"] : ""}`}
      aria-current={here ? "page" : undefined}
      // What can be read is called by that.
      aria-label={narrow && count > 0 ? t.waiting(called, count) : narrow || !bought ? called : undefined}
    >
      <span className={styles["sign"]}>{entry.icon}</span>
      {!narrow && <span className={styles["name"]}>{name}</span>}
      {!bought && !narrow && <LockOutlined className={styles["lock"]} />}
      {count > 0 && <span className={styles["count"]}>{count > 99 ? "99+" : count}</span>}
    </Link>
  );
  return narrow ? (
    <Tooltip title={called} placement="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
