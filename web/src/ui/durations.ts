/** Stretches of time and sizes as people say them. */
import type { Language } from "~/values/words";

/** `90` → "1 分钟", "1 min"; the largest unit that fits. */
export function durationWords(seconds: number, language: Language): string {
  const units = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const;
  const [size, unit] = units.find(([most]) => seconds >= most) ?? [1, "second" as const];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: language === "en" ? "short" : "long", maximumFractionDigits: 0 }).format(Math.floor(seconds / size));
}

/** Bytes: `8.5 MB`. */
export function sizeWords(bytes: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let [value, at] = [bytes, 0];
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  if (at === 0) return `${value} B`;
  return new Intl.NumberFormat(language, { style: "unit", unit: units[at] ?? "byte", unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}
