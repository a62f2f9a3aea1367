/** One person, two tabs of the same kind: each has a document of its own, and whatever is half written comes back. */
import type { Page } from "@playwright/test";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { drafts } from "./kept_drafts.ts";
import { Hand } from "./hand.ts";
import { expect, synced, test } from "./stage.ts";

interface Named {
  readonly id: string;
  readonly name: string;
  readonly code: string;
}

interface SavedOrder {
  readonly customerId: string;
  readonly salesOrderLines: { readonly nodes: readonly { readonly productId: string; readonly quantity: string }[] };
}

async function two(asked: Asked, connection: string): Promise<readonly [Named, Named]> {
  const [one, other] = await asked.nodes<Named>(`${connection}(first: 2) { edges { node { id name code } } }`);
  if (one === undefined || other === undefined) throw new Error(`the demo has too few ${connection}`);
  return [one, other];
}

async function paste(hand: Hand, block: string): Promise<void> {
  await hand.page.bringToFront();
  await hand.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await hand.page.evaluate((text) => navigator.clipboard.writeText(text), block);
  await hand.main.getByRole("combobox", { name: /^商品，第 \d+ 行，空/ }).focus();
  await hand.page.keyboard.press("Control+v");
  await expect(hand.main.getByRole("status").filter({ hasText: /^已粘贴 \d+ 个单元格$/ })).toBeAttached();
}

async function quotes(hand: Hand, customer: Named, product: Named, quantity: number): Promise<void> {
  await hand.choose(hand.main.getByRole("combobox", { name: "客户" }), customer.name, customer.name);
  await paste(hand, `${product.code}\t\t\t\t${quantity}`);
}

/** By hand: what tells a scanner from a person are milliseconds, which a busy machine does not have. */
async function scans(hand: Hand, code: string): Promise<void> {
  await hand.page.bringToFront();
  const field = hand.main.getByRole("combobox", { name: /扫码/ });
  await field.fill(code);
  await field.press("Enter");
}

test.setTimeout(240_000);

test("two orders at once are two orders; what is left half written comes back, one after the other", async ({ newDevice, server, isMobile }) => {
  test.skip(isMobile, "the table of an order");
  const asked = await Asked.as(server.url, DEMO.admin);
  const [customers, products] = [await two(asked, "customers"), await two(asked, "products")];
  const device = await newDevice();
  const first = new Hand(await enter(device, DEMO.admin));
  await visit(first.page, `${device.url}/orders/new`);
  await quotes(first, customers[0], products[0], 77);
  await drafts(first.page, "order new", 1);

  const second = new Hand(await device.open("/orders/new"));
  await expect(second.main.getByRole("combobox", { name: /^商品，第 1 行，空/ })).toBeAttached();
  await quotes(second, customers[1], products[1], 55);
  await drafts(second.page, "order new", 2);
  // Loaded anew, each goes on with its own.
  await first.page.reload();
  await expect(first.main.getByText("已恢复上次未保存的内容。", { exact: true })).toBeVisible();
  await expect(first.main).toContainText(products[0].name);
  await second.page.reload();
  await expect(second.main).toContainText(products[1].name);

  await second.button("保存草稿", second.main);
  await expect(second.page).not.toHaveURL(/\/orders\/new/);
  await first.page.bringToFront();
  await first.main.getByRole("button", { name: "添加一行" }).click();
  await paste(first, `${products[1].code}\t\t\t\t300`);
  await first.button("保存草稿", first.main);
  await expect(first.page).not.toHaveURL(/\/orders\/new/);
  expect(first.page.url()).not.toBe(second.page.url());
  await synced(first.page);
  const saved = async (page: Page): Promise<unknown> => {
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const { salesOrder } = await asked.ask<{ readonly salesOrder: SavedOrder }>(`{ salesOrder(id: "${id}") { customerId salesOrderLines(first: 9) { nodes { productId quantity } } } }`);
    return [salesOrder.customerId, ...salesOrder.salesOrderLines.nodes.map((line) => [line.productId, Number(line.quantity)]).toSorted()];
  };
  expect(await saved(first.page)).toEqual([customers[0].id, ...[[products[0].id, 77], [products[1].id, 300]].toSorted()]);
  await synced(second.page);
  expect(await saved(second.page)).toEqual([customers[1].id, [products[1].id, 55]]);
  await drafts(first.page, "order new", 0);

  // Two half-written ones whose tabs are closed.
  for (const hand of [first, second]) await visit(hand.page, `${device.url}/orders/new`);
  await quotes(first, customers[0], products[0], 11);
  await drafts(first.page, "order new", 1);
  await quotes(second, customers[1], products[1], 22);
  await drafts(second.page, "order new", 2);
  await first.page.close();
  await visit(second.page, `${device.url}/`);
  const third = new Hand(await device.open("/orders/new"));
  await expect(third.main.getByText("另有 1 份未完成的")).toBeVisible();
  await expect(third.main).toContainText(products[1].name);
  await third.button("保存草稿", third.main);
  await expect(third.page).not.toHaveURL(/\/orders\/new/);
  await visit(third.page, `${device.url}/orders/new`);
  await expect(third.main.getByText("已恢复上次未保存的内容。", { exact: true })).toBeVisible();
  await expect(third.main).toContainText(products[0].name);
});

test("two counts at once are two counts @desk", async ({ newDevice, server }) => {
  const products = await two(await Asked.as(server.url, DEMO.admin), "products");
  const device = await newDevice();
  const first = new Hand(await enter(device, DEMO.admin));
  await visit(first.page, `${device.url}/counts/new`);
  await scans(first, products[0].code);
  await expect(first.main).toContainText(products[0].name);
  await drafts(first.page, "count new", 1);
  const second = new Hand(await device.open("/counts/new"));
  await scans(second, products[1].code);
  await expect(second.main).toContainText(`${products[1].name}：1`);
  await expect(second.main).not.toContainText(products[0].name);
  for (const hand of [second, first]) {
    await hand.page.bringToFront();
    if (hand === first) {
      await scans(first, products[0].code);
      await expect(first.main).toContainText(`${products[0].name}：2`);
    }
    await hand.button("盘点过账", hand.main);
    await hand.button("盘点过账", hand.page.getByRole("dialog"));
    await expect(hand.page).not.toHaveURL(/\/counts\/new/);
  }
  expect(first.page.url()).not.toBe(second.page.url());
  await expect(second.main).toContainText(products[1].name);
  await expect(second.main).not.toContainText(products[0].name);
  await expect(first.main).toContainText(products[0].name);
  await expect(first.main).not.toContainText(products[1].name);
});

test("two receipts at once are both recorded @desk", async ({ newDevice, server }) => {
  const asked = await Asked.as(server.url, DEMO.admin);
  const products = await two(asked, "products");
  const device = await newDevice();
  const first = new Hand(await enter(device, DEMO.admin));
  await visit(first.page, `${device.url}/moves/new`);
  const note = `两个标签页 ${Date.now()}`;
  await hasNote(first, `${note} 一`);
  await scans(first, products[0].code);
  await expect(first.main).toContainText(products[0].name);
  await drafts(first.page, "move new", 1);
  const second = new Hand(await device.open("/moves/new"));
  await hasNote(second, `${note} 二`);
  await scans(second, products[1].code);
  await expect(second.main).toContainText(products[1].name);
  await expect(second.main).not.toContainText(products[0].name);
  await second.button("登记入库", second.main);
  await expect(second.page).not.toHaveURL(/\/moves\/new/);
  await scans(first, products[0].code);
  await expect(first.main.getByText("2", { exact: true }).first()).toBeVisible();
  await first.button("登记入库", first.main);
  await expect(first.page).not.toHaveURL(/\/moves\/new/);
  await synced(first.page);
  const moves = (await asked.nodes<{ readonly note: string | null; readonly quantity: string; readonly product: { readonly id: string } }>("stockMoves(first: 50) { edges { node { note quantity product { id } } } }"))
    .filter((move) => move.note?.startsWith(note) === true)
    .map((move) => [move.note?.at(-1), move.product.id, Number(move.quantity)]);
  expect(moves.toSorted()).toEqual([["一", products[0].id, 2], ["二", products[1].id, 1]].toSorted());
});

async function hasNote(hand: Hand, note: string): Promise<void> {
  await hand.page.bringToFront();
  await hand.main.getByRole("textbox", { name: "说明" }).fill(note);
}

test("two forms at once keep what was typed into each", async ({ newDevice }) => {
  const device = await newDevice();
  const first = new Hand(await enter(device, DEMO.admin));
  await visit(first.page, `${device.url}/new/customers`);
  const name = (hand: Hand) => hand.main.getByRole("textbox", { name: "客户名称" });
  await name(first).fill("第一个标签页");
  await drafts(first.page, "form customers new", 1);
  const second = new Hand(await device.open("/new/customers"));
  await expect(name(second)).toHaveValue("");
  await name(second).fill("第二个标签页");
  await drafts(second.page, "form customers new", 2);
  for (const hand of [first, second]) {
    await hand.page.bringToFront();
    await hand.page.reload();
    await expect(hand.main.getByText("已恢复上次没有保存的内容。")).toBeVisible();
    await expect(name(hand)).toHaveValue(hand === first ? "第一个标签页" : "第二个标签页");
  }
});
