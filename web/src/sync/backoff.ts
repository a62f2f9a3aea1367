/** When to come again (PROTOCOL.md, 1.4; sync/vectors/backoff.json). Seconds everywhere. */

export const ATTEMPTS = 4;
/** Asked to wait longer than this a caller is told so, and nothing is sent before. */
export const LONGEST_WAIT_SECONDS = 30;
const FIRST_PAUSE_SECONDS = 0.2;
const LONGEST_PAUSE_SECONDS = 10;
const AGAIN: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Whether an answer of this status is a plea to come again. */
export function isPlea(status: number): boolean {
  return AGAIN.has(status);
}

/** How long to wait before the attempt after number `attempt`, from 0; null: this answer is the last word.
 *
 * `asked`: the answer's `Retry-After`. Who is to stay away for longer than a caller may wait gives up: to come earlier
 * would only be refused again.
 */
export function pauseSeconds(status: number, attempt: number, asked: string | null, jitter: number): number | null {
  if (!isPlea(status)) {
    return null;
  }
  const told = secondsAsked(asked) ?? 0;
  return told > LONGEST_WAIT_SECONDS ? null : Math.max(told, grown(attempt, jitter));
}

/** After how many seconds the server wants to be asked again, if its `Retry-After` says so. */
export function secondsAsked(asked: string | null): number | null {
  return asked !== null && /^[0-9]{1,9}$/.test(asked) ? Number(asked) : null;
}

/** Twice as long each time, with jitter, so that a crowd that lost the server does not return as one. */
export function grown(attempt: number, jitter: number): number {
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** attempt * jitter, LONGEST_PAUSE_SECONDS);
}

/** 0.5 to 1.5. */
export function jitter(random: () => number = Math.random): number {
  return 0.5 + random();
}
