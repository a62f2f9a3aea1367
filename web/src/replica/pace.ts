/** Much work in slices, with room between for whoever waits. */

export const SLICE_MS = 25;

/** How many rows a slice may have so that nobody waits long for it: disks differ by a factor of fifty. */
export class Pace {
  constructor(
    private rows: number,
    private readonly aimMs = SLICE_MS,
    private readonly fewest = 20,
    private readonly most = 4 * rows,
  ) {}

  /** Works on so many rows; `work` tells how many it found. */
  async slice(work: (rows: number) => Promise<number>): Promise<boolean> {
    const { rows } = this;
    const began = performance.now();
    const found = await work(rows);
    const taken = Math.max(1, performance.now() - began);
    this.rows = Math.round(Math.min(this.most, Math.max(this.fewest, rows * Math.min(2, this.aimMs / taken))));
    return found === rows;
  }
}

/** Lets whoever waits go first: reads, and what a person does. */
export function pause(): Promise<void> {
  return new Promise((after) => setTimeout(after, 0));
}
