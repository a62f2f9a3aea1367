/** For how long a record can be restored. */
const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** Whole days until an archived record is gone for good; 0: less than one, or overdue. */
export function daysLeft(archivedAt: string, now = Date.now()): number {
  return Math.max(0, Math.floor((Date.parse(archivedAt) + KEPT_DAYS * DAY_MS - now) / DAY_MS));
}
