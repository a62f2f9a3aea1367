import { describe, expect, test } from "vitest";
import type { Condition, GroupQuery, ListQuery, Order } from "~/device/api";
import { compared } from "~/replica/column";
import { Columns } from "~/replica/columns";
import type { Replica } from "~/replica";
import type { JsonObject } from "~/values/json";
import { SOAK } from "../support/soak";
import { ALWAYS, begin, BROWSER, DEVICE, idNumber, killed, NEVER, pageOf, type World } from "./world";

const AT = "2026-03-02T01:30:00.000000Z";
const NAMES = ["甲", "Ångström", "zebra", "Zebra", "𠮷野家", "龥龥", "\ue000", "a_b%", "", "乙丙", "100"];
const ORDERS: readonly (readonly Order[])[] = [
  [], [{ field: "name" }], [{ field: "name", desc: true }], [{ field: "level" }, { field: "name" }], [{ field: "region", desc: true }, { field: "level" }],
  [{ field: "creditLimitMinor" }, { field: "region" }, { field: "name", desc: true }], [{ field: "code", desc: true }], [{ field: "level", desc: true }, { field: "createdAt", desc: true }],
];

function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Both lives have the same times. */
function ticking(day = 0): () => Date {
  let ticks = 0;
  return () => new Date(Date.UTC(2026, 4, 1 + day) + 1_000 * ticks++);
}

/** The same life twice: lists from memory, and from the file. */
class Twins {
  private made = 1_000;
  private pulls = 0;
  private kills = 0;

  private constructor(
    public kept: World,
    public asked: World,
    readonly roll: (sides: number) => number,
  ) {}

  static async begin(seed: number): Promise<Twins> {
    return new Twins(await begin({ keeping: ALWAYS, now: ticking() }), await begin({ keeping: NEVER, now: ticking() }), dice(seed));
  }

  private one<T>(of: readonly T[]): T {
    return of[this.roll(of.length)] as T;
  }

  private row(number: number): JsonObject {
    return {
      id: idNumber(number, 1), version: 1 + this.roll(9), name: this.one(NAMES), code: this.roll(4) ? `KH-${this.roll(40)}` : null, level: this.one(["a", "b", "c", null]),
      region: this.one(["杭州", "上海", null, ""]), creditLimitMinor: this.roll(3) ? this.roll(50) - 10 : null, tagIds: Array.from({ length: this.roll(3) }, () => idNumber(this.roll(4), 2)),
      custom: { a: this.roll(3) }, archivedAt: this.roll(5) ? null : AT, erasedAt: this.roll(12) ? null : AT, createdAt: `2026-03-0${1 + this.roll(9)}T01:30:00.000000Z`,
      updatedAt: `2026-04-${10 + this.roll(20)}T01:30:00.000000Z`, parentId: this.roll(3) ? null : idNumber(this.roll(9), 1),
    };
  }

  private async both(work: (replica: Replica) => Promise<unknown>): Promise<void> {
    await Promise.all([work(this.kept.replica), work(this.asked.replica)]);
  }

  /** More than a hundred at once stand in a layer before the list, for a while. */
  async pull(rows: number): Promise<void> {
    const numbers = new Set(Array.from({ length: rows }, () => this.roll(400)));
    const puts = [...numbers].map((number) => this.row(number));
    const removes = this.roll(2) ? [idNumber(this.roll(400), 1)].filter((id) => !puts.some((row) => row["id"] === id)) : [];
    const mode = this.roll(15) === 0 ? "replace" : "delta";
    const page = pageOf(`c${++this.pulls}`, [{ name: "customers", mode, puts, removes: mode === "delta" ? removes : [] }], { rebase: this.roll(25) === 0 });
    await this.both(async (replica) => expect(await replica.store.keep(page, await replica.store.standing())).toBe(true));
  }

  /** A person goes on with rows that are about to change beneath. */
  async pullMeanwhile(): Promise<void> {
    const numbers = [...new Set(Array.from({ length: 260 }, () => this.roll(400)))];
    const puts = numbers.map((number): JsonObject => ({ ...this.row(number), archivedAt: null, erasedAt: null }));
    const shown = await this.asked.replica.rows("customers", puts.map((row) => String(row["id"])));
    const edited = shown.filter((row) => row["archivedAt"] === null).slice(0, 12).map(({ id }) => ({ id, level: this.one(["a", "b", "c"]), name: this.one(NAMES.filter((name) => name !== "")) }));
    const page = pageOf(`c${++this.pulls}`, [{ name: "customers", mode: "delta", puts, removes: [] }], {});
    const [after, pause] = [this.roll(30), this.roll(4)];
    await this.both(async (replica) => {
      const edits = async (): Promise<void> => {
        await new Promise((later) => setTimeout(later, after));
        for (const args of edited) {
          await replica.mutate("party.edit_customer", args);
          await new Promise((later) => setTimeout(later, pause));
        }
      };
      await Promise.all([replica.store.standing().then((standing) => replica.store.keep(page, standing)), edits()]);
    });
  }

  async step(): Promise<void> {
    const id = idNumber(this.roll(400), 1);
    switch (this.roll(10)) {
      case 9:
        return this.pullMeanwhile();
      case 0: {
        const args = { id: idNumber(++this.made, 1), name: this.one(NAMES), level: "c" };
        return this.both((replica) => replica.mutate("party.create_customer", args));
      }
      case 1:
      case 2: {
        const args = { id, level: this.one(["a", "b", "c"]), region: this.one(["杭州", "宁波"]) };
        return this.both((replica) => replica.mutate("party.edit_customer", args));
      }
      case 3: {
        const command = this.one(["party.archive_customer", "party.restore_customer"]);
        return this.both((replica) => replica.mutate(command, { id }));
      }
      case 4:
        return this.answer();
      case 5:
        return this.pull(150 + this.roll(150));
      case 6:
        return this.roll(4) ? this.pull(this.roll(20)) : this.kill();
      default:
        return this.pull(this.roll(20));
    }
  }

  private async answer(): Promise<void> {
    const status = this.one(["applied", "merged", "inbox", "parked"] as const);
    await this.both(async (replica) => {
      const offered = await replica.store.outbox.toOffer(3);
      const last = offered.at(-1)?.n ?? (await replica.store.outbox.answeredTo());
      await replica.store.outbox.acknowledge({ outcomes: offered.map(({ n, uuid }) => ({ n, uuid, status })), lastMutation: last, clock: `t${last}`, serverTime: AT }, DEVICE);
    });
  }

  private async kill(): Promise<void> {
    this.kills += 1;
    this.kept = await killed(this.kept.driver, { keeping: ALWAYS, now: ticking(this.kills) });
    this.asked = await killed(this.asked.driver, { keeping: NEVER, now: ticking(this.kills) });
  }

  private condition(): Condition {
    const text = (): Condition => ({ field: this.one(["name", "code", "region", "level"]), op: this.one(["eq", "ne", "lt", "le", "gt", "ge", "contains", "startsWith"] as const), value: this.one([...NAMES, "a", "b", "杭州", "KH-1", 7]) });
    const others: readonly Condition[] = [
      { field: "level", op: "in", value: ["a", "c", null] }, { field: "level", op: "eq", value: null }, { field: "region", op: this.one(["empty", "filled"] as const) },
      { field: "creditLimitMinor", op: this.one(["lt", "ge", "eq", "ne"] as const), value: this.roll(40) - 8 }, { field: "tagIds", op: "has", value: [idNumber(this.roll(4), 2)] },
      { field: "tagIds", op: "empty" }, { field: "updatedAt", op: "ge", value: "2026-04-18T00:00:00Z" }, { field: "parentId", op: "eq", value: idNumber(this.roll(9), 1) },
      { field: "_state", op: "filled" }, { field: "custom.a", op: "eq", value: 1 }, { field: "creditLimitMinor", op: "empty" }, { field: "code", op: "lt", value: null },
    ];
    return this.roll(2) ? text() : this.one(others);
  }

  question(): ListQuery {
    const where = Array.from({ length: this.roll(3) }, () => this.condition());
    const archived = this.one([undefined, "only", "all"] as const);
    const text = this.roll(5) ? undefined : this.one(["ze", "kh-1", "甲", "  ", "%"]);
    return { collection: "customers", where, orderBy: this.one(ORDERS), limit: this.one([1, 7, 500]), offset: this.one([0, 0, 5, 60]), ...(archived && { archived }), ...(text !== undefined && { text }) };
  }
}

const [SEEDS, STEPS] = BROWSER ? [SOAK ? 6 : 1, 15] : [SOAK ? 150 : 8, 40];

describe("a list in memory answers as the file does", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))("seed %i", async (seed) => {
    const twins = await Twins.begin(seed);
    await twins.pull(300);
    for (let step = 0; step < STEPS; step++) {
      await twins.step();
      for (let asked = 0; asked < 6; asked++) {
        const query = twins.question();
        const [kept, plain] = await Promise.all([twins.kept.replica.list(query), twins.asked.replica.list(query)]);
        expect({ seed, step, query, total: kept.total, rows: kept.rows }).toEqual({ seed, step, query, total: plain.total, rows: plain.rows });
      }
      const { limit: _, offset: __, orderBy: ___, ...question } = twins.question();
      const counting: GroupQuery = { ...question, by: "level" };
      expect(await twins.kept.replica.groups(counting)).toEqual(await twins.asked.replica.groups(counting));
    }
  }, SOAK ? 600_000 : 90_000);

  test("questions while it is read, and while many rows arrive", async () => {
    const twins = await Twins.begin(77);
    for (let round = 0; round < (BROWSER ? 2 : 6); round++) {
      const arriving = twins.pull(250);
      const answers = await Promise.all(Array.from({ length: 8 }, () => twins.kept.replica.list({ collection: "customers", orderBy: [{ field: "name" }], limit: 20 })));
      for (const { rows, total } of answers) expect(rows.length).toBe(Math.min(20, total));
      await arriving;
      const query = twins.question();
      expect(await twins.kept.replica.list(query)).toEqual(await twins.asked.replica.list(query));
    }
  }, 60_000);
});

describe("columns", () => {
  test("values are ordered as SQLite orders them", () => {
    const texts = ["", "A", "a", "龥", "\ue000", "\uffee", "𠮷", "𠮷a"];
    expect(texts.toReversed().toSorted((a, b) => compared(a, b))).toEqual(texts);
    expect([3, "1", null, -2].toSorted((a, b) => compared(a, b))).toEqual([null, -2, 3, "1"]);
  });

  test("a column of more different values than are kept once, rows coming and going", () => {
    const ids = Array.from({ length: 6_000 }, (_, at) => idNumber(at));
    const columns = new Columns(ids);
    columns.add("code", ids, ids.map((_, at) => `K${(at * 7_919) % 6_000}`));
    columns.add("level", ids, ids.map((_, at) => "abc"[at % 3] ?? null));
    const every = { tests: [], only: null, idDesc: false };
    const byCode = { ...every, sortings: [{ column: "code", desc: false }] };
    expect(columns.answer(byCode, "1", 0, 3).ids).toEqual([0, 1, 10].map((code) => idNumber(ids.findIndex((_, at) => (at * 7_919) % 6_000 === code))));
    columns.change([idNumber(9_999), idNumber(5)], [["K", "J"], ["a", "b"]], [idNumber(0)]);
    expect(columns.answer(byCode, "2", 0, 2)).toEqual({ ids: [idNumber(5), idNumber(9_999)], total: 6_000 });
    const byLevel = { ...every, sortings: [{ column: "level", desc: true }, { column: "code", desc: false }] };
    expect(columns.answer(byLevel, "3", 1_999, 1).ids).toEqual([idNumber(5)]);
    const typed = (only: readonly string[]) => columns.answer({ ...byCode, only }, "4", 0, 10);
    expect([typed([idNumber(7)]).total, typed([idNumber(7), idNumber(0), idNumber(8)]).total]).toEqual([1, 2]);
  });
});
