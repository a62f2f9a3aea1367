/** Sends the queue in order, and puts right what a copy, a restore or a gap has brought apart (PROTOCOL.md, 2.2, 4). */
import type { Outcome, PushAnswer, Refusal, StoreApi, WireMutation } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { inLanguage } from "~/values/words";
import type { Said } from "./about";
import { isPlea } from "./backoff";
import { SyncRefused } from "./errors";
import type { Registration } from "./registration";
import { SENTENCES } from "./sentences";
import type { Transport } from "./transport";

export const PUSH = "/sync/v1/push";
const AT_ONCE = 200;
const BYTES_AT_ONCE = 2_000_000;
const THROTTLED = 429;
const LESS_AT_ONCE: ReadonlySet<number> = new Set([408, 413]); // the line is slow, or the door narrower than thought

/** `outcomes`: but for those that were only compared. `put off`: why the rest waits here; null: nothing does. */
export interface Pushed {
  readonly outcomes: readonly Outcome[];
  readonly putOff: SyncRefused | null;
}

export class Pushing {
  #atOnce = AT_ONCE;

  constructor(
    readonly store: StoreApi,
    readonly transport: Transport,
    readonly registration: Registration,
    readonly said: Said,
  ) {}

  /** Sends what waits. Stops, keeping the rest, when the server asks for that. Raises NoNetwork, SyncRefused. */
  async push(): Promise<Pushed> {
    const outcomes: Outcome[] = [];
    let skipTo: number | null = null;
    let doubted: ReadonlySet<string> = new Set();
    let corrected = "";
    for (;;) {
      const batch = await this.#batch();
      if (batch.length === 0 && skipTo === null && (await this.store.get("compare")) !== true) {
        return { outcomes, putOff: null };
      }
      const deviceId = await this.registration.deviceId();
      const answeredTo = await this.store.outbox.answeredTo();
      let answer: PushAnswer;
      try {
        answer = await this.#offer(await this.#offering(deviceId, batch, skipTo));
        this.#atOnce = Math.min(AT_ONCE, this.#atOnce * 2);
      } catch (refused) {
        if (refused instanceof SyncRefused && LESS_AT_ONCE.has(refused.status) && batch.length > 1) {
          this.#atOnce = Math.ceil(batch.length / 2);
          continue;
        }
        if (refused instanceof SyncRefused && isPlea(refused.status)) {
          return { outcomes, putOff: refused }; // the server wants it later; what was asked for besides goes on
        }
        throw refused;
      }
      const [last, stopped] = [answer.lastMutation, answer.stopped ?? null];
      skipTo = null;
      const offered = await this.store.outbox.takeAnswer(answer, deviceId, answeredTo);
      if (offered === null) {
        continue; // a copy of its own by now: these are not today's numbers
      }
      outcomes.push(...answer.outcomes.filter((outcome) => !doubted.has(outcome.uuid)));
      doubted = new Set([...doubted, ...offered]);
      if (last < answeredTo || stopped?.code === "MUTATION_GAP") {
        skipTo = await this.store.outbox.unanswerAfter(last);
        const correction = `${deviceId} ${last} ${skipTo}`;
        if (corrected === correction) {
          throw this.#gapStays(last);
        }
        corrected = correction;
      } else if (stopped?.code === "DEVICE_FORKED") {
        await this.store.outbox.becomeCopy(this.registration.newId(), deviceId, new Date(answer.serverTime));
        doubted = new Set();
      } else if (stopped !== null) {
        return { outcomes, putOff: await this.#stopped(stopped, answer.retryAfter ?? null) };
      }
    }
  }

  /** What a wipe lets through before it erases; what the server does not take now is lost. Raises NoNetwork, SyncRefused. */
  async pushLast(order: string): Promise<void> {
    const { deviceId } = await this.store.standing();
    for (;;) {
      const batch = await this.#batch();
      if (deviceId === null || batch.length === 0) {
        return;
      }
      const offer = { ...(await this.#offering(deviceId, batch, null)), wipeOrder: order };
      const answer = (await this.transport.send(PUSH, offer)) as unknown as PushAnswer;
      await this.store.outbox.acknowledge(answer, deviceId);
      const stopped = answer.stopped ?? null;
      if (stopped !== null) {
        if ((answer.retryAfter ?? null) === null) {
          return;
        }
        this.transport.holds.hold(PUSH, refused(stopped, answer.retryAfter ?? null));
      }
    }
  }

  async #offer(offering: JsonObject): Promise<PushAnswer> {
    return (await this.transport.post(PUSH, offering)) as unknown as PushAnswer;
  }

  /** Why the rest was not taken; nothing is sent before its time. Raises SyncRefused where that is more than a delay. */
  async #stopped(stopped: Refusal, retryAfter: number | null): Promise<SyncRefused> {
    const refusal = refused(stopped, retryAfter);
    if (stopped.code === "DEVICE_REVOKED") {
      await this.transport.onRevoked();
      throw refusal;
    }
    if (retryAfter !== null) {
      this.transport.holds.hold(PUSH, refusal);
    }
    return refusal;
  }

  #gapStays(last: number): SyncRefused {
    const says = inLanguage(SENTENCES, this.transport.language());
    return new SyncRefused(409, "MUTATION_GAP", says.gapStays(last), says.gapStaysRemedy);
  }

  async #offering(deviceId: string, batch: readonly WireMutation[], skipTo: number | null): Promise<JsonObject> {
    return {
      deviceId,
      mutations: batch as unknown as JsonObject[],
      queued: Math.max(0, (await this.store.outbox.toOfferCount()) - batch.length),
      ...(skipTo === null ? {} : { skipTo }),
      ...(await this.said()),
    };
  }

  /** The next of the queue, within what one request may weigh. */
  async #batch(): Promise<WireMutation[]> {
    const batch: WireMutation[] = [];
    let weight = 0;
    for (const queued of await this.store.outbox.toOffer(this.#atOnce)) {
      const mutation = this.store.outbox.wire(queued);
      weight += new TextEncoder().encode(JSON.stringify(mutation)).byteLength;
      if (batch.length > 0 && weight > BYTES_AT_ONCE) {
        break;
      }
      batch.push(mutation);
    }
    return batch;
  }
}

function refused(stopped: Refusal, retryAfter: number | null): SyncRefused {
  const status = retryAfter === null ? 409 : THROTTLED;
  return new SyncRefused(status, stopped.code, stopped.message, stopped.remedy ?? "", stopped.field ?? null, null, retryAfter);
}
