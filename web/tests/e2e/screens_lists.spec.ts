/** Lists at a desk: several rows at once, views that all see, files that are refused. */
import { readFileSync } from "node:fs";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { expect, synced, test } from "./stage.ts";

test.beforeEach(({ viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "several rows are chosen at a desk");
});

test("a file that the server refuses says why, is given back and counts as unsent no more", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await enter(device, DEMO.rep);
  await visit(page, `${device.url}/list/customers`);
  const id = await page.locator("main [data-row-id]").first().getAttribute("data-row-id");
  await visit(page, `${device.url}/customers/${id}#files`);
  const text = Buffer.from(`不是图片 ${Date.now()}`);
  await page.locator("main input[type=file]").first().setInputFiles([
    { name: "照片.png", mimeType: "image/png", buffer: text },
    { name: "说明.txt", mimeType: "text/plain", buffer: text },
  ]);
  const refused = page.locator("main li", { hasText: "照片.png" });
  await expect(refused.getByText("服务器没有接收：文件内容与所声明的类型")).toBeVisible();
  await expect(page.getByRole("button", { name: /同步状态：1 个文件未被接收/ })).toBeVisible();
  const saved = page.waitForEvent("download");
  await refused.getByRole("button", { name: /下载/ }).click();
  expect(readFileSync(await (await saved).path())).toEqual(text);
  await refused.getByRole("button", { name: /移除/ }).click();
  await synced(page);
  await expect(page.locator("main li", { hasText: "说明.txt" })).toBeVisible();
});

test("a view that is shared: renamed for all by whoever may share, opened and not changed by others @long", async ({ newDevice }) => {
  const [desk, field] = [await newDevice(), await newDevice()];
  const [admin, rep] = [await enter(desk, DEMO.admin), await enter(field, DEMO.rep)];
  const [name, renamed] = [`公司客户 ${Date.now()}`, `全部公司 ${Date.now()}`];
  await visit(admin, `${desk.url}/list/customers`);
  await admin.getByLabel("在列表中查找").fill("公司");
  await admin.getByRole("button", { name: /视图/ }).click();
  await admin.getByRole("menuitem", { name: "另存为视图…" }).click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByLabel("视图名称").fill(name);
  await dialog.getByRole("switch").click();
  await dialog.getByRole("button", { name: "保存" }).click();
  await synced(admin);
  await visit(rep, `${field.url}/list/customers`);
  await rep.getByRole("button", { name: /视图/ }).click();
  await rep.getByRole("menuitem", { name }).click();
  await expect(rep.getByLabel("在列表中查找")).toHaveValue("公司");
  await rep.getByRole("button", { name: new RegExp(name) }).click();
  await expect(rep.getByRole("menuitem", { name: "另存为视图…" })).toBeVisible();
  await expect(rep.getByRole("menuitem", { name: "重命名…" })).toHaveCount(0);
  await admin.getByRole("button", { name: new RegExp(name) }).click();
  await admin.getByRole("menuitem", { name: "重命名…" }).click();
  await dialog.getByLabel("视图名称").fill(renamed);
  await dialog.getByRole("button", { name: "保存" }).click();
  await synced(admin);
  await expect(rep.getByRole("button", { name: new RegExp(renamed) })).toBeVisible();
  await admin.getByRole("button", { name: new RegExp(renamed) }).click();
  await admin.getByRole("menuitem", { name: "删除当前视图" }).click();
  await synced(admin);
  await expect(rep.getByRole("button", { name: new RegExp(renamed) })).toHaveCount(0);
});

test("several customers are archived at once and restored from the recycle bin @long", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await enter(device, DEMO.admin);
  await visit(page, `${device.url}/list/customers`);
  const rows = page.locator("main [data-row-id]");
  const ids = [await rows.nth(0).getAttribute("data-row-id"), await rows.nth(1).getAttribute("data-row-id")];
  for (const id of ids) await page.locator(`main [data-row-id="${id}"] input[type=checkbox]`).check();
  await page.getByRole("toolbar", { name: "已选 2 条" }).getByRole("button", { name: "归档" }).click();
  await page.locator(".ant-modal-confirm").getByRole("button", { name: "归档" }).click();
  for (const id of ids) await expect(page.locator(`main [data-row-id="${id}"]`)).toHaveCount(0);
  await visit(page, `${device.url}/settings/recycle-bin?kind=customers`);
  for (const id of ids) await page.locator(`main [data-row-id="${id}"] input[type=checkbox]`).check();
  await page.getByRole("button", { name: "恢复 2 条" }).click();
  for (const id of ids) await expect(page.locator(`main [data-row-id="${id}"]`)).toHaveCount(0);
  await synced(page);
  await visit(page, `${device.url}/list/customers`);
  for (const id of ids) await expect(page.locator(`main [data-row-id="${id}"]`)).toBeVisible();
});
