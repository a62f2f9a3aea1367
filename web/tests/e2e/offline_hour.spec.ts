/** An hour's work while the server stands still, then everything lands once and the clashes are explained. */
import type { Page } from "@playwright/test";
import { phoneText } from "../../src/values/phone.ts";
import { Asked } from "../support/graphql.ts";
import { loaded } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { editCustomer, enter, followUp, openEntry, visit } from "./demo.ts";
import { Hand } from "./hand.ts";
import { quoteByKeyboard } from "./keyboard.ts";
import { expect, kept, offline, synced, test } from "./stage.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What a spreadsheet puts on the clipboard: product by code, three columns that the device fills, quantity, price. */
const BLOCK = ["YP-001\t\t\t\t2\t260", "YP-002\t\t\t\t5\t", "YP-006\t\t\t\t1,200\t1.2"].join("\n");

test.skip(({ isMobile }) => isMobile, "the desk's hour");
test.setTimeout(360_000);

test("an hour without a server @long", async ({ server, newDevice }) => {
  const desk = await newDevice({ permissions: ["clipboard-read", "clipboard-write"] });
  const hand = new Hand(await enter(desk, DEMO.admin));
  await synced(hand.page);
  await kept(hand.page);
  const admin = await Asked.as(server.url, DEMO.admin);
  // Those that the colleague of the end sees too.
  const rep = await Asked.as(server.url, DEMO.rep);
  const customers = await rep.nodes<Named>("customers(first: 4) { edges { node { id name } } }");
  const [mine, theirs, both, photographed] = customers as readonly [Named, Named, Named, Named];
  const edited = [mine, theirs, both];

  // The line breaks first, and a colleague goes on; then the server stands still for everybody.
  await desk.line.cut();
  await offline(hand.page);
  const lead = await Asked.as(server.url, DEMO.admin);
  for (const [at, { id }] of edited.entries()) {
    await lead.ask("mutation($input: EditCustomerInput!) { editCustomer(input: $input) { id } }", { input: { id, phone: `0571-2222000${at}` } });
  }
  await server.stop();
  await desk.line.mend();

  const photo = await hand.page.screenshot({ clip: { x: 0, y: 0, width: 64, height: 48 } });
  await followUp(hand, { customer: photographed.name, content: "看了样品，要三十箱", photo });
  await followUp(hand, { customer: mine.name, content: "电话里谈了账期" });
  await followUp(hand, { customer: theirs.name, content: "约好下周送货" });
  for (const [at, customer] of edited.entries()) await editCustomer(hand.page, desk.url, customer, { 电话: `0571-1111000${at}`, 地址: `文三路 ${at + 1} 号` });
  const orderId = await quoteByKeyboard(hand.page, both.name, BLOCK);
  await countByScanner(hand);

  // A reload, a link from elsewhere, the browser closed and opened: nothing is gone.
  await hand.page.reload();
  await loaded(hand.page);
  await visit(hand.page, `${desk.url}/customers/${photographed.id}`);
  await expect(hand.main.getByText("看了样品，要三十箱")).toBeVisible();
  await desk.close();
  const page = await desk.open(`/customers/${mine.id}`);
  await expect(page.locator("main").getByText("0571-11110000").first()).toBeVisible();
  await offline(page);

  await server.start();
  await expect(page.getByRole("status").filter({ hasText: "3 项待处理" })).toBeAttached({ timeout: 40_000 });
  await decideAll(page, desk.url, edited);
  await synced(page);
  await visit(page, `${desk.url}/list/salesOrders`);
  await expect(page.locator(`main [data-row-id="${orderId}"]`)).toHaveCount(1);

  const standing = await rep.nodes<{ id: string; phone: string; address: string }>("customers(first: 100) { edges { node { id phone address } } }");
  const phones = edited.map(({ id }) => standing.find((row) => row.id === id)?.phone);
  expect(phones).toEqual(["+8657111110000", "+8657122220001", "+8657133330000"]);
  expect(edited.map(({ id }) => standing.find((row) => row.id === id)?.address)).toEqual(["文三路 1 号", "文三路 2 号", "文三路 3 号"]);
  expect(await landed(admin, orderId)).toEqual({
    contents: ["电话里谈了账期", "看了样品，要三十箱", "约好下周送货"].toSorted(),
    files: 1,
    lines: [["YP-001", 2, 260], ["YP-002", 5, 158.5], ["YP-006", 1200, 1.2]],
    counted: [["YP-001", 3], ["YP-004", 1]],
  });

  // Another device agrees, on the screen.
  const other = await newDevice();
  const seen = await enter(other, DEMO.lead);
  for (const [at, { id }] of edited.entries()) {
    await visit(seen, `${other.url}/customers/${id}`);
    await expect(seen.locator("main").getByText(phoneText(phones[at] ?? "")).first()).toBeVisible();
  }
});

async function countByScanner(hand: Hand): Promise<void> {
  await hand.create("新建盘点单");
  await hand.arrives("盘点");
  for (const [code, said] of [["YP-001", "西湖龙井（特级）：1"], ["YP-004", "手冲咖啡豆：1"], ["YP-001", "西湖龙井（特级）：2"], ["YP-001", "西湖龙井（特级）：3"]] as const) {
    // Keys sent from outside wait for the page, and then come as slowly as a hand's; a scanner's do not.
    await hand.scan(code);
    await expect(hand.main.getByRole("status").filter({ hasText: said })).toBeVisible();
  }
  await hand.press(hand.main.getByRole("button", { name: "盘点过账" }));
  await hand.press(hand.page.getByRole("dialog").getByRole("button", { name: "盘点过账" }));
  await hand.arrives("盘点单");
}

/** One is taken as it was entered here, one as the colleague left it, one is written anew. */
async function decideAll(page: Page, url: string, [mine, theirs, both]: readonly Named[]): Promise<void> {
  const first = await openEntry(page, url, mine?.name ?? "");
  await expect(first).toContainText("为什么没有生效");
  await expect(first).toContainText("0571-22220000");
  await expect(first).toContainText("0571-11110000");
  await expect(first).toContainText("陈明远");
  await first.getByRole("button", { name: "采用我的" }).click();
  await (await openEntry(page, url, theirs?.name ?? "")).getByRole("button", { name: "采用对方的" }).click();
  await (await openEntry(page, url, both?.name ?? "")).getByRole("button", { name: "修改后重新提交" }).click();
  const form = page.getByRole("dialog", { name: "修改后重新提交" });
  await form.getByLabel("电话").fill("0571-33330000");
  await form.getByRole("button", { name: "重新提交" }).click();
  await expect(page.locator("main")).toContainText("没有需要处理的");
}

async function landed(asked: Asked, orderId: string): Promise<unknown> {
  const [activities, files, orders, counts] = await Promise.all([
    asked.nodes<{ content: string }>('activities(first: 10, orderBy: [{field: CREATED_AT, direction: DESC}]) { edges { node { content } } }'),
    asked.nodes<{ fileName: string }>("attachments(first: 50) { edges { node { fileName } } }"),
    asked.nodes<{ salesOrderLines: { edges: readonly { node: { product: { code: string }; quantity: string; unitPrice: string } }[] } }>(
      "salesOrders(first: 5, filter: {id: {eq: $orderId}}) { edges { node { salesOrderLines(first: 10) { edges { node { product { code } quantity unitPrice } } } } } }",
      { orderId },
      "($orderId: ID!)",
    ),
    asked.nodes<{ stockCountLines: { edges: readonly { node: { product: { code: string }; counted: string } }[] } }>(
      "stockCounts(first: 1, orderBy: [{field: CREATED_AT, direction: DESC}]) { edges { node { stockCountLines(first: 10) { edges { node { product { code } counted } } } } } }",
    ),
  ]);
  return {
    contents: activities.slice(0, 3).map(({ content }) => content).toSorted(),
    files: files.filter(({ fileName }) => fileName.includes("IMG_0001") || fileName.startsWith("photo")).length,
    lines: orders.flatMap((order) => order.salesOrderLines.edges.map(({ node }) => [node.product.code, Number(node.quantity), Number(node.unitPrice)])).toSorted(),
    counted: counts.flatMap((count) => count.stockCountLines.edges.map(({ node }) => [node.product.code, Number(node.counted)])).toSorted(),
  };
}
