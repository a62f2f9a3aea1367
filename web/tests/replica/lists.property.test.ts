import { describe, expect, test } from "vitest";
import type { OutcomeStatus, Replica } from "~/replica";
import type { Json, JsonObject } from "~/values/json";
import { SOAK } from "../support/soak";
import { seenBy } from "./naive";
import type { Keeping } from "~/replica/files";
import { ALWAYS, begin, BROWSER, DEVICE, idNumber, killed, MEMBER, NEVER, pageOf, type Part, type World } from "./world";

const COLLECTIONS = ["customers", "salesOrders", "salesOrderLines", "stockMoves", "stockBalances", "warehouses"];
const STATUSES: readonly OutcomeStatus[] = ["applied", "applied", "merged", "inbox", "waiting", "parked"];
const AT = "2026-03-02T01:30:00.000000Z";

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

class Play {
  readonly log: unknown[] = [];
  private made = 100;
  private pulls = 0;
  private entries = 0;

  constructor(
    public world: World,
    private readonly roll: (sides: number) => number,
    private readonly keeping: Keeping,
  ) {}

  get replica(): Replica {
    return this.world.replica;
  }

  private id(kind: number): string {
    return idNumber(1 + this.roll(6), kind);
  }

  private stock(): JsonObject {
    return { productId: this.id(5), warehouseId: this.id(6) };
  }

  private fresh(kind: number): string {
    return idNumber(++this.made, kind);
  }

  async step(): Promise<void> {
    const which = this.roll(12);
    this.log.push(which);
    switch (which) {
      case 0:
        await this.replica.mutate("party.create_customer", { id: this.fresh(1), name: `客户${this.roll(9)}`, level: "c" });
        return;
      case 1:
        await this.replica.mutate("party.edit_customer", { id: this.id(1), level: "abcd"[this.roll(4)], custom: { a: this.roll(3), b: this.roll(2) ? null : "x" } });
        return;
      case 2:
        await this.replica.mutate(this.roll(2) ? "party.archive_customer" : "party.restore_customer", { id: this.id(1) });
        return;
      case 3: {
        const lines = [1, 2].map(() => ({ id: this.fresh(3), ...this.stock(), quantity: `${1 + this.roll(5)}.50` }));
        await this.replica.mutate("sales.create_order", { id: this.fresh(2), customer_id: this.id(1), lines });
        return;
      }
      case 4:
        await this.replica.mutate(this.roll(2) ? "sales.confirm_order" : "sales.deliver_order", { id: await this.someOrder(), ...(this.roll(2) && { warehouseId: this.id(6) }) });
        return;
      case 5:
      case 6:
        await this.replica.mutate("inventory.move_stock", { id: this.fresh(4), ...this.stock(), quantity: `${this.roll(9) - 4}` });
        return;
      case 7:
        return this.answer();
      case 8:
      case 9:
      case 10:
        return this.pull();
      default:
        this.world = await killed(this.world.driver, { keeping: this.keeping });
    }
  }

  private async someOrder(): Promise<string> {
    const { rows } = await this.replica.list({ collection: "salesOrders", limit: 50, archived: "all" });
    return rows[this.roll(rows.length)]?.id ?? idNumber(1, 2);
  }

  private async answer(): Promise<void> {
    const offered = (await this.replica.store.outbox.toOffer(1 + this.roll(4))).slice();
    const last = offered.at(-1)?.n ?? (await this.replica.store.outbox.answeredTo());
    const outcomes = offered.map(({ n, uuid }) => ({ n, uuid, status: STATUSES[this.roll(STATUSES.length)] ?? "applied" }));
    await this.replica.store.outbox.acknowledge({ outcomes, lastMutation: last, clock: `t${last}`, serverTime: AT }, DEVICE);
  }

  private row(kind: number): JsonObject {
    const own: readonly JsonObject[] = [
      {}, { name: `甲${this.roll(9)}`, level: "abcd"[this.roll(4)] ?? "a", archivedAt: this.roll(4) ? null : AT, erasedAt: this.roll(9) ? null : AT, custom: { a: this.roll(3) } },
      { state: ["draft", "confirmed", "delivered"][this.roll(3)] ?? "draft", customerId: this.id(1) }, { orderId: this.id(2), ...this.stock(), quantity: "2" },
      { ...this.stock(), quantity: "1" }, {}, { name: "库", archivedAt: this.roll(3) ? AT : null }, { ...this.stock(), onHand: `${this.roll(90)}` },
    ];
    return { id: kind === 4 && this.roll(2) ? idNumber(100 + this.roll(20), 4) : this.id(kind), version: 1 + this.roll(9), createdAt: AT, updatedAt: AT, ownerId: MEMBER, ...own[kind] };
  }

  private part(name: string, kind: number): Part {
    const mode = this.roll(6) === 0 ? "replace" : "delta";
    return { name, mode, removes: mode === "delta" && this.roll(3) === 0 ? [this.id(kind)] : [], puts: this.unique(Array.from({ length: this.roll(4) }, () => this.row(kind))) };
  }

  private unique(rows: readonly JsonObject[]): readonly JsonObject[] {
    return [...new Map(rows.map((row) => [row["id"], row])).values()];
  }

  private entry(): JsonObject {
    const number = this.roll(4);
    const state = ["open", "parked", "waiting", "discarded"][this.roll(4)] ?? "open";
    const [command, given]: readonly [string, JsonObject] =
      this.roll(2) === 0
        ? ["sales.create_order", { id: idNumber(50 + number, 2), lines: [{ id: idNumber(50 + number, 3), ...this.stock(), quantity: "3" }] }]
        : ["party.edit_customer", { id: this.id(1), level: "a" }];
    return { id: idNumber(number, 8), version: ++this.entries, createdAt: `2026-03-02T01:30:0${number}.000000Z`, madeAt: AT, mutationId: `u${number}`, ownerId: this.roll(5) ? MEMBER : "x", command, state, arguments: given as Json };
  }

  private async pull(): Promise<void> {
    const names: readonly (readonly [string, number])[] = [["customers", 1], ["salesOrders", 2], ["salesOrderLines", 3], ["stockMoves", 4], ["warehouses", 6], ["stockBalances", 7]];
    const parts = names.filter(() => this.roll(2) === 0).map(([name, kind]) => this.part(name, kind));
    if (this.roll(3) === 0) parts.push({ name: "inbox", mode: this.roll(4) ? "delta" : "replace", puts: [this.entry()] });
    const rebase = this.roll(10) === 0;
    const asked = await this.replica.store.standing();
    this.log.push({ rebase, names: parts.map((p) => [p.name, p.mode]) });
    const page = pageOf(`c${++this.pulls}`, parts.map((part) => (rebase ? { ...part, mode: "replace", removes: [] } : part)), { rebase, more: this.roll(5) === 0 });
    expect(await this.replica.store.keep(page, asked)).toBe(true);
  }
}

async function listed(replica: Replica, collection: string): Promise<Readonly<Record<string, JsonObject>>> {
  const { rows } = await replica.list({ collection, limit: 500, archived: "all" });
  return Object.fromEntries(rows.map((row) => [row.id, row]));
}

// In a browser each statement is a message to the worker.
const [SEEDS, STEPS] = BROWSER ? (SOAK ? [12, 60] : [1, 20]) : [SOAK ? 240 : 12, 60];

describe("lists are what the rows' rules say, whatever happens in whatever order", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))("seed %i", async (seed) => {
    const keeping = seed % 2 === 0 ? ALWAYS : NEVER;
    const play = new Play(await begin({ keeping }), dice(seed), keeping);
    for (let step = 0; step < STEPS; step++) {
      await play.step();
      const seen = await seenBy(play.replica, COLLECTIONS);
      for (const [collection, rows] of seen) {
        expect({ step, log: JSON.stringify(play.log.slice(-6)), collection, rows: await listed(play.replica, collection) }).toEqual({ step, log: expect.anything(), collection, rows: Object.fromEntries(rows) });
      }
    }
  }, SOAK ? 300_000 : 60_000);
});
