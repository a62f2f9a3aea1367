/** The thin loop, step by step, as one clicks it at any width. */
import { expect, type Page } from "@playwright/test";
import { loaded } from "../support/signed_in.ts";
import type { SignIn } from "../support/yunfan_server.ts";
import type { Hand } from "./hand.ts";

export interface NewCompany extends SignIn {
  readonly company: string;
  readonly admin: string;
}

let companies = 0;

export function newCompany(company: string): NewCompany {
  companies += 1;
  return { company, admin: "陈晨", identifier: `founder-${Date.now()}-${companies}@example.com`, password: "clear-water-runs-2026" };
}

/** From the entrance; ends where there is what to set up. */
export async function signUp(hand: Hand, who: NewCompany): Promise<void> {
  await hand.button("注册新公司");
  await hand.fill("公司名称", who.company);
  await hand.fill("您的姓名", who.admin);
  await hand.press(hand.page.getByRole("radio", { name: "邮箱" }));
  await hand.write(hand.page.getByRole("textbox", { name: "邮箱" }), who.identifier);
  await hand.fill("设置密码", who.password);
  await hand.press(hand.page.getByRole("radio", { name: /空白公司/ }));
  await hand.button("注册并开始");
  await loaded(hand.page);
  await hand.arrives("开始使用");
}

/** Of a collection with the derived form; ends at the new row. */
export async function makeRow(hand: Hand, what: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await hand.create(`新建${what}`);
  await hand.arrives(`新建${what}`);
  for (const [label, text] of Object.entries(fields)) await hand.fill(label, text);
  await hand.press(hand.main.getByRole("button", { name: "保存", exact: true }));
  await expect(hand.page).not.toHaveURL(/\/new\//);
}

/** Goods in by hand: looked up by name, the quantity typed. */
export async function receive(hand: Hand, product: string, quantity: string): Promise<void> {
  await hand.create("登记出入库");
  await hand.arrives("登记出入库");
  await chooseProduct(hand, product);
  await setQuantity(hand, "数量", quantity);
  await hand.button("登记入库");
  await expect(hand.page).toHaveURL(/\/list\/stockMoves/);
}

async function chooseProduct(hand: Hand, product: string): Promise<void> {
  const bar = hand.main.getByRole("combobox", { name: /扫码，或输入编码/ });
  await hand.write(bar, product);
  await hand.press(hand.page.locator(".ant-select-dropdown:visible").getByText(product, { exact: true }));
}

/** Of the line that was entered last: in the cell under the cursor, or on its card. */
export async function setQuantity(hand: Hand, column: string, quantity: string): Promise<void> {
  const { page } = hand;
  if (hand.isPhone) {
    await hand.press(hand.main.getByRole("listitem").getByRole("button").last());
    await hand.write(page.getByRole("dialog").getByLabel(column), quantity);
    await hand.press(page.getByRole("dialog").getByRole("button", { name: "完成" }));
    await expect(page.getByRole("dialog")).toBeHidden();
  } else {
    const cell = hand.main.getByRole("gridcell", { name: "1", exact: true }).last();
    await hand.press(cell);
    await page.keyboard.type(quantity);
    await page.keyboard.press("Enter");
    hand.seconds += quantity.length;
  }
}

export interface OrderEntry {
  readonly customer: string;
  readonly product: string;
  readonly quantity: string;
}

/** Ends at the saved quotation. */
export async function quote(hand: Hand, { customer, product, quantity }: OrderEntry): Promise<void> {
  const { page } = hand;
  await hand.create("新建销售单");
  await hand.arrives("新建报价单");
  await hand.choose(hand.main.getByRole("combobox", { name: "客户" }), customer, customer);
  if (hand.isPhone) {
    await hand.button("添加一行", hand.main);
    const sheet = page.getByRole("dialog");
    await hand.write(sheet.getByLabel("商品"), product);
    await hand.press(sheet.getByRole("button", { name: product }).first());
    await hand.write(sheet.getByLabel("数量"), quantity);
    await hand.button("完成", sheet);
    await expect(sheet).toBeHidden();
  } else {
    await hand.press(hand.main.getByRole("gridcell").first());
    await page.keyboard.type(product);
    await expect(page.getByRole("option", { name: product })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("textbox", { name: /^数量，第 1 行/ })).toBeFocused();
    await page.keyboard.type(quantity);
    await page.keyboard.press("Enter");
    hand.seconds += 6;
  }
  await hand.button("保存草稿");
  await hand.arrives(/^报价单 /);
}

export async function confirm(hand: Hand): Promise<void> {
  await hand.button("确认订单");
  await hand.arrives(/^销售订单 /);
}

/** Of the order that is open. */
export async function deliver(hand: Hand): Promise<void> {
  await hand.press(hand.main.getByRole("button", { name: "出库" }));
  await hand.press(hand.page.getByRole("dialog").getByRole("button", { name: /出\s?库/ }));
  await expect(hand.page.getByRole("dialog")).toBeHidden();
}

/** By scanning: as often as there are pieces, or the first time and the rest typed. */
export async function count(hand: Hand, code: string, counted: string): Promise<void> {
  await hand.create("新建盘点单");
  await hand.arrives("盘点");
  await hand.scan(code);
  await expect(hand.main.getByRole("status").filter({ hasText: /：1$/ })).toBeVisible();
  await setQuantity(hand, "实盘数量", counted);
  await hand.press(hand.main.getByRole("button", { name: "盘点过账" }));
  await hand.press(hand.page.getByRole("dialog").getByRole("button", { name: "盘点过账" }));
  await hand.arrives("盘点单");
}

/** What a list shows on its rows, top to bottom. */
export async function shownRows(page: Page): Promise<readonly string[]> {
  const rows = page.locator("main [data-row-id]");
  await expect(rows.first()).toBeVisible();
  return rows.allInnerTexts();
}
