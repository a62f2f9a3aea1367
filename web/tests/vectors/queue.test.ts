import { describe, expect, test } from "vitest";
import type { PushAnswer, Standing } from "~/replica";
import type { JsonObject } from "~/values/json";
import barrier from "../../../sync/vectors/barrier.json";
import live from "../../../sync/vectors/live.json";
import numbers from "../../../sync/vectors/numbers.json";
import { follows, parsePage } from "~/replica";
import { begin, DEVICE, idNumber, killed, pageOf, pull } from "../replica/world";

interface Step {
  readonly answer?: { readonly clock: string; readonly lastMutation: number };
  readonly pull?: { readonly sends: string | null };
  readonly pullBegins?: { readonly sends: string | null };
  readonly pullEnds?: object;
  readonly overlay?: readonly number[];
  readonly offers?: readonly number[];
}

describe("barrier.json", () => {
  for (const restarts of [false, true]) {
    test.each(barrier as readonly { name: string; steps: readonly Step[] }[])(`$name ${restarts ? "(killed after each step)" : ""}`, async ({ steps }) => {
      let { driver, replica } = await begin();
      await replica.mutate("party.create_customer", { id: idNumber(1), name: "一" });
      await replica.mutate("party.create_customer", { id: idNumber(2), name: "二" });
      const uuids = (await replica.store.outbox.pending()).map(({ uuid }) => uuid);
      await pull(replica, "c0", []);
      const sent = Math.max(...steps.map(({ answer }) => answer?.lastMutation ?? 0));
      let asked: Standing = await replica.store.standing();
      for (const [number, step] of steps.entries()) {
        const { outbox } = replica.store;
        if (step.answer !== undefined) {
          const { clock, lastMutation } = step.answer;
          const outcomes = Array.from({ length: step.offers === undefined ? lastMutation : 0 }, (_, at) => ({ n: at + 1, uuid: uuids[at] ?? "", status: "applied" as const }));
          const answer: PushAnswer = { outcomes, lastMutation, clock, serverTime: "2026-03-02T01:30:00Z" };
          const answered = await outbox.answeredTo();
          await outbox.acknowledge(answer, DEVICE);
          if (step.offers !== undefined) {
            expect(lastMutation).toBeLessThan(answered);
            await outbox.unanswerAfter(lastMutation);
          }
        }
        if (step.pull ?? step.pullBegins) {
          asked = await replica.store.standing();
          expect(asked.barrier).toBe((step.pull ?? step.pullBegins)?.sends);
        }
        if (step.pull ?? step.pullEnds) expect(await replica.store.keep(pageOf(`c${number + 1}`, []), asked)).toBe(true);
        if (restarts && !step.pullBegins) ({ driver, replica } = await killed(driver));
        if (step.overlay !== undefined) {
          expect((await replica.store.outbox.overlay()).map(({ n }) => n).filter((n) => n <= sent)).toEqual(step.overlay);
          const { rows } = await replica.list({ collection: "customers", limit: 10 });
          expect(rows.map(({ id }) => id).filter((id) => id <= idNumber(sent)).sort()).toEqual(step.overlay.map((n) => idNumber(n)));
        }
        if (step.offers !== undefined) expect((await replica.store.outbox.toOffer(10)).map(({ n }) => n)).toEqual(step.offers);
      }
    });
  }
});

describe("live.json", () => {
  test.each(live.follows as readonly { cursor: string; follows: string }[])("$cursor", ({ cursor, follows: told }) => {
    expect(follows(cursor)).toBe(told);
  });

  test.each(live.pages as unknown as readonly { name: string; cursor: string; page: string; kept: boolean; stands: string; overlay: readonly number[] }[])("$name", async (given) => {
    const { replica } = await begin();
    await replica.mutate("party.create_customer", { id: "018f0000-0000-7000-8000-00000000000c" });
    const [queued] = await replica.store.outbox.pending();
    await pull(replica, given.cursor, []);
    await replica.store.outbox.acknowledge({ outcomes: [{ n: 1, uuid: queued?.uuid ?? "", status: "applied" }], lastMutation: 1, clock: "t1", serverTime: "2026-03-02T01:30:00Z" }, DEVICE);
    expect(await replica.store.keepLive(parsePage(given.page))).toBe(given.kept);
    expect((await replica.store.standing()).cursor).toBe(given.stands);
    expect((await replica.store.outbox.overlay()).map(({ n }) => n)).toEqual(given.overlay);
  });
});

describe("numbers.json", () => {
  interface Case {
    readonly name: string;
    readonly deviceId: string;
    readonly leases: readonly JsonObject[];
    readonly taken: Readonly<Record<string, number>>;
    readonly numbers: readonly string[];
    readonly spent: readonly string[];
  }

  test.each(numbers as unknown as readonly Case[])("$name", async ({ deviceId, leases, taken, numbers: told, spent }) => {
    const { driver, replica } = await begin();
    const own = leases.map((lease) => ({ ...lease, deviceId: lease["deviceId"] === deviceId ? DEVICE : (lease["deviceId"] ?? null) }));
    await pull(replica, "c1", [{ name: "numberLeases", puts: own }]);
    const db = await driver.open("own", "own");
    await db.tx((inside) => inside.runMany("INSERT INTO number_next (lease_id, value) VALUES (?, ?)", Object.entries(taken).map(([lease, value]) => [lease, value + 1])));
    expect(await replica.store.numbers.left("s")).toBe(told.length);
    const found: string[] = [];
    for (let number = await replica.takeNumber("s", "tab"); number !== null; number = await replica.takeNumber("s", "tab")) found.push(number);
    expect(found).toEqual(told);
    expect(await replica.store.numbers.spent("s")).toEqual(spent);
    expect(await replica.takeNumber("s", "tab")).toBeNull();
  });
});
