/** Time that passes, and can be called off. */
import { Stopped } from "./errors";

export type Sleep = (seconds: number, signal: AbortSignal) => Promise<void>;

/** Raises Stopped when `signal` is aborted first. */
export function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Stopped("stopped"));
      return;
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stopped);
      resolve();
    }, seconds * 1000);
    const stopped = (): void => {
      clearTimeout(timer);
      reject(new Stopped("stopped"));
    };
    signal.addEventListener("abort", stopped, { once: true });
  });
}

/** Work of which one run is under way at most. Who asks before it begins shares it; who asks later gets a run of its own,
 * for what it wants may have come too late for this one. */
export class Shared<T> {
  #running: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(readonly work: () => Promise<T>) {}

  run(): Promise<T> {
    if (this.#next !== null) {
      return this.#next;
    }
    if (this.#running === null) {
      return this.#begin();
    }
    const over = this.#running.then(
      () => undefined,
      () => undefined, // who waited for that run is told
    );
    this.#next = over.then(() => {
      this.#next = null;
      return this.#begin();
    });
    return this.#next;
  }

  /** When nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#running, this.#next]);
  }

  #begin(): Promise<T> {
    const run = this.work().finally(() => {
      if (this.#running === run) {
        this.#running = null;
      }
    });
    this.#running = run;
    return run;
  }
}

/** A pause that can be cut short. */
export class Alarm {
  #ring: (() => void) | null = null;

  /** Until so many seconds are over, or somebody rings. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.ring(), seconds * 1000);
      this.#ring = () => {
        clearTimeout(timer);
        this.#ring = null;
        resolve();
      };
    });
  }

  ring(): void {
    this.#ring?.();
  }
}
