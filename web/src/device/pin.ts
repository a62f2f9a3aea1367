/** Wrong PINs: counted before the PIN is tried, so that neither several tabs nor a reload win attempts. */
import type { Attempts } from "./ledger";

export const MOST_WRONG = 5;
const FIRST_DELAY_MS = 1_000;
export const NO_ATTEMPTS: Attempts = { wrong: 0, notBefore: 0 };
const [FEWEST, MOST] = [6, 32];

export type Admission = { readonly admitted: true; readonly attempts: Attempts } | { readonly admitted: false; readonly code: "PIN_LOCKED" | "PIN_TOO_SOON" };

/** Whether one more attempt may be made now; if so it counts as wrong until it was right. */
export function admit(attempts: Attempts, now: number): Admission {
  if (attempts.wrong >= MOST_WRONG) return { admitted: false, code: "PIN_LOCKED" };
  const wait = attempts.notBefore - now;
  // A longer wait than the longest says that the clock was set back: that must not lock for years, and the count holds.
  if (wait > 0 && wait <= delay(MOST_WRONG)) return { admitted: false, code: "PIN_TOO_SOON" };
  const wrong = attempts.wrong + 1;
  return { admitted: true, attempts: { wrong, notBefore: now + delay(wrong) } };
}

export function isUsable(pin: string): boolean {
  const length = [...pin].length;
  return length >= FEWEST && length <= MOST;
}

/** 1, 2, 4, 8 seconds. */
function delay(wrong: number): number {
  return FIRST_DELAY_MS * 2 ** (wrong - 1);
}
