/** Until when what a company has works: one rule for the shelf, the settings and the bar above every screen. */
import type { Language } from "~/values/words";
import { dayOf, dayText } from "~/values/moments";

const DAY_MS = 86_400_000;

/** The last day on which it works, by the company's own calendar: what ends at midnight ended the day before. */
export function lastDay(endsAt: string, zone: string, language: Language): string {
  return dayText(dayOf(new Date(Date.parse(endsAt) - 1), zone), language);
}

/** Days that come after today: 15 on the first day of a trial, 0 on the last one. */
export function daysLeft(endsAt: string, now: number = Date.now()): number {
  return Math.max(0, Math.floor((Date.parse(endsAt) - now) / DAY_MS));
}
