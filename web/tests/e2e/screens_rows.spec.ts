/** What people do to a row's files and to an order's lines, and what must come of it. */
import { expect, test } from "./stage.ts";
import { Asked } from "../support/graphql.ts";
import { signIn } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";

const MANAGER = { ...DEMO.admin, identifier: "manager@demo.example.com" };

test.beforeEach(({ viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "the table's tools");
});

test("a file is removed and brought back without anything in the inbox", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, DEMO.admin);
  await page.goto(`${device.url}/list/products`);
  const id = await page.locator("main [data-row-id]").first().getAttribute("data-row-id");
  await page.goto(`${device.url}/row/products/${id}`);
  const name = `合同${Date.now()}.txt`;
  await page.locator("main input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
  const file = page.getByRole("listitem").filter({ hasText: name });
  await expect(file).not.toContainText("待");
  await file.getByRole("button", { name: `移除“${name}”` }).click();
  await page.locator(".ant-message").getByRole("button", { name: "撤销" }).click();
  await expect(file).toBeVisible();
  await expect(page.locator("[data-sync-phase=ready][data-sync-pending='0']").first()).toBeAttached();
  await page.goto(`${device.url}/inbox`);
  await expect(page.getByRole("heading", { level: 1, name: "待处理" })).toBeVisible();
  await expect(page.locator("[data-sync-phase=ready][data-sync-pending='0']").first()).toBeAttached();
  await expect(page.getByText(`移除附件 ${name}`)).toHaveCount(0);
});

test("a new row takes what is typed next, and a column stays as wide as it was made", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, DEMO.admin);
  await page.goto(`${device.url}/orders/new`);
  await page.getByRole("button", { name: "添加一行" }).click();
  await expect(page.locator("[data-grid-field]")).toBeFocused();
  await page.keyboard.type("YP-002");
  await page.getByRole("option", { name: /安吉白茶/ }).waitFor();
  await page.keyboard.press("Enter");
  const second = page.getByRole("grid").getByRole("row").nth(2);
  await expect(second).toContainText("安吉白茶");
  const code = page.getByRole("columnheader", { name: "商品编码" });
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  const before = (await code.boundingBox())?.width ?? 0;
  await page.keyboard.press("Alt+Shift+ArrowRight");
  await expect.poll(async () => (await code.boundingBox())?.width).toBe(before + 16);
  await page.reload();
  await expect.poll(async () => (await code.boundingBox())?.width).toBe(before + 16);
});

test("a customer that is not there is made on the way, and stands in the order", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, DEMO.admin);
  await page.goto(`${device.url}/orders/new`);
  const name = `刚认识的客户${Date.now()}`;
  const customer = page.getByRole("combobox", { name: "客户" });
  await page.getByRole("button", { name: "添加一行" }).click();
  await page.keyboard.type("YP-002");
  await page.getByRole("option", { name: /安吉白茶/ }).waitFor();
  await page.keyboard.press("Enter");
  await customer.fill(name);
  await page.getByRole("button", { name: "新建客户" }).last().click();
  await expect(page.getByRole("textbox", { name: "客户名称" })).toHaveValue(name);
  await page.getByRole("button", { name: /保存$/ }).click();
  await expect(page).toHaveURL(/\/orders\/new/);
  await expect(page.locator("main").getByTitle(name)).toBeVisible();
  await expect(page.getByRole("grid")).toContainText("安吉白茶");
});

test("an amount stays as it is typed until the field is left, and a price shows like money", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, MANAGER);
  await page.goto(`${device.url}/new/products`);
  const price = page.getByRole("textbox", { name: "标准售价" });
  await price.focus();
  await page.keyboard.type("1234.5");
  await expect(price).toHaveValue("1234.5");
  await page.keyboard.press("Tab");
  await expect(price).toHaveValue("1,234.50");
  await page.goto(`${device.url}/new/customers`);
  const amount = page.getByRole("textbox", { name: "信用额度" });
  await amount.focus();
  await page.keyboard.type("12000");
  await expect(amount).toHaveValue("12000");
  await page.keyboard.press("Tab");
  await expect(amount).toHaveValue("12,000.00");
});

test("one barcode of two products: whoever counts or writes an order is asked which, Enter takes none of them unasked", async ({ newDevice, server }) => {
  const asked = await Asked.as(server.url, DEMO.admin);
  const { customFields } = await asked.ask<{ customFields: { nodes: readonly { key: string }[] } }>("{ customFields { nodes { key } } }");
  if (!customFields.nodes.some(({ key }) => key === "barcode")) {
    await asked.ask("mutation($input: DefineCustomFieldInput!) { defineCustomField(input: $input) { id } }", {
      input: { entity: "catalog.Product", key: "barcode", kind: "text", labelZh: "条码", labelEn: "Barcode", filterable: true },
    });
  }
  const mark = String(Date.now());
  const barcode = `69${mark.slice(-11)}`;
  for (const name of [`散装茶${mark}`, `礼盒茶${mark}`]) {
    await asked.ask("mutation($input: CreateProductInput!) { createProduct(input: $input) { id } }", { input: { name, unit: "盒", listPrice: "12.5", currency: "CNY", custom: { barcode } } });
  }
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, MANAGER);

  await page.goto(`${device.url}/orders/new`);
  await page.getByRole("button", { name: "添加一行" }).click();
  await expect(page.locator("[data-grid-field]")).toBeFocused();
  await page.keyboard.type(barcode, { delay: 60 });
  await page.getByRole("option", { name: new RegExp(`茶${mark}`) }).nth(1).waitFor();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("listbox")).toContainText("完全相同的有多个");
  await page.keyboard.press("ArrowDown");
  const second = (await page.getByRole("option", { selected: true }).innerText()).split(/\s/)[0] ?? "";
  await page.keyboard.press("Enter");
  await expect(page.getByRole("grid").getByRole("row").nth(2)).toContainText(second);
  await expect(page.getByRole("grid").getByRole("row").nth(2)).toContainText("12.50");

  await page.goto(`${device.url}/counts/new`);
  const typed = page.getByRole("combobox", { name: /扫码，或输入编码/ });
  if (await typed.isDisabled()) {
    await page.getByRole("combobox", { name: "仓库" }).click();
    await page.getByRole("option").first().click();
  }
  await typed.focus();
  await page.keyboard.type(barcode, { delay: 60 });
  await page.keyboard.press("Enter");
  const chooser = page.getByRole("dialog", { name: new RegExp(`“${barcode}”对应多个商品`) });
  await expect(chooser.getByRole("button", { name: new RegExp(`茶${mark}`) })).toHaveCount(2);
  await chooser.getByRole("button", { name: new RegExp(`礼盒茶${mark}`) }).click();
  await expect(page.getByRole("status").filter({ hasText: `礼盒茶${mark}` })).toBeVisible();
});
