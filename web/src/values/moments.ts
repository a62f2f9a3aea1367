/** Days and instants as people read them. A day has no zone; an instant is told in the reader's. */
import type { Language } from "./words";

const INSTANT: Intl.DateTimeFormatOptions = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-05` in Chinese, `5 Mar 2026` in English; the text itself where it is no day. */
export function dayText(day: string, language: Language): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || language !== "en") return day;
  return format({ year: "numeric", month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

/** `2026-03-05 14:07` or `5 Mar 2026, 14:07` on the reader's clock; `zone`: another one, IANA. */
export function instantText(instant: string, language: Language, zone?: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  if (language === "en") return format(zone === undefined ? INSTANT : { ...INSTANT, timeZone: zone }).format(at);
  const local = wallClock(at, zone);
  return `${local.day} ${local.time}`;
}

/** With seconds: what a tooltip says. */
export function exactInstant(instant: string, zone?: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const local = wallClock(at, zone);
  return `${local.day} ${local.time}:${local.second} ${zone ?? ownZone()}`;
}

/** The calendar day of an instant on the reader's clock, `YYYY-MM-DD`. */
export function dayOf(at: Date, zone?: string): string {
  return wallClock(at, zone).day;
}

/** `YYYY-MM-DDTHH:MM` on the reader's clock: what an input of the kind datetime-local takes. */
export function localMinute(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  const local = wallClock(at);
  return `${local.day}T${local.time}`;
}

/** The instant of a minute on the reader's clock, as the wire spells instants; null: no such moment. */
export function instantOfLocal(minute: string): string | null {
  const at = new Date(minute);
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace("Z", "000Z");
}

/** The day so many days before today, `YYYY-MM-DD`. */
export function daysAgo(count: number, now = new Date()): string {
  return dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - count, 12));
}

function wallClock(at: Date, zone?: string): { day: string; time: string; second: string } {
  if (zone === undefined) {
    const two = (number: number): string => String(number).padStart(2, "0");
    const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    return { day, time: `${two(at.getHours())}:${two(at.getMinutes())}`, second: two(at.getSeconds()) };
  }
  const asked: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const parts = format({ ...asked, timeZone: zone }).formatToParts(at);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? "";
  return { day: `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`, time: `${part("hour")}:${part("minute")}`, second: part("second") };
}

let own: string | null = null;

function ownZone(): string {
  own ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return own;
}

/** Making a format costs a hundred times what using one does. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", options);
  formats.set(key, made);
  return made;
}
