/** Days of a zone as spans of instants. Zones by their IANA names; without one: the reader's clock. */
import { dayOf } from "./moments";
import type { Language } from "./words";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** An instant as the wire spells it: microseconds, Z. */
export function onWire(at: Date): string {
  return at.toISOString().replace("Z", "000Z");
}

/** What people call a zone: "中国标准时间", "China Standard Time"; its IANA name where nobody has another. */
export function zoneText(zone: string, language: Language): string {
  try {
    const parts = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: zone, timeZoneName: "long" }).formatToParts();
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
  } catch {
    return zone; // a zone that this browser does not know yet
  }
}

/** When a calendar day begins. Where the clock skips midnight: at the first instant of the day. */
export function startOfDay(day: string, zone?: string): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  if (zone === undefined) return new Date(year, month - 1, date);
  const nominal = Date.UTC(year, month - 1, date);
  const offsets = [offsetMinutes(new Date(nominal - DAY_MS), zone), offsetMinutes(new Date(nominal + DAY_MS), zone)];
  const found = offsets.map((minutes) => new Date(nominal - minutes * MINUTE_MS)).filter((at) => dayOf(at, zone) === day);
  return found.sort((one, other) => one.getTime() - other.getTime())[0] ?? new Date(nominal - (offsets[0] ?? 0) * MINUTE_MS);
}

/** The calendar day so many days later; before, where it is negative. */
export function dayAfter(day: string, days: number): string {
  return dayOf(new Date(Date.parse(`${day}T12:00:00Z`) + days * DAY_MS), "UTC");
}

/** The first day behind a day, month or year that is written `2026-03-05`, `2026-03`, `2026`. */
export function behind(span: string): string {
  const [year = 0, month, date] = span.split("-").map(Number);
  const next = month === undefined ? Date.UTC(year + 1, 0, 1, 12) : date === undefined ? Date.UTC(year, month, 1, 12) : Date.UTC(year, month - 1, date + 1, 12);
  return dayOf(new Date(next), "UTC");
}

/** The first day of such a span. */
export function firstDay(span: string): string {
  return `${span}-01-01`.slice(0, 10);
}

/** How far the zone's clock is ahead of UTC at an instant. */
export function offsetMinutes(at: Date, zone: string): number {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" });
    FORMATS.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const shown = Date.UTC(parts["year"] ?? 0, (parts["month"] ?? 1) - 1, parts["day"] ?? 1, parts["hour"] ?? 0, parts["minute"] ?? 0);
  return Math.round((shown - Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** Of one offset until an instant. */
export interface Period {
  /** null: from the one before on. */
  readonly until: Date | null;
  readonly minutes: number;
}

/** The zone's offsets from one instant to another, in order. A clock that changes and changes back within a week is not seen. */
export function offsetsBetween(from: Date, to: Date, zone: string): readonly Period[] {
  const periods: Period[] = [];
  let minutes = offsetMinutes(from, zone);
  for (let at = from.getTime(); at < to.getTime(); ) {
    const next = Math.min(at + 7 * DAY_MS, to.getTime());
    if (offsetMinutes(new Date(next), zone) !== minutes) {
      const until = changeBetween(at, next, minutes, zone);
      periods.push({ until: new Date(until), minutes });
      minutes = offsetMinutes(new Date(until), zone);
      at = until;
    } else {
      at = next;
    }
  }
  return [...periods, { until: null, minutes }];
}

function changeBetween(before: number, after: number, minutes: number, zone: string): number {
  let [low, high] = [before, after];
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
    if (middle <= low) break;
    if (offsetMinutes(new Date(middle), zone) === minutes) low = middle;
    else high = middle;
  }
  return high;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();
