/** Whether a newer app is on this device, and how it takes the place of the one that runs. For pages. */
import type { Wish } from "./service_worker";

export interface AppUpdates {
  /** Whether a newer version is here: `apply` reloads into it. */
  ready(): boolean;
  /** Whether the app itself is on this device: it opens without a network. */
  kept(): boolean;
  /** Called when one of these changes. Returns what ends it. */
  onChange(listener: () => void): () => void;
  /** Takes the newer version at once: this tab reloads, other tabs too unless something holds them. */
  apply(): Promise<void>;
  /** While held, this tab is not reloaded because another one took the newer version. Returns what lets go. */
  hold(): () => void;
  /** Looks whether the server has a newer version. Quiet without a network. */
  check(): Promise<void>;
}

const CHECK_EVERY_MS = 60 * 60 * 1000;
/** The latest that a busy page puts off keeping the app. */
const PUT_OFF_MS = 5_000;

/** Installs the service worker and watches its versions. Without service workers: an object that never has news. */
export function watchUpdates(script = "/sw.js"): AppUpdates {
  return new Updates(serviceWorkers(), script, () => location.reload());
}

/** Null where there are none. Where pages are shut in, or cookies blocked, already asking for them is refused. */
function serviceWorkers(): ServiceWorkerContainer | null {
  try {
    return navigator.serviceWorker ?? null;
  } catch (refused) {
    console.warn("yunfan: the app is not kept for use without a network", refused);
    return null;
  }
}

/** When the page is there and has nothing to do: keeping the app's files takes the network from the first picture. */
async function atLeisure(): Promise<void> {
  if (document.readyState !== "complete") await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  if ("requestIdleCallback" in globalThis) await new Promise<unknown>((idle) => requestIdleCallback(idle, { timeout: PUT_OFF_MS }));
}

class Updates implements AppUpdates {
  readonly #workers: ServiceWorkerContainer | null;
  readonly #reload: () => void;
  readonly #listeners = new Set<() => void>();
  #registration: ServiceWorkerRegistration | null = null;
  #ready = false;
  #kept = false;
  #held = 0;
  /** The first worker takes charge of a page that loaded without one: no reason to reload. */
  #hadWorker: boolean;

  constructor(workers: ServiceWorkerContainer | null, script: string, reload: () => void) {
    this.#workers = workers;
    this.#reload = reload;
    this.#hadWorker = workers !== null && workers.controller !== null;
    this.#kept = this.#hadWorker;
    if (workers === null) return;
    workers.addEventListener("controllerchange", () => this.#tookOver());
    void atLeisure().then(() => this.#install(workers, script));
    setInterval(() => void this.check(), CHECK_EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.check();
    });
  }

  ready(): boolean {
    return this.#ready;
  }

  kept(): boolean {
    return this.#kept;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async apply(): Promise<void> {
    this.#held = 0;
    const waiting = this.#registration?.waiting ?? null;
    if (waiting === null) return this.#reload();
    waiting.postMessage({ kind: "take-over" } satisfies Wish);
  }

  hold(): () => void {
    this.#held += 1;
    let holds = true;
    return () => {
      if (holds && this.#held > 0) this.#held -= 1;
      holds = false;
    };
  }

  async check(): Promise<void> {
    try {
      await this.#registration?.update();
    } catch (wrong) {
      // A TypeError: no network, or a server that has no worker. A DOMException: something between answered with a page, or
      // the person blocked service workers meanwhile, and this one is gone.
      if (!(wrong instanceof TypeError) && !(wrong instanceof DOMException)) throw wrong;
    }
  }

  async #install(workers: ServiceWorkerContainer, script: string): Promise<void> {
    try {
      this.#registration = await workers.register(script, { scope: "/", updateViaCache: "none" });
    } catch (wrong) {
      // Private windows and files of a server that is gone: the app works, it only does not open without a network.
      console.warn("yunfan: the app is not kept for use without a network", wrong);
      return;
    }
    const registration = this.#registration;
    if (registration.waiting !== null && workers.controller !== null) {
      registration.waiting.postMessage({ kind: "take-over-if-alone" } satisfies Wish);
    }
    this.#look();
    void workers.ready.then(() => this.#look()); // it is ready when every file of it is here
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => this.#look());
    });
  }

  #look(): void {
    const ready = this.#workers?.controller != null && this.#registration?.waiting != null;
    const kept = this.#kept;
    this.#kept ||= this.#registration?.active != null;
    if (ready !== this.#ready || kept !== this.#kept) this.#tell(ready);
  }

  #tookOver(): void {
    if (!this.#hadWorker) {
      this.#hadWorker = true;
      return;
    }
    if (this.#held > 0) return this.#tell(true);
    this.#reload();
  }

  #tell(ready: boolean): void {
    this.#ready = ready;
    for (const listener of this.#listeners) listener();
  }
}
