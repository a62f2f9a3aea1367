/** The colours and measures of everything that is seen: one source for the `--yf-*` variables of our own style sheets and for antd.
 *
 * Light enough for the sign-in page: it knows nothing of antd.
 */
import type { ThemeChoice } from "~/ui/preferences";

export type Mode = "light" | "dark";

export interface Palette {
  /** Behind everything. */
  readonly ground: string;
  /** Cards, tables, bars. */
  readonly surface: string;
  /** What floats: menus, dialogs. */
  readonly raised: string;
  /** Below the pointer, heads of tables, wells. */
  readonly sunken: string;
  readonly line: string;
  /** Around what can be filled in. */
  readonly edge: string;
  readonly ink: string;
  readonly inkSoft: string;
  /** Placeholders, disabled words: still read with ease. */
  readonly inkFaint: string;
  /** Fills under `onAccent`. */
  readonly accent: string;
  readonly accentHover: string;
  readonly accentPressed: string;
  /** Words and signs in the accent's colour. */
  readonly accentInk: string;
  readonly accentSoft: string;
  readonly onAccent: string;
  readonly good: string;
  readonly goodSoft: string;
  readonly warn: string;
  readonly warnSoft: string;
  readonly bad: string;
  readonly badSoft: string;
  /** Fills under `onAccent`. */
  readonly badFill: string;
  readonly focus: string;
  readonly shadow: string;
}

export const PALETTES: Readonly<Record<Mode, Palette>> = {
  light: {
    ground: "#f3f5f7",
    surface: "#ffffff",
    raised: "#ffffff",
    sunken: "#edf1f4",
    line: "#dde3e8",
    edge: "#aab4bf",
    ink: "#17212b",
    inkSoft: "#475461",
    inkFaint: "#5d6975",
    accent: "#0f6885",
    accentHover: "#0c5970",
    accentPressed: "#094a5e",
    accentInk: "#0c5f7a",
    accentSoft: "#e0f0f5",
    onAccent: "#ffffff",
    good: "#1a6b45",
    goodSoft: "#e2f3ea",
    warn: "#7d4e00",
    warnSoft: "#fcf0d8",
    bad: "#b12a24",
    badSoft: "#fdeae8",
    badFill: "#b92d27",
    focus: "#0b7fa6",
    shadow: "0 6px 24px rgb(23 33 43 / 14%)",
  },
  dark: {
    ground: "#10151a",
    surface: "#181e25",
    raised: "#212932",
    sunken: "#242d36",
    line: "#313b46",
    edge: "#566270",
    ink: "#e8edf2",
    inkSoft: "#bcc6d0",
    inkFaint: "#a2adb8",
    accent: "#17718f",
    accentHover: "#1b7c9c",
    accentPressed: "#125c75",
    accentInk: "#7cc9e4",
    accentSoft: "#17333f",
    onAccent: "#ffffff",
    good: "#72cf9f",
    goodSoft: "#173526",
    warn: "#e8b45c",
    warnSoft: "#3a2d13",
    bad: "#f58f87",
    badSoft: "#42201e",
    badFill: "#b93a33",
    focus: "#5cc4e6",
    shadow: "0 8px 28px rgb(0 0 0 / 50%)",
  },
};

/** System fonts: Chinese ones of each system before the generic. */
export const FONT =
  'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "Droid Sans Fallback", sans-serif';
export const MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Noto Sans Mono CJK SC", monospace';


const MEASURES: Readonly<Record<string, string>> = {
  font: FONT,
  mono: MONO,
  radius: "6px",
  "gap-small": "8px",
  gap: "12px",
  "gap-large": "20px",
  /** As high as a finger is wide. */
  touch: "44px",
};

/** `accentSoft` → `--yf-accent-soft`. */
export function variables(mode: Mode): Readonly<Record<string, string>> {
  const named = Object.entries({ ...PALETTES[mode], ...MEASURES });
  return Object.fromEntries(named.map(([name, value]) => [`--yf-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value]));
}

/** Which mode a choice means now. */
export function modeOf(choice: ThemeChoice, systemIsDark: boolean): Mode {
  if (choice === "system") return systemIsDark ? "dark" : "light";
  return choice;
}

/** Puts the mode's variables on the document. */
export function applyMode(mode: Mode, root: HTMLElement = document.documentElement): void {
  root.dataset["theme"] = mode;
  root.style.colorScheme = mode;
  for (const [name, value] of Object.entries(variables(mode))) root.style.setProperty(name, value);
}
