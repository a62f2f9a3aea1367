/** What people do to a row's files and to an order's lines, and what must come of it. */
import { expect, test } from "./stage.ts";
import { signIn } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";

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

test("an amount stays as it is typed until the field is left, and a price shows like money", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  await signIn(page, device.url, DEMO.admin);
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
