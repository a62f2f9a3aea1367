/** One meeting with the server, in order: what waits goes out, what is new comes in, leases follow. */
import { NoNetwork } from "~/device/api";
import type { Outcome, StoreApi } from "~/replica/store_api";
import { SyncRefused } from "./errors";
import type { Leasing } from "./numbers";
import type { Pulling } from "./pulling";
import type { Pushing } from "./pushing";
import type { Registration } from "./registration";
import { inLanguage } from "~/values/words";
import { SENTENCES } from "./sentences";
import { Shared } from "./waiting";

/** `putOff`: why the queue, or a part of it, still waits; null: it is through. */
export interface Met {
  readonly outcomes: readonly Outcome[];
  readonly pulled: number;
  readonly putOff: SyncRefused | null;
}

export class Meeting {
  /** After each pull: the replica is whole. */
  onPulled: () => Promise<void> = async () => undefined;

  readonly #pushes = new Shared(() => this.#push());
  readonly #pulls = new Shared(() => this.pulling.pull());

  /** `isHolderGone`: whether a tab that took a number is closed. */
  constructor(
    readonly store: StoreApi,
    readonly registration: Registration,
    readonly pushing: Pushing,
    readonly pulling: Pulling,
    readonly leasing: Leasing,
    readonly isHolderGone: (holder: string) => boolean,
  ) {}

  /** Push, then pull; numbers that run low are asked for. A push that had to stop does not keep the pull from going on.
   * Raises NoNetwork, SyncRefused, DeviceWiped. */
  async meet(): Promise<Met> {
    if (!(await this.registration.admitted())) {
      const says = inLanguage(SENTENCES, this.registration.transport.language());
      throw new SyncRefused(401, "DEVICE_REVOKED", says.revoked, says.revokedRemedy);
    }
    const met = await this.#exchangeKnown();
    if (met.putOff !== null || !(await this.leasing.refill())) {
      return met;
    }
    const leased = await this.#exchangeKnown();
    return { ...leased, outcomes: [...met.outcomes, ...leased.outcomes], pulled: met.pulled + leased.pulled };
  }

  /** Pulls; who asks before it begins shares it. Raises NoNetwork, SyncRefused, DeviceWiped. */
  pull(): Promise<number> {
    return this.#pulls.run();
  }

  /** The exchange, also with a server that was restored to a time before it knew this device. */
  async #exchangeKnown(): Promise<Met> {
    try {
      return await this.#exchange();
    } catch (refused) {
      if (!(refused instanceof SyncRefused) || refused.code !== "NOT_FOUND" || refused.field !== "deviceId") {
        throw refused;
      }
      await this.registration.announce();
      await this.store.set({ compare: true });
      return this.#exchange();
    }
  }

  async #exchange(): Promise<Met> {
    let { outcomes, putOff } = await this.#pushes.run();
    if (putOff === null && (await this.store.numbers.settle(this.isHolderGone)) > 0) {
      ({ outcomes, putOff } = joined(outcomes, await this.#pushes.run()));
    }
    let pulled = await this.#pulls.run();
    await this.onPulled();
    if ((await this.store.get("compare")) === true && putOff === null) {
      // The pull began afresh: perhaps the server lost what it had answered.
      ({ outcomes, putOff } = joined(outcomes, await this.#pushes.run()));
      pulled += await this.#pulls.run();
    }
    return { outcomes, pulled, putOff };
  }

  /** What a server says that is only passing does not keep the pull from going on. */
  async #push(): Promise<Pushes> {
    await this.leasing.remember();
    const pushed = await this.pushing.push();
    if (!(await this.leasing.heard(pushed.outcomes)) || pushed.putOff !== null) {
      return pushed;
    }
    return joined(pushed.outcomes, await this.pushing.push());
  }
}

interface Pushes {
  readonly outcomes: readonly Outcome[];
  readonly putOff: SyncRefused | null;
}

function joined(before: readonly Outcome[], after: Pushes): Pushes {
  return { outcomes: [...before, ...after.outcomes], putOff: after.putOff };
}

/** Whether it is worth another attempt by itself. */
export function isPassing(wrong: unknown): boolean {
  return wrong instanceof NoNetwork || (wrong instanceof SyncRefused && (wrong.status === 429 || wrong.status >= 500));
}
