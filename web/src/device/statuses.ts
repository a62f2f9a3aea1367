/** The status that pages show: what the sync room reports, what lies in the inbox, what is known of the storage. */
import { type Replica, ReplicaClosed, ReplicaRefused } from "~/replica/index";
import type { SyncReport } from "~/sync/report";
import type { SyncStatus } from "./api";

export interface Storage {
  readonly storage: SyncStatus["storage"];
  readonly evicted: boolean;
  persistent(): boolean | null;
}

type Unresolved = Pick<SyncStatus, "parked" | "waiting" | "needsAttention">;

const STARTING: SyncReport = {
  phase: "starting", progress: null, online: false, syncing: false, pending: 0, uploads: 0, refusedFiles: 0,
  lastContactAt: null, nextAttemptAt: null, trouble: null, outdated: false,
};

export class Statuses {
  #report: SyncReport = STARTING;
  #status: SyncStatus;
  #looking: Promise<void> | null = null;

  constructor(
    readonly replica: Replica,
    readonly memberId: string,
    readonly storage: Storage,
    readonly changed: (status: SyncStatus) => void,
  ) {
    this.#status = this.#joined({ parked: 0, waiting: 0, needsAttention: 0 });
  }

  get status(): SyncStatus {
    return this.#status;
  }

  /** Looks again, and tells if anything is different. Calls that come together are one. */
  look(report?: SyncReport): Promise<void> {
    if (report !== undefined) this.#report = report;
    this.#looking ??= Promise.resolve().then(async () => {
      this.#looking = null;
      const unresolved = await this.#unresolved();
      if (unresolved === null) return;
      const status = this.#joined(unresolved);
      if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
      this.#status = status;
      this.changed(status);
    });
    return this.#looking;
  }

  #joined(unresolved: Unresolved): SyncStatus {
    const { storage, evicted } = this.storage;
    return { ...this.#report, ...unresolved, storage, evicted, persistent: this.storage.persistent() };
  }

  /** The member's own entries that nobody has decided about (a colleague's, which some may decide too, presses nobody else),
   * and what was kept back and is in no entry here yet. Null: the replica was closed meanwhile, and there is nothing more to
   * say of it. */
  async #unresolved(): Promise<Unresolved | null> {
    try {
      const kept = await this.replica.store.outbox.keptBack();
      const states = (await this.#entries()).concat(kept.map(({ outcome }) => outcome?.status ?? "inbox"));
      const count = (...wanted: readonly string[]): number => states.filter((state) => wanted.includes(state)).length;
      return { parked: count("parked"), waiting: count("waiting"), needsAttention: count("open", "inbox") };
    } catch (wrong) {
      if (wrong instanceof ReplicaClosed) return null;
      throw wrong;
    }
  }

  async #entries(): Promise<string[]> {
    try {
      return (await this.replica.inbox()).filter((entry) => entry["ownerId"] === this.memberId).map((entry) => String(entry["state"]));
    } catch (wrong) {
      if (wrong instanceof ReplicaRefused) return []; // not registered yet: nothing is known
      throw wrong;
    }
  }
}
