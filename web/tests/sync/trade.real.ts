/** A keeper's day without a network, with numbers of the device's own (PROTOCOL.md, 5.2, 10): order, count, delivery. */
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Row } from "~/device/api";
import { ORDER_SERIES } from "~/values/numbered";
import { type Company, signUp } from "./company";
import { type TestDevice, closeAll, device } from "./devices";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

async function rowsOf(one: TestDevice, collection: string): Promise<readonly Row[]> {
  return (await one.replica.list({ collection, limit: 500 })).rows;
}

async function balance(one: TestDevice, product: string): Promise<Row> {
  const found = (await rowsOf(one, "stockBalances")).find((row) => row["productId"] === product);
  if (found === undefined) {
    throw new Error("no balance shows");
  }
  return found;
}

test("a series that nobody may lease from is not asked for again at every sync", async () => {
  const a = await device(company);
  await a.sync.syncNow();
  expect(await a.sync.takeNumber("no.such.series", "tab")).toBeNull();
  await a.sync.syncNow();
  await a.sync.syncNow();
  const before = a.network.asked("/sync/v1/push");
  await a.sync.syncNow();
  expect(a.network.asked("/sync/v1/push")).toBe(before);
  expect(await a.replica.inbox()).toEqual([]);
});

test("order, count and delivery, all offline, arrive in their order", async () => {
  const [a, b] = [await device(company), await device(company)];
  await a.sync.syncNow();
  await b.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "离线门店" });
  const product = await a.mutate("catalog.create_product", { name: "茶叶", listPrice: "12.50", currency: "CNY" });
  const warehouse = await a.mutate("inventory.create_warehouse", { name: "主仓" });
  await a.mutate("inventory.record_stock_move", { productId: product, warehouseId: warehouse, quantity: "10", kind: "receipt" });
  await a.sync.syncNow();

  // Nothing was numbered here before, and some are here all the same: the first meeting brought them.
  a.network.down = true;
  const number = await a.sync.takeNumber(ORDER_SERIES, "tab");
  expect(number).toMatch(/^SO-\d{6}$/);
  const order = await a.mutate("sales.create_order", { customerId: customer, number, lines: [{ productId: product, quantity: "4" }] });
  await a.mutate("sales.confirm_order", { id: order });
  const { onHand, lastCountLineId } = await balance(a, product);
  expect(onHand).toBe("10");
  const counted = [{ productId: product, counted: "9", expected: String(onHand), after: lastCountLineId ?? null }];
  await a.mutate("inventory.post_stock_count", { warehouseId: warehouse, lines: counted });
  expect(await balance(a, product)).toMatchObject({ onHand: "9", _state: "pending" });
  await a.mutate("sales.deliver_order", { id: order, warehouseId: warehouse });
  expect(await a.replica.row("salesOrders", order)).toMatchObject({ state: "delivered", number, _state: "pending" });
  expect(await balance(a, product)).toMatchObject({ onHand: "5", _state: "pending" });

  a.network.down = false;
  await a.sync.syncNow();
  await a.sync.syncNow();
  await b.sync.syncNow();
  expect(await a.replica.inbox()).toEqual([]);
  for (const one of [a, b]) {
    expect(await one.replica.row("salesOrders", order)).toMatchObject({ state: "delivered", number, _state: null });
    expect(Number((await balance(one, product))["onHand"])).toBe(5);
    expect(await one.sync.verifying.verify()).toEqual([]);
  }
});

test("what the device asks for by itself is no edit of anybody's that waits", async () => {
  const a = await device(company);
  await a.sync.syncNow();
  a.network.down = true;
  await a.replica.mutate("tenants.lease_numbers", { id: crypto.randomUUID(), series: ORDER_SERIES, count: 1, spent: [] });
  expect((await a.sync.status()).pending).toBe(0);
  await a.mutate("party.create_customer", { name: "离线门店" });
  expect((await a.sync.status()).pending).toBe(1);
  expect(await a.replica.store.outbox.pendingCount()).toBe(2);
});

test("a number that a closed tab took and used nowhere is voided at the next sync", async () => {
  const a = await device(company, { isHolderGone: (holder) => holder === "closed" });
  await a.sync.syncNow();
  const [kept, lost] = [await a.sync.takeNumber(ORDER_SERIES, "open"), await a.sync.takeNumber(ORDER_SERIES, "closed")];
  expect([kept, lost].every((number) => number !== null)).toBe(true);
  const met = await a.sync.syncNow();
  expect(met.outcomes.map((outcome) => outcome.status)).toEqual(["applied"]);
  expect((await a.sync.syncNow()).outcomes).toEqual([]);
});
