/** For how long an account is open without the server and without anybody's hand: what the company allows, by a clock that
 * only goes forward. */
import type { Stay } from "./ledger";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** An app that runs outlasts a gap in the network, also where the company lets nobody open it without one. */
const GAP_MS = 15 * MINUTE_MS;

/** Before the server said anything the account opens with it only. */
export function newStay(now: number): Stay {
  return { hours: null, contactAt: null, seenAt: now, idleMinutes: null, touchedAt: now };
}

/** The stay as of now: the latest instant that was ever seen here counts. */
export function noted(stay: Stay, now: number): Stay {
  return now > stay.seenAt ? { ...stay, seenAt: now } : stay;
}

/** The server answered for this member at this moment. */
export function heard(stay: Stay, hours: number, idleMinutes: number | null, now: number): Stay {
  const seen = noted(stay, now);
  return { ...seen, hours, idleMinutes, contactAt: seen.seenAt };
}

/** Somebody used the app at this moment. */
export function touched(stay: Stay, now: number): Stay {
  const seen = noted(stay, now);
  return { ...seen, touchedAt: seen.seenAt };
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

/** Whether an app that runs since `begun` goes on without the server. */
export function mayGoOn(stay: Stay, begun: number, now: number): boolean {
  return noted(stay, now).seenAt <= Math.max(staysUntil(stay) ?? 0, (stay.contactAt ?? 0) + GAP_MS, begun + GAP_MS);
}

/** Whether nobody has used the app for longer than the company allows. */
export function isIdle(stay: Stay, now: number): boolean {
  const { idleMinutes = null, touchedAt = null } = stay;
  return idleMinutes !== null && touchedAt !== null && noted(stay, now).seenAt > touchedAt + idleMinutes * MINUTE_MS;
}
