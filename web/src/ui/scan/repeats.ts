/** A camera sees one label many times: which sight of a code is a new one. */

const GONE_MS = 900;

export class Repeats {
  private code: string | null = null;
  private seenAt = 0;

  /** Whether this sight counts: another code, or the same after it was out of sight. `at` in milliseconds. */
  isNew(code: string, at: number): boolean {
    const fresh = code !== this.code || at - this.seenAt > GONE_MS;
    this.code = code;
    this.seenAt = at;
    return fresh;
  }
}
