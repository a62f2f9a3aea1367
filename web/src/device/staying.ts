/** Being in touch with the server: what it says of the member and of how long this device may do without it. */
import type { Operations } from "~/generated/operations";
import type { Sync } from "~/sync/syncing";
import { type Me, NoNetwork, Refused } from "./api";
import type { Ledger } from "./ledger";
import { meOf } from "./me";
import { noted, touched } from "./stay";

const ASK_EVERY_MS = 10 * 60_000;

export class Staying {
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly key: string,
    readonly ledger: Ledger,
    readonly sync: Sync,
    readonly heard: (me: Me) => void,
  ) {}

  /** Asks now. Raises NoNetwork, Refused. */
  async ask(): Promise<void> {
    const deviceId = await this.sync.registration.deviceId();
    const { offlineHours } = await this.sync.transport.post("/sync/v1/keys", { deviceId });
    this.#askedAt = performance.now();
    if (typeof offlineHours === "number") {
      await this.ledger.change(this.key, (entry) => ({ ...entry, stay: touched(entry.stay, offlineHours, Date.now()) }));
    }
    const { me } = (await this.sync.ask("Me")) as Operations["Me"]["result"];
    const now = meOf(me);
    await this.ledger.change(this.key, (entry) => ({ ...entry, me: now }));
    this.heard(now);
  }

  /** After an exchange with the server, now and then. What it refuses the sync room says already. */
  async askNowAndThen(): Promise<void> {
    if (performance.now() - this.#askedAt < ASK_EVERY_MS) return;
    this.#askedAt = performance.now();
    try {
      await this.ask();
    } catch (wrong) {
      if (!(wrong instanceof NoNetwork) && !(wrong instanceof Refused)) throw wrong;
      this.#askedAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** The clock goes on: what was seen once is never unseen. */
  async note(): Promise<void> {
    await this.ledger.change(this.key, (entry) => ({ ...entry, stay: noted(entry.stay, Date.now()) }));
  }
}
