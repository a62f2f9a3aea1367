/** Being in touch with the server and with the person: what the server says of the member, for how long this device may do
 * without either, and when that time is over. */
import type { Operations } from "~/generated/operations";
import type { Sync } from "~/sync/syncing";
import { type Me, NoNetwork, Refused } from "./api";
import type { Ledger, Stay } from "./ledger";
import { meOf } from "./me";
import type { DeviceRefusal } from "./sentences";
import { heard, isIdle, mayGoOn, noted, touched } from "./stay";

const ASK_EVERY_MS = 10 * 60_000;

export type Over = Extract<DeviceRefusal, "OFFLINE_TOO_LONG" | "IDLE_TOO_LONG">;

export class Staying {
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The device's clock when this began, and how long that is ago by a clock that nobody sets. */
  readonly #begun: number;
  readonly #since = performance.now();

  constructor(
    readonly key: string,
    readonly ledger: Ledger,
    readonly sync: Sync,
    stay: Stay,
    readonly heard: (me: Me) => void,
  ) {
    this.#begun = noted(stay, Date.now()).seenAt;
  }

  /** Asks now. Raises NoNetwork, Refused. */
  async ask(): Promise<void> {
    const deviceId = await this.sync.registration.deviceId();
    const { offlineHours, idleMinutes } = await this.sync.transport.post("/sync/v1/keys", { deviceId });
    this.#askedAt = performance.now();
    if (typeof offlineHours === "number") {
      const idle = typeof idleMinutes === "number" ? idleMinutes : null;
      await this.#change((stay) => heard(stay, offlineHours, idle, this.#now()));
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
    if (!(await this.#asked())) this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  /** The clock goes on: what was seen once is never unseen. What is over then; null: nothing. */
  async note(): Promise<Over | null> {
    const stay = await this.#change((found) => noted(found, this.#now()));
    if (stay === null) return null;
    if (isIdle(stay, this.#now())) return "IDLE_TOO_LONG";
    if (mayGoOn(stay, this.#begun, this.#now()) || (await this.#asked())) return null;
    return "OFFLINE_TOO_LONG";
  }

  /** Somebody uses the app. Whoever comes too late for that is told so. */
  async touched(): Promise<Over | null> {
    const over = await this.note();
    if (over === null) await this.#change((stay) => touched(stay, this.#now()));
    return over;
  }

  async #asked(): Promise<boolean> {
    try {
      await this.ask();
      return true;
    } catch (wrong) {
      if (!(wrong instanceof NoNetwork) && !(wrong instanceof Refused)) throw wrong;
      return false;
    }
  }

  /** Milliseconds of the device's clock, which does not stand still here when somebody sets it back. */
  #now(): number {
    return Math.max(Date.now(), this.#begun + performance.now() - this.#since);
  }

  async #change(change: (stay: Stay) => Stay): Promise<Stay | null> {
    const entry = await this.ledger.change(this.key, (found) => ({ ...found, stay: change(found.stay) }));
    return entry?.stay ?? null;
  }
}
