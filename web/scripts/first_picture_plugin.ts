/** Vite plugin: what stands in index.html before any script runs. The colours of theme.ts, so that the first picture has
 * them; the sail on the app's ground in place of a white page; the bars of the browser in the same colours. */
import type { Plugin } from "vite";
import { PALETTES, variables, type Mode } from "../src/app/theme.ts";

/** The server puts the page's own in its place (server/pwa.py). */
const NONCE = "STYLE-NONCE";
const LIGHT = variables("light");

/** What of a mode differs from `other`. */
const declared = (mode: Mode, other: Readonly<Record<string, string>>): string =>
  Object.entries(variables(mode))
    .filter(([name, value]) => other[name] !== value)
    .map(([name, value]) => `${name}:${value}`)
    .join(";");

const STYLE = `:root{color-scheme:light dark;${declared("light", {})}}
@media (prefers-color-scheme:dark){:root{${declared("dark", LIGHT)}}}
body{margin:0;background:var(--yf-ground)}
.first-picture{display:grid;place-content:center;justify-items:center;gap:12px;min-height:100dvh;color:var(--yf-ink-soft);font:16px/1.6 var(--yf-font)}`;

export function firstPicture(): Plugin {
  const bars = (["light", "dark"] as const).map((mode) => ({
    tag: "meta",
    attrs: { name: "theme-color", content: PALETTES[mode].surface, media: `(prefers-color-scheme: ${mode})` },
    injectTo: "head" as const,
  }));
  return {
    name: "yunfan-first-picture",
    transformIndexHtml: () => [{ tag: "style", attrs: { nonce: NONCE }, children: STYLE, injectTo: "head" }, ...bars],
  };
}
