/** Which tab owns the member's worker: the holder of a Web Lock. When it goes, however it goes, the next one is asked.
 *
 * A worker holds a lock of its own as long as it lives, so that its end is noticed whatever ended it. A holder that is
 * frozen (a phone does that to tabs in the background) is asked whether it lives, and passed over when it is silent; its
 * tab does the same with a worker that hangs.
 */
import { type AppVersion, isNewer } from "./app_version";
import { leadChannel, leaderLock, tabChannel, workerLock } from "./names";
import type { Answer, Call, Failure, Notice, ToLeader } from "./wire";

/** From the leading tab to its worker. `accountKey` opens what is sealed for this account; null: nobody unlocked it.
 * `files`: whether the page has a private file system. */
export type ToWorker =
  | { readonly kind: "start"; readonly key: string; readonly tab: string; readonly app: AppVersion; readonly accountKey: CryptoKey | null; readonly files: boolean }
  | { readonly kind: "finish" }
  | { readonly kind: "alive?" }
  | Call;
export type FromWorker = Answer | Notice | { readonly kind: "begun" } | { readonly kind: "alive" } | { readonly kind: "failed"; readonly failure: Failure };

export interface LeadershipOptions {
  readonly key: string;
  readonly tab: string;
  readonly app: AppVersion;
  readonly accountKey: () => CryptoKey;
  readonly newWorker: () => Worker;
  /** What this tab's own worker says. */
  readonly heard: (message: Answer | Notice, worker: Worker) => void;
  /** The worker could not open the replica; it is tried again, unless this app is too old for its files. */
  readonly failed: (failure: Failure) => void;
  /** A newer version of the app took or asked for the place. */
  readonly outdated: () => void;
}

export const TOO_OLD = "APP_OUTDATED";
const RESPAWN_MS = [200, 1_000, 5_000, 15_000, 30_000];
/** A worker that lived this long died of something new. */
const LIVED_LONG_MS = 60_000;
const FINISH_MS = 10_000;
const STEP_ASIDE_MS = 1_000;
/** A worker that says nothing at so many looks hangs. Counted, not timed: a machine that slept wakes its tabs first. */
const LOOK_MS = 5_000;
const SILENT_LOOKS = 6;

type End = "stepped-down" | "too-old" | "closed";

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #lead: BroadcastChannel;
  readonly #closing = new AbortController();
  #queueing = new AbortController();
  #worker: Worker | null = null;
  #stepDown: (() => void) | null = null;
  #done: Promise<void>;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#lead = new BroadcastChannel(leadChannel(options.key));
    this.#lead.onmessage = (event: MessageEvent<ToLeader>) => this.#asked(event.data);
    this.#done = this.#run();
  }

  get leading(): boolean {
    return this.#worker !== null;
  }

  /** The silent holder is taken for frozen: the lock is taken from it. When it wakes it follows. */
  steal(): void {
    if (this.leading) return;
    const queueing = this.#queueing;
    this.#queueing = new AbortController();
    this.#done = this.#run(true);
    queueing.abort();
  }

  /** Asks an older holder for the place. */
  askForPlace(): void {
    this.#lead.postMessage({ kind: "step-down", app: this.#options.app } satisfies ToLeader);
  }

  /** Asks the holder whether it lives; it answers on this tab's channel. */
  askWhetherAlive(): void {
    this.#lead.postMessage({ kind: "alive?", tab: this.#options.tab } satisfies ToLeader);
  }

  /** Ends the worker in an orderly way, if this tab has it, and makes way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#queueing.abort();
    this.#stepDown?.();
    await this.#done;
    this.#lead.close();
  }

  async #run(steal = false): Promise<void> {
    const { signal } = this.#queueing;
    while (!this.#closing.signal.aborted) {
      const held = new AbortController();
      let end: End;
      try {
        const how = steal ? { steal: true } : { signal };
        end = await navigator.locks.request(leaderLock(this.#options.key), how, () => this.#hold(held.signal));
      } catch (wrong) {
        held.abort();
        if (!(wrong instanceof DOMException && wrong.name === "AbortError")) throw wrong;
        if (signal.aborted) return; // closed, or another run goes on
        end = "stepped-down"; // taken from this tab while it was frozen
      }
      steal = false;
      if (end === "too-old") return;
      if (end === "stepped-down") await pause(STEP_ASIDE_MS, this.#closing.signal);
    }
  }

  /** Leads until told to stop. */
  async #hold(held: AbortSignal): Promise<End> {
    for (let attempt = 0; !this.#closing.signal.aborted && !held.aborted; attempt += 1) {
      const started = performance.now();
      const end = await this.#lifeOfWorker(held);
      if (end !== "died") return end;
      if (performance.now() - started > LIVED_LONG_MS) attempt = 0;
      await pause(RESPAWN_MS[Math.min(attempt, RESPAWN_MS.length - 1)] ?? 0, this.#closing.signal);
    }
    return "closed";
  }

  #lifeOfWorker(held: AbortSignal): Promise<End | "died"> {
    const { key, tab, app, accountKey, newWorker, heard, failed } = this.#options;
    const worker = newWorker();
    this.#worker = worker;
    const watch = new AbortController();
    return new Promise<End | "died">((resolve) => {
      let finishing: End | null = null;
      let silentLooks = 0;
      const looking = setInterval(() => {
        silentLooks += 1;
        if (silentLooks > SILENT_LOOKS) ended("died");
        else worker.postMessage({ kind: "alive?" } satisfies ToWorker);
      }, LOOK_MS);
      const ended = (end: End | "died"): void => {
        clearInterval(looking);
        watch.abort();
        worker.terminate();
        if (this.#worker === worker) [this.#worker, this.#stepDown] = [null, null];
        resolve(finishing ?? end);
      };
      held.addEventListener("abort", () => ended("closed"));
      this.#stepDown = () => {
        finishing = this.#closing.signal.aborted ? "closed" : "stepped-down";
        worker.postMessage({ kind: "finish" } satisfies ToWorker);
        void gone(key, AbortSignal.any([watch.signal, AbortSignal.timeout(FINISH_MS)])).then(() => ended("died"));
      };
      worker.onerror = (event) => {
        failed({ name: "Error", message: event.message || "the worker could not be loaded" });
        ended("died");
      };
      worker.onmessage = (event: MessageEvent<FromWorker>) => {
        const message = event.data;
        silentLooks = 0;
        if (message.kind === "alive") return;
        if (message.kind === "begun") {
          void gone(key, watch.signal).then((really) => really && ended("died"));
        } else if (message.kind === "failed") {
          failed(message.failure);
          ended(message.failure.code === TOO_OLD ? "too-old" : "died");
        } else {
          heard(message, worker);
        }
      };
      worker.postMessage({ kind: "start", key, tab, app, accountKey: accountKey(), files: hasFileSystem() } satisfies ToWorker);
    });
  }

  #asked(message: ToLeader): void {
    if (message.kind === "step-down") {
      if (!isNewer(message.app, this.#options.app)) return;
      this.#options.outdated();
      this.#stepDown?.();
      return;
    }
    if (!this.leading) return;
    const channel = new BroadcastChannel(tabChannel(this.#options.key, message.tab));
    channel.postMessage({ kind: "alive" });
    channel.close();
  }
}

/** Private windows and some web views have none. */
export function hasFileSystem(): boolean {
  return typeof navigator.storage?.getDirectory === "function";
}

/** Fulfilled when no worker of this account lives (true), or nobody wants to know any more. */
async function gone(key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await navigator.locks.request(workerLock(key), { signal }, () => undefined);
    return true;
  } catch (wrong) {
    if (signal.aborted) return false;
    throw wrong;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
