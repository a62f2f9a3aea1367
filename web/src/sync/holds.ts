/** What the server put off: until then nothing of the kind is sent. */
import { LONGEST_WAIT_SECONDS } from "./backoff";
import type { SyncRefused } from "./errors";

/** What the server counts together: `/sync/v1/files`, `/sync/v1/pull`. */
function doorOf(path: string): string {
  return path.split("/").slice(0, 4).join("/");
}

export class Holds {
  readonly #held = new Map<string, { until: number; refusal: SyncRefused }>();

  /** `monotonic`: seconds of a clock that nobody sets. */
  constructor(
    readonly monotonic: () => number,
    readonly sleep: (seconds: number) => Promise<void>,
  ) {}

  /** Sends nothing of this kind before the time that the server named. */
  hold(path: string, refusal: SyncRefused): void {
    this.#held.set(doorOf(path), { until: this.monotonic() + (refusal.retryAfterSeconds ?? 0), refusal });
  }

  /** Waits for what was asked, if that is not long. Raises SyncRefused. */
  async heed(path: string): Promise<void> {
    const door = doorOf(path);
    const held = this.#held.get(door);
    if (held === undefined) {
      return;
    }
    const left = held.until - this.monotonic();
    if (left > LONGEST_WAIT_SECONDS) {
      throw held.refusal.until(left);
    }
    if (left > 0) {
      await this.sleep(left);
    }
    if (this.#held.get(door) === held) {
      this.#held.delete(door);
    }
  }
}
