/** Instants and dates as people read them, in the device's zone. */
import { say, type Language, type Words } from "~/values/words";

/** "14:05" today, "11月23日 14:05" or "23 Nov, 14:05" in this year, else with the year. `instant`: RFC 3339. */
export function instantWords(instant: string, language: Language, now: Date = new Date()): string {
  const moment = new Date(instant);
  const sameDay = moment.toDateString() === now.toDateString();
  const sameYear = moment.getFullYear() === now.getFullYear();
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day: Intl.DateTimeFormatOptions = sameDay ? {} : { month: "short", day: "numeric" };
  const year: Intl.DateTimeFormatOptions = sameYear ? {} : { year: "numeric" };
  // As everywhere else in English: the day before the month.
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { ...year, ...day, ...time }).format(moment);
}

const JUST_NOW: Words = ["刚刚", "just now"];

/** "刚刚", "5 分钟前", "3 小时前", else the instant. */
export function sinceWords(instant: string, language: Language, now: Date = new Date()): string {
  const minutes = Math.round((now.getTime() - new Date(instant).getTime()) / 60_000);
  if (minutes < 1) return say(JUST_NOW, language);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), "hour");
  return instantWords(instant, language, now);
}

/** The local calendar day of a moment, `YYYY-MM-DD`. */
export function dayOf(moment: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}
