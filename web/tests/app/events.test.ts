/** Notifications: what colleagues did with one's rows, and nothing that is none. */
import { beforeEach, describe, expect, test } from "vitest";
import { happenings, type Rows } from "~/app/shell/events";
import type { Condition, MemberSchema, Row } from "~/device/api";
import type { Json } from "~/values/json";

const [LI, WANG] = ["li", "wang"];
type Fields = Record<string, string | number | null>;
let here: Record<string, Map<string, Row>>;
let kept: Map<string, Json>;
let clock: number;

const instant = (): string => new Date(Date.UTC(2026, 2, 2) + clock++ * 1000).toISOString().replace("Z", "000Z");
function put(collection: string, id: string, who: string, fields: Fields): string {
  const at = instant();
  const before = here[collection]?.get(id);
  const made = { id, version: 1, _state: null, createdAt: at, createdById: who, ownerId: LI, archivedAt: null };
  here[collection]?.set(id, { ...(before ?? made), ...fields, updatedAt: at, updatedById: who } as Row);
  return at;
}

const holds = (row: Row, { field, op, value }: Condition): boolean => {
  const [own, other] = [String(row[field] ?? ""), String(value)];
  return op === "eq" ? own === other : op === "ne" ? own !== other : own > other;
};
const device = {
  me: { memberId: LI },
  kept: { read: async (name: string) => kept.get(name) ?? null, write: async (name: string, value: Json) => void kept.set(name, value), under: async () => new Map() },
  schema: async () => ({ collections: Object.fromEntries(Object.keys(here).map((name) => [name, {}])) }) as unknown as MemberSchema,
  rows: async (collection: string, ids: readonly string[]) => ids.flatMap((id) => here[collection]?.get(id) ?? []),
  list: async ({ collection, where = [], limit }: { collection: string; where?: readonly Condition[]; limit: number }) => {
    const found = [...(here[collection] ?? new Map<string, Row>()).values()].filter((row) => where.every((one) => holds(row, one)));
    return { rows: found.toSorted((one, other) => (String(one["updatedAt"]) < String(other["updatedAt"]) ? 1 : -1)).slice(0, limit), total: found.length };
  },
} as unknown as Rows;
const told = async (): Promise<string[]> => (await happenings(device, true)).map(({ what, who, called }) => [what, who, called].filter((part) => part !== "").join(" "));

beforeEach(async () => {
  [kept, clock] = [new Map(), 0];
  here = Object.fromEntries(["members", "customers", "salesOrders", "salesOrderLines"].map((name) => [name, new Map()]));
  put("members", WANG, WANG, { name: "王经理" });
  put("customers", "old", WANG, { name: "甲" });
  put("salesOrders", "so", LI, { number: "SO-1", customerId: "old", state: "draft" });
  put("salesOrderLines", "line", LI, { orderId: "so", quantity: "2" });
  put("salesOrders", "done", WANG, { number: "SO-0", customerId: "old", state: "confirmed", confirmedAt: instant(), confirmedById: WANG });
});

describe("no news", () => {
  test("before the first load is complete, and of all that came with it", async () => {
    expect(await happenings(device, false)).toEqual([]);
    expect(kept.size).toBe(0);
    expect(await told()).toEqual([]);
    expect(await told()).toEqual([]);
  });

  test("is a colleague's edit of a customer that one has had", async () => {
    await told();
    put("customers", "old", WANG, { level: "a" });
    expect(await told()).toEqual([]);
  });

  test("is what one did oneself, or what belongs to others", async () => {
    await told();
    put("salesOrders", "so", LI, { state: "confirmed", confirmedAt: instant(), confirmedById: LI });
    put("salesOrderLines", "line", LI, { quantity: "3" });
    put("customers", "mine", LI, { name: "乙" });
    put("salesOrders", "theirs", WANG, { number: "SO-9", ownerId: WANG, state: "cancelled", cancelledAt: instant(), cancelledById: WANG });
    expect(await told()).toEqual([]);
  });

  test("is an order that a colleague wrote, nor an edit of one's own that still waits here", async () => {
    await told();
    here["salesOrders"]?.set("new", { ...(here["salesOrders"].get("so") as Row), id: "new", createdById: WANG, updatedById: WANG, createdAt: "2027", updatedAt: "2027" });
    put("salesOrders", "done", WANG, { state: "draft", confirmedAt: null, _state: "pending" });
    expect(await told()).toEqual([]);
  });
});

describe("news", () => {
  test.each(["confirmed", "delivered", "cancelled"])("that somebody else has %s the order", async (what) => {
    await told();
    const at = put("salesOrders", "so", WANG, { state: what, [`${what}ById`]: WANG });
    here["salesOrders"]?.set("so", { ...(here["salesOrders"].get("so") as Row), [`${what}At`]: at });
    expect(await told()).toEqual([`${what} 王经理 SO-1 · 甲`]);
    expect(await told()).toEqual([`${what} 王经理 SO-1 · 甲`]);
  });

  test("that somebody else edited it or a line of it; the last edit of several", async () => {
    await told();
    put("salesOrders", "so", WANG, { notes: "急" });
    const [first] = await happenings(device, true);
    const at = put("salesOrderLines", "line", WANG, { quantity: "11" });
    const [last, ...more] = await happenings(device, true);
    expect([first?.what, last?.what, last?.at, more]).toEqual(["edited", "edited", at, []]);
    expect(first?.key).not.toBe(last?.key);
  });

  test("that a customer was handed over, once, and not that its orders were edited with it", async () => {
    await told();
    const at = put("customers", "came", WANG, { name: "丙" });
    for (const [collection, id] of [["salesOrders", "with"], ["salesOrderLines", "withit"]] as const) {
      put(collection, id, WANG, { number: "SO-7", customerId: "came", orderId: "with", state: "draft" });
      here[collection]?.set(id, { ...(here[collection].get(id) as Row), updatedAt: at, createdAt: "2025" });
    }
    expect(await told()).toEqual(["handedOver 丙"]);
    put("customers", "came", WANG, { level: "b" });
    const [found, ...more] = await happenings(device, true);
    expect([found?.at, more]).toEqual([at, []]);
  });

  test("without the sales module is of customers alone", async () => {
    here = { members: here["members"] ?? new Map(), customers: here["customers"] ?? new Map() };
    await told();
    put("customers", "came", WANG, { name: "丙" });
    expect(await told()).toEqual(["handedOver 丙"]);
  });
});
