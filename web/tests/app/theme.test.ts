import { describe, expect, it } from "vitest";
import { modeOf, PALETTES, variables, type Palette } from "~/app/theme";

/** WCAG 2 relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["ground", "surface", "raised", "sunken"] as const;
const WORDS = ["ink", "inkSoft", "inkFaint", "accentInk", "good", "warn", "bad"] as const;
const ON: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ["onAccent", "accent"],
  ["onAccent", "accentHover"],
  ["onAccent", "accentPressed"],
  ["onAccent", "badFill"],
  ["accentInk", "accentSoft"],
  ["ink", "accentSoft"],
  ["inkSoft", "accentSoft"],
  ["good", "goodSoft"],
  ["warn", "warnSoft"],
  ["bad", "badSoft"],
];

describe.each(["light", "dark"] as const)("words on %s", (mode) => {
  const palette = PALETTES[mode];

  it.each(WORDS.flatMap((word) => GROUNDS.map((ground) => [word, ground] as const)))("%s on %s: 4.5 to 1", (word, ground) => {
    expect(contrast(palette[word], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(ON)("%s on %s: 4.5 to 1", (word, ground) => {
    expect(contrast(palette[word], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it("the focus ring stands out from every ground: 3 to 1", () => {
    for (const ground of GROUNDS) expect(contrast(palette.focus, palette[ground])).toBeGreaterThanOrEqual(3);
  });
});

it("names variables as style sheets do", () => {
  expect(variables("dark")["--yf-accent-soft"]).toBe(PALETTES.dark.accentSoft);
});

it("follows the system only when asked to", () => {
  expect([modeOf("system", true), modeOf("light", true), modeOf("dark", false), modeOf("system", false)]).toEqual(["dark", "light", "dark", "light"]);
});
