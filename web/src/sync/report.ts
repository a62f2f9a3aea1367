/** What is known about getting in touch with the server, told whenever it changes. */
import type { SyncStatus, Trouble } from "~/device/api";
import { ReplicaClosed } from "~/replica/errors";
import type { StoreApi } from "~/replica/store_api";
import type { Files } from "./files";

/** The part of SyncStatus that this room knows; `waiting`, `parked` and `needsAttention` are the replica's. */
export type SyncReport = Pick<
  SyncStatus,
  "phase" | "progress" | "online" | "syncing" | "pending" | "uploads" | "refusedFiles" | "lastContactAt" | "nextAttemptAt" | "trouble" | "outdated"
>;

const LOADED = "sync.loaded";
const CONTACT = "sync.contact";
const CONTACT_KEPT_MS = 30_000;

export class Reporting {
  online = false;
  syncing = false;
  progress: number | null = null;
  nextAttemptAt: number | null = null;
  /** Of the last meeting. */
  trouble: Trouble | null = null;
  /** Of the last attempt to send files: it stands until one succeeds, whatever meetings say meanwhile. */
  uploadTrouble: Trouble | null = null;

  readonly #listeners = new Set<(report: SyncReport) => void>();
  #contact: number | null = null;
  #contactKept = 0;
  #loaded = false;
  #last: SyncReport | null = null;
  #telling: Promise<void> | null = null;

  /** `now`: milliseconds. */
  constructor(
    readonly store: StoreApi,
    readonly now: () => number,
    readonly files: Pick<Files, "unsent">,
  ) {}

  /** What was known when the app was closed. */
  async begin(): Promise<void> {
    const contact = await this.store.get(CONTACT);
    this.#contact = typeof contact === "number" ? contact : null;
    this.#loaded = (await this.store.get(LOADED)) === true;
    await this.tell();
  }

  onReport(listener: (report: SyncReport) => void): () => void {
    this.#listeners.add(listener);
    if (this.#last !== null) {
      listener(this.#last);
    }
    return () => this.#listeners.delete(listener);
  }

  /** The server gave whole answers: the replica is complete as of now. */
  async met(): Promise<void> {
    this.#contact = this.now();
    const loaded = this.#loaded ? {} : { [LOADED]: true };
    if (!this.#loaded || this.#contact - this.#contactKept > CONTACT_KEPT_MS) {
      await this.store.set({ [CONTACT]: this.#contact, ...loaded });
      this.#contactKept = this.#contact;
      this.#loaded = true;
    }
  }

  /** Looks at the replica and tells whoever listens, if anything is different. Calls that come together are one. */
  tell(): Promise<void> {
    this.#telling ??= Promise.resolve().then(async () => {
      this.#telling = null;
      const report = await this.#reportOrNull();
      if (report === null) {
        return;
      }
      if (JSON.stringify(report) !== JSON.stringify(this.#last)) {
        this.#last = report;
        this.#listeners.forEach((listener) => listener(report));
      }
    });
    return this.#telling;
  }

  /** Null once the replica is closed: nobody is there to be told. */
  async #reportOrNull(): Promise<SyncReport | null> {
    try {
      return await this.report();
    } catch (wrong) {
      if (wrong instanceof ReplicaClosed) {
        return this.#last === null ? null : { ...this.#last, syncing: false, trouble: this.#shownTrouble, online: this.online };
      }
      throw wrong;
    }
  }

  /** What was told last; a replica that was erased can be asked no more. */
  get last(): SyncReport | null {
    return this.#last;
  }

  get #shownTrouble(): Trouble | null {
    return this.trouble ?? this.uploadTrouble;
  }

  async report(): Promise<SyncReport> {
    const { onTheWay, refused } = await this.files.unsent();
    const partly = !this.#loaded && (await this.store.priming());
    return {
      phase: this.#loaded ? "ready" : partly ? "loading" : "starting",
      progress: this.progress,
      online: this.online,
      syncing: this.syncing,
      pending: await this.store.outbox.enteredCount(),
      uploads: onTheWay,
      refusedFiles: refused.length,
      lastContactAt: isoOrNull(this.#contact),
      nextAttemptAt: isoOrNull(this.nextAttemptAt),
      trouble: this.#shownTrouble,
      outdated: this.trouble?.code === "APP_TOO_OLD",
    };
  }
}

function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
