/** A member's worker that is started before anybody knows whom it will serve: reading its code takes as long as opening the
 * account does, and can be done meanwhile. */

/** Whether the device had accounts when that was last known: asked at once, while their list takes a database. Says
 * nothing about whose they are; a wrong guess costs a worker. */
const USED = "yunfan.used";

export function wasUsed(): boolean {
  try {
    return localStorage.getItem(USED) !== null;
  } catch {
    return false; // the browser keeps nothing for this page: everything is started when it is needed
  }
}

export function noteUsed(used: boolean): void {
  try {
    if (used) localStorage.setItem(USED, "1");
    else localStorage.removeItem(USED);
  } catch (refused) {
    console.info("the browser keeps no notes for this page", refused);
  }
}

export class SpareWorker {
  readonly #make: () => Worker;
  #spare: Worker | null = null;

  constructor(make: () => Worker) {
    this.#make = make;
  }

  start(): void {
    if (this.#spare !== null) return;
    const spare = this.#make();
    this.#spare = spare;
    spare.onerror = () => {
      if (this.#spare === spare) this.#spare = null; // whoever needs one makes it, and hears of what is wrong
    };
  }

  /** The one that was started, or a new one. */
  take(): Worker {
    const spare = this.#spare ?? this.#make();
    this.#spare = null;
    return spare;
  }

  /** Nobody needs it: another tab's worker serves this one. */
  drop(): void {
    this.#spare?.terminate();
    this.#spare = null;
  }
}
