/** For how long an account opens without the server: what the company allows, by a clock that only goes forward. */
import type { Stay } from "./ledger";

const HOUR_MS = 3_600_000;

/** Before the server said anything the account opens with it only. */
export function newStay(now: number): Stay {
  return { hours: null, contactAt: null, seenAt: now };
}

/** The stay as of now: the latest instant that was ever seen here counts. */
export function noted(stay: Stay, now: number): Stay {
  return now > stay.seenAt ? { ...stay, seenAt: now } : stay;
}

/** The server answered for this member at this moment. */
export function touched(stay: Stay, hours: number, now: number): Stay {
  const seen = noted(stay, now);
  return { ...seen, hours, contactAt: seen.seenAt };
}

/** Until when it opens without the server, in milliseconds; null: not at all. */
export function staysUntil(stay: Stay): number | null {
  if (stay.hours === null || stay.hours <= 0 || stay.contactAt === null) return null;
  return stay.contactAt + stay.hours * HOUR_MS;
}

export function mayStay(stay: Stay, now: number): boolean {
  const until = staysUntil(stay);
  return until !== null && noted(stay, now).seenAt <= until;
}
