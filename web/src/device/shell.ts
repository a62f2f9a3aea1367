/** The worker around a member's replica: its lock, its calls, an orderly end. What is inside comes as `Open`. */
import type { AppVersion } from "./app_version";
import { Answering, type Handlers } from "./answering";
import type { FromWorker, ToWorker } from "./leadership";
import { workerLock } from "./names";
import type { Me, SyncStatus } from "./api";
import { failureOf, type Notice } from "./wire";

export type Start = Extract<ToWorker, { kind: "start" }>;

/** A replica that is open. */
export interface Inside {
  readonly handlers: Handlers;
  me(): Me;
  status(): SyncStatus;
  /** Ends what is under way. Called once, after the last call was answered. */
  close(): Promise<void>;
}

export interface Outside {
  /** To every tab. */
  tell(notice: Notice): void;
  /** Ends the worker once what is under way is answered: the member left. */
  end(): Promise<void>;
  /** Ends the worker at once: it is of no use any more, and another one takes over. */
  die(): void;
  /** Whether this tab is closed. Asked anew every few seconds. */
  isGone(tab: string): boolean;
}

export type Open = (start: Start, outside: Outside) => Promise<Inside>;

/** A worker whose tab was frozen may keep its lock for ever; a living one makes way at once. */
const PATIENCE_MS = 10_000;
const TABS_EVERY_MS = 5_000;
const TAB = "yunfan/tab/";

/** Serves one member in this worker. `scope`: the worker's own global. */
export function serveMember(scope: DedicatedWorkerGlobalScope, open: Open): void {
  let shell: Shell | null = null;
  scope.onmessage = (event: MessageEvent<ToWorker>) => {
    const message = event.data;
    if (message.kind === "start") {
      shell = new Shell(scope, message);
      void shell.run(open);
    } else if (message.kind === "alive?") {
      scope.postMessage({ kind: "alive" } satisfies FromWorker);
    } else if (message.kind === "finish") {
      if (shell === null) scope.close();
      else void shell.end();
    } else {
      shell?.heard(message);
    }
  };
}

class Shell implements Outside {
  readonly #scope: DedicatedWorkerGlobalScope;
  readonly #start: Start;
  readonly #epoch = crypto.randomUUID();
  #answering: Answering | null = null;
  #inside: Inside | null = null;
  #letGo: () => void = () => undefined;
  #ending: Promise<void> | null = null;
  #tabs: ReadonlySet<string> = new Set();
  #lookedAt = 0;
  readonly #heardAt = new Map<string, number>();
  #watching: ReturnType<typeof setInterval> | undefined;

  constructor(scope: DedicatedWorkerGlobalScope, start: Start) {
    this.#scope = scope;
    this.#start = start;
  }

  async run(open: Open): Promise<void> {
    try {
      await this.#alone();
      this.#send({ kind: "begun" });
      await this.#lookAtTabs();
      this.#inside = await open(this.#start, this);
      this.#serve(this.#inside);
    } catch (wrong) {
      this.#send({ kind: "failed", failure: failureOf(wrong) });
    }
  }

  heard(call: Extract<ToWorker, { kind: "call" }>): void {
    this.#answering?.heardOwn(call);
  }

  tell(notice: Notice): void {
    this.#answering?.tell(notice);
  }

  isGone(tab: string): boolean {
    return !this.#tabs.has(tab) && (this.#heardAt.get(tab) ?? -1) < this.#lookedAt;
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  die(): void {
    this.#scope.close();
  }

  #serve(inside: Inside): void {
    const { key, tab, app } = this.#start;
    const leads = () => ({ kind: "leads" as const, epoch: this.#epoch, app: app satisfies AppVersion, me: inside.me(), status: inside.status() });
    this.#answering = new Answering(key, { tab, send: (message) => this.#send(message) }, inside.handlers, leads, (caller) => this.#heardAt.set(caller, performance.now()));
    this.#watching = setInterval(() => void this.#lookAtTabs(), TABS_EVERY_MS);
  }

  async #end(): Promise<void> {
    clearInterval(this.#watching);
    await this.#answering?.finish();
    await this.#inside?.close();
    this.#letGo();
    this.#scope.close();
  }

  /** Until no other worker of this account lives; then for as long as this one does. */
  async #alone(): Promise<void> {
    const name = workerLock(this.#start.key);
    const forever = new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
    await new Promise<void>((resolve, reject) => {
      const patience = new AbortController();
      const held = (): Promise<void> => {
        clearTimeout(late);
        resolve();
        return forever;
      };
      // Once the lock was taken away this worker was taken for frozen: it must not write on.
      const lost = (wrong: unknown): void => {
        reject(wrong instanceof Error ? wrong : new Error(String(wrong)));
        this.#scope.close();
      };
      const late = setTimeout(() => {
        patience.abort();
        navigator.locks.request(name, { steal: true }, held).catch(lost);
      }, PATIENCE_MS);
      navigator.locks.request(name, { signal: patience.signal }, held).catch((wrong: unknown) => {
        if (!patience.signal.aborted) lost(wrong);
      });
    });
  }

  async #lookAtTabs(): Promise<void> {
    const now = performance.now();
    const { held } = await navigator.locks.query();
    this.#lookedAt = now;
    this.#tabs = new Set((held ?? []).flatMap(({ name }) => (name?.startsWith(TAB) === true ? [name.slice(TAB.length)] : [])));
    this.#answering?.forgetTabs((tab) => this.isGone(tab));
  }

  #send(message: FromWorker): void {
    this.#scope.postMessage(message);
  }
}
