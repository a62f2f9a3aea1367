/** The closed loop from an empty company to a counted shelf: with a network, and without one after the sign-up. */
import { Asked } from "../support/graphql.ts";
import { Hand } from "./hand.ts";
import { confirm, count, deliver, makeRow, newCompany, quote, receive, shownRows, signUp, type NewCompany } from "./loop.ts";
import { expect, kept, offline, synced, test, type Stage } from "./stage.ts";

const PRODUCT = { 商品名称: "晨光签字笔", 商品编码: "6901234500017", 计量单位: "盒", 标准售价: "12.50" };

/** Ends where the count was posted: 100 in, 30 sold, 68 found. */
async function work(hand: Hand): Promise<void> {
  await makeRow(hand, "商品", PRODUCT);
  await makeRow(hand, "仓库", { 仓库名称: "主仓" });
  await receive(hand, "晨光签字笔", "100");
  await makeRow(hand, "客户", { 客户名称: "杭州西湖书店", 电话: "0571-87654321" });
  await quote(hand, { customer: "杭州西湖书店", product: "晨光签字笔", quantity: "30" });
  await expect(hand.main.getByText("¥375.00").first()).toBeVisible();
  await confirm(hand);
  await deliver(hand);
}

async function onTheServer(url: string, company: NewCompany): Promise<unknown> {
  const asked = await Asked.as(url, company);
  const [balances, orders, moves, counts] = await Promise.all([
    asked.nodes<{ onHand: string; product: { name: string } }>("stockBalances(first: 10) { edges { node { onHand product { name } } } }"),
    asked.nodes("salesOrders(first: 10) { edges { node { state totalMinor customer { name } } } }"),
    asked.nodes<{ kind: string; quantity: string }>("stockMoves(first: 10) { edges { node { kind quantity } } }"),
    asked.nodes("stockCounts(first: 10) { edges { node { state } } }"),
  ]);
  return { balances, orders, counts, moves: moves.map(({ kind, quantity }) => `${kind} ${Number(quantity)}`).toSorted() };
}

const AFTER_ALL = {
  balances: [{ onHand: expect.stringMatching(/^68(\.0+)?$/), product: { name: "晨光签字笔" } }],
  orders: [{ state: "delivered", totalMinor: "37500", customer: { name: "杭州西湖书店" } }],
  counts: [{ state: "posted" }],
  moves: ["count -2", "delivery -30", "receipt 100"],
};

// In the short form each width goes through it one way, in the long form both ways.
test.describe("at a desk", () => {
  test.skip(({ isMobile }) => isMobile);
  test("the thin loop with a network", ({ server, newDevice }) => withANetwork({ server, newDevice }));
  test("the thin loop without a network @long", ({ server, newDevice }) => withoutANetwork({ server, newDevice }));
});

test.describe("on a phone", () => {
  test.skip(({ isMobile }) => !isMobile);
  test("the thin loop without a network", ({ server, newDevice }) => withoutANetwork({ server, newDevice }));
  test("the thin loop with a network @long", ({ server, newDevice }) => withANetwork({ server, newDevice }));
});

async function withANetwork({ server, newDevice }: Stage): Promise<void> {
  const device = await newDevice();
  const hand = new Hand(await device.open());
  const company = newCompany("晨光文具");
  await signUp(hand, company);
  await work(hand);
  await synced(hand.page);
  await expect(hand.page.getByText("已出库").first()).toBeVisible();
  await count(hand, PRODUCT.商品编码, "68");
  await synced(hand.page);
  await hand.go("现存量");
  expect((await shownRows(hand.page)).join()).toContain("68");
  expect(await onTheServer(server.url, company)).toEqual(AFTER_ALL);
}

async function withoutANetwork({ server, newDevice }: Stage): Promise<void> {
  const device = await newDevice();
  const hand = new Hand(await device.open());
  const company = newCompany("云水文具");
  await signUp(hand, company);
  await synced(hand.page);
  await kept(hand.page);
  await device.line.cut();
  await offline(hand.page);
  await work(hand);
  await count(hand, PRODUCT.商品编码, "68");
  await device.close();
  const again = new Hand(await device.open("/list/salesOrders"));
  await offline(again.page);
  expect((await shownRows(again.page)).join()).toContain("杭州西湖书店");
  await device.line.mend();
  await synced(again.page);
  await again.go("现存量");
  await expect(again.page.locator("main [data-row-id]").first()).toContainText("68");
  expect(await onTheServer(server.url, company)).toEqual(AFTER_ALL);
}
