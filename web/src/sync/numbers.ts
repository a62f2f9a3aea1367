/** Asks for document numbers to hand out offline, before they run out (PROTOCOL.md, 10). */
import type { Mutated } from "~/device/api";
import type { Outcome, Queued, StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { NUMBERED } from "~/values/numbered";

const LEASE = "tenants.lease_numbers";
const RESOLVE = "tenants.resolve_inbox_entry";
const FIRST_COUNT = 50;
const LATER_MS = 3_600_000; // the subscription does not cover them: not at every sync
const MUCH_LATER_MS = 86_400_000; // the request was refused: somebody has to change something first

export type Mutate = (command: string, args: JsonObject) => Promise<Mutated>;

export class Leasing {
  readonly #wanted = new Set<string>();
  readonly #restsUntil = new Map<string, number>();
  #asked = new Map<string, string>(); // uuid of a request that is on its way → its series

  /** `mutate`: queues a command, as a page does. `now`: milliseconds. */
  constructor(
    readonly store: StoreApi,
    readonly mutate: Mutate,
    readonly newId: () => string,
    readonly now: () => number = Date.now,
  ) {}

  /** The next number of a series, or null: the server gives one. Numbers of it are leased from now on. `holder`: the tab. */
  async take(series: string, holder: string): Promise<string | null> {
    this.#wanted.add(series);
    return this.store.numbers.take(series, holder);
  }

  /** Queues requests for what runs low, and from the first meeting on for what this member may number; whether there is
   * something to push. */
  async refill(): Promise<boolean> {
    const commands = (await this.store.schema())?.commands ?? {};
    if (commands[LEASE] === undefined) {
      return false;
    }
    let asked = false;
    const ahead = Object.entries(NUMBERED).flatMap(([command, series]) => (commands[command] === undefined ? [] : [series]));
    for (const series of new Set([...(await this.store.numbers.series()), ...ahead, ...this.#wanted])) {
      if ((this.#restsUntil.get(series) ?? 0) <= this.now() && (await this.store.numbers.runsLow(series))) {
        const count = (await this.store.numbers.usualCount(series)) || FIRST_COUNT;
        await this.mutate(LEASE, { id: this.newId(), series, count, spent: [...(await this.store.numbers.spent(series))] });
        asked = true;
      }
    }
    return asked;
  }

  /** Before a push: which requests are in it. */
  async remember(): Promise<void> {
    const requests = (await this.store.outbox.pending()).filter((queued) => queued.command === LEASE);
    this.#asked = new Map(requests.map((queued) => [queued.uuid, seriesOf(queued)]));
  }

  /** After it: a request that grants nothing rests, and nobody has to decide about it. Whether there is something to push. */
  async heard(outcomes: readonly Outcome[]): Promise<boolean> {
    let decided = false;
    for (const outcome of outcomes) {
      const series = this.#asked.get(outcome.uuid);
      if (series === undefined) {
        continue;
      }
      if ((outcome.error ?? null) === null) {
        this.#restsUntil.delete(series);
        continue;
      }
      this.#restsUntil.set(series, this.now() + (outcome.status === "settled" ? LATER_MS : MUCH_LATER_MS));
      if (outcome.status === "inbox" && typeof outcome.inboxId === "string" && (await this.#may(RESOLVE))) {
        await this.mutate(RESOLVE, { id: outcome.inboxId, action: "discard" });
        decided = true;
      }
    }
    return decided;
  }

  async #may(command: string): Promise<boolean> {
    return (await this.store.schema())?.commands[command] !== undefined;
  }
}

function seriesOf(queued: Queued): string {
  return String(queued.arguments["series"] ?? "");
}
