/** The device as a tab has it: calls go to the worker of the member, wherever it is; its notices come back. */
import type { Language } from "~/values/words";
import { type Device, type KeptHere, type Me, Refused, type SyncStatus } from "./api";
import { type AppVersion, isNewer, isServedBy } from "./app_version";
import { Caller } from "./caller";
import { Calls } from "./calls";
import { Leadership, TOO_OLD } from "./leadership";
import { callsChannel, noticesChannel, tabChannel, tabLock } from "./names";
import { refused } from "./sentences";
import { type Answer, errorOf, type Failure, type Hello, type Leads, type Notice, type ToTab } from "./wire";

export interface TabOptions {
  readonly key: string;
  readonly me: Me;
  readonly app: AppVersion;
  readonly accountKey: CryptoKey;
  readonly kept: KeptHere;
  readonly newWorker: () => Worker;
  readonly language: () => Language;
  /** The member left this device: signed out, forgotten, wiped. */
  readonly left: () => void;
  /** This tab uses it no more. */
  readonly closed: () => void;
}

/** A holder that is silent for so long, and does not say that it lives, is passed over. */
const SILENT_MS = 6_000;
const LOOK_EVERY_MS = 2_000;
const SILENT_LOOKS = 3;
const FAILURES_UNTIL_TOLD = 4;
/** How often it is told that somebody uses this tab. */
const TOUCHED_EVERY_MS = 20_000;
const TOUCHES = ["pointerdown", "keydown", "wheel"] as const;

const STARTING: SyncStatus = {
  phase: "starting",
  progress: null,
  online: false,
  syncing: false,
  pending: 0,
  parked: 0,
  waiting: 0,
  needsAttention: 0,
  uploads: 0,
  refusedFiles: 0,
  lastContactAt: null,
  nextAttemptAt: null,
  trouble: null,
  storage: "opfs",
  persistent: null,
  evicted: false,
  outdated: false,
};

export class TabDevice extends Calls implements Device {
  #me: Me;
  readonly #options: TabOptions;
  readonly #tab = crypto.randomUUID();
  readonly #caller = new Caller(this.#tab);
  readonly #leadership: Leadership;
  readonly #toWorker: BroadcastChannel;
  readonly #notices: BroadcastChannel;
  readonly #own: BroadcastChannel;
  readonly #changes = new Set<{ readonly collections: ReadonlySet<string>; readonly listener: () => void }>();
  readonly #statusListeners = new Set<(status: SyncStatus) => void>();
  readonly #endListeners = new Set<(why: Error) => void>();
  readonly #closing = new AbortController();
  readonly #ready = pending();
  readonly #looking: ReturnType<typeof setInterval>;
  #status = STARTING;
  #failures = 0;
  #silentLooks = 0;
  #touchedAt = performance.now();
  #signingOut = false;
  #ended: Error | null = null;

  constructor(options: TabOptions) {
    super();
    this.#options = options;
    this.#me = options.me;
    this.#toWorker = new BroadcastChannel(callsChannel(options.key));
    this.#notices = new BroadcastChannel(noticesChannel(options.key));
    this.#own = new BroadcastChannel(tabChannel(options.key, this.#tab));
    // The leading tab hears its worker by a way of its own.
    this.#notices.onmessage = (event: MessageEvent<Notice>) => this.#leadership.leading || this.#noticed(event.data);
    this.#own.onmessage = (event: MessageEvent<ToTab>) => this.#heard(event.data);
    // Held until the tab ends: the worker knows by it which tabs are gone.
    void this.#quietly(navigator.locks.request(tabLock(this.#tab), { signal: this.#closing.signal }, () => ended(this.#closing.signal)));
    this.#leadership = new Leadership({
      key: options.key,
      tab: this.#tab,
      app: options.app,
      accountKey: () => options.accountKey,
      newWorker: options.newWorker,
      heard: (message, worker) => this.#heardOwn(message, worker),
      failed: (failure) => this.#failed(failure),
      outdated: () => this.#setStatus({ ...this.#status, outdated: true }),
    });
    this.#toWorker.postMessage({ kind: "hello", tab: this.#tab } satisfies Hello);
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", () => this.#tellSeen(), { signal: this.#closing.signal });
    for (const touch of TOUCHES) document.addEventListener(touch, () => this.#touched(), { signal: this.#closing.signal, capture: true, passive: true });
  }

  /** Fulfilled when a worker leads. Raises what keeps the replica from opening. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  get me(): Me {
    return this.#me;
  }

  get kept(): KeptHere {
    return this.#options.kept;
  }

  status(): SyncStatus {
    return this.#status;
  }

  languageChanged(): void {
    this.#tellSeen();
  }

  onChange(collections: readonly string[], listener: () => void): () => void {
    const entry = { collections: new Set(collections), listener };
    this.#changes.add(entry);
    return () => void this.#changes.delete(entry);
  }

  onStatus(listener: (status: SyncStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  onEnd(listener: (why: Error) => void): () => void {
    if (this.#ended !== null) listener(this.#ended);
    this.#endListeners.add(listener);
    return () => void this.#endListeners.delete(listener);
  }

  async signOut(options: { readonly wipe: boolean }): Promise<void> {
    this.#signingOut = true;
    try {
      await this.call("signOut", options.wipe);
    } catch (wrong) {
      // That the member left is told to every tab, to this one too, and may be faster than the answer.
      if (!(wrong instanceof Refused) || wrong.code !== "ACCOUNT_LEFT") {
        this.#signingOut = false;
        throw wrong;
      }
    }
    this.#leave(refused("ACCOUNT_LEFT", this.#options.language()));
  }

  close(): void {
    void this.closed(refused("ACCOUNT_LEFT", this.#options.language()));
  }

  /** Stops; calls under way fail with `why`. Fulfilled when another tab may lead. */
  async closed(why: Error): Promise<void> {
    this.#options.closed();
    clearInterval(this.#looking);
    this.#closing.abort();
    this.#caller.fail(why);
    for (const channel of [this.#toWorker, this.#notices, this.#own]) channel.close();
    this.#changes.clear();
    this.#statusListeners.clear();
    await this.#leadership.close();
  }

  protected call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.#caller.call(method, args) as Promise<T>;
  }

  #heardOwn(message: Answer | Notice, worker: Worker): void {
    if (message.kind === "leads") this.#follow(message, (call) => worker.postMessage(call));
    else this.#heard(message);
  }

  #heard(message: ToTab | Notice): void {
    this.#silentLooks = 0;
    if (message.kind === "answer") this.#caller.answered(message);
    else if (message.kind !== "alive") this.#noticed(message);
  }

  #noticed(notice: Notice): void {
    if (notice.kind === "leads") this.#follow(notice, (call) => this.#toWorker.postMessage(call));
    else if (notice.kind === "status") this.#setStatus({ ...notice.status, outdated: notice.status.outdated || this.#status.outdated });
    else if (notice.kind === "me") this.#me = notice.me;
    else if (notice.kind === "left") this.#leave(errorOf(notice.failure));
    else this.#changed(notice.collections);
  }

  #follow(leads: Leads, send: (message: unknown) => void): void {
    const { app } = this.#options;
    if (leads.epoch === this.#caller.epoch) return;
    const outdated = isNewer(leads.app, app);
    if (isNewer(app, leads.app)) this.#leadership.askForPlace();
    this.#me = leads.me;
    this.#setStatus({ ...leads.status, outdated: leads.status.outdated || outdated });
    if (!isServedBy(app, leads.app)) {
      if (outdated) this.#failed({ name: "Refused", ...textOf(refused(TOO_OLD, this.#options.language())) });
      return; // an older one that does not know our calls makes way
    }
    this.#failures = 0;
    this.#silentLooks = 0;
    this.#caller.useRoute({ epoch: leads.epoch, send });
    this.#ready.resolve();
    this.#tellSeen();
    this.#changed(["*"]); // what the former worker told last may have gone with it
  }

  /** What is told to a worker that goes is told to the next one anyway. */
  #tellSeen(touched = false): void {
    this.post("seen", document.visibilityState === "visible", touched, this.#options.language());
  }

  #touched(): void {
    const now = performance.now();
    if (now - this.#touchedAt < TOUCHED_EVERY_MS) return;
    this.#touchedAt = now;
    this.#tellSeen(true);
  }

  /** A call that nobody waits for. */
  protected post(method: string, ...args: readonly unknown[]): void {
    this.call(method, ...args).catch((wrong: unknown) => {
      if (!this.#closing.signal.aborted) console.error(`device.${method}`, wrong);
    });
  }

  #changed(collections: readonly string[]): void {
    const all = collections.includes("*");
    for (const { collections: wanted, listener } of Array.from(this.#changes)) {
      if (all || wanted.has("*") || collections.some((name) => wanted.has(name))) listener();
    }
  }

  #setStatus(status: SyncStatus): void {
    this.#status = status;
    for (const listener of Array.from(this.#statusListeners)) listener(status);
  }

  /** This tab's worker could not open the replica. */
  #failed(failure: Failure): void {
    this.#failures += 1;
    const wrong = errorOf(failure);
    const code = failure.code ?? "REPLICA_CLOSED";
    const tooOld = code === TOO_OLD;
    if (code === "ACCOUNT_LEFT" || code === "DEVICE_WIPED") return this.#leave(wrong);
    if (tooOld) this.#caller.fail(wrong);
    this.#setStatus({ ...this.#status, outdated: this.#status.outdated || tooOld, trouble: { code, message: failure.message, remedy: failure.remedy ?? "" } });
    if (wrong instanceof Refused || this.#failures >= FAILURES_UNTIL_TOLD) this.#ready.reject(wrong);
  }

  #leave(why: Error): void {
    this.#ready.reject(why);
    this.#options.left();
    void this.closed(why);
    if (this.#signingOut || this.#ended !== null) return;
    this.#ended = why;
    for (const listener of Array.from(this.#endListeners)) listener(why);
  }

  /** A holder that was frozen in the background answers nothing: what is asked here must not wait for it. */
  #look(): void {
    if (this.#leadership.leading || document.visibilityState !== "visible") return;
    if (this.#caller.silentMs() < SILENT_MS) {
      this.#silentLooks = 0;
      return;
    }
    this.#silentLooks += 1;
    if (this.#silentLooks > SILENT_LOOKS) {
      this.#silentLooks = 0;
      this.#leadership.steal();
      return;
    }
    this.#leadership.askWhetherAlive();
    this.#toWorker.postMessage({ kind: "hello", tab: this.#tab } satisfies Hello);
  }

  async #quietly(lock: Promise<unknown>): Promise<void> {
    try {
      await lock;
    } catch (wrong) {
      if (!this.#closing.signal.aborted) throw wrong;
    }
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

function textOf(wrong: Refused): { code: string; message: string; remedy: string } {
  return { code: wrong.code, message: wrong.message, remedy: wrong.remedy };
}

function pending(): { readonly promise: Promise<void>; resolve(): void; reject(wrong: Error): void } {
  let [resolve, reject] = [(): void => undefined, (_wrong: Error): void => undefined];
  const promise = new Promise<void>((done, failed) => {
    [resolve, reject] = [done, failed];
  });
  promise.catch(() => undefined); // whoever waits for it is told; nobody has to wait
  return { promise, resolve: () => resolve(), reject: (wrong) => reject(wrong) };
}
