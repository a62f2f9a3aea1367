/** Counting: by the camera, blind, and by two people at once. */
import type { Page } from "@playwright/test";
import { writeFileSync } from "node:fs";
import { chromiumOptions } from "../support/chromium.ts";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { filmOf } from "./film.ts";
import { expect, kept, offline, synced, test } from "./stage.ts";

interface Balance {
  readonly onHand: string;
  readonly product: { readonly name: string; readonly code: string };
}

const BALANCES = "stockBalances(first: 2) { edges { node { onHand product { name code } } } }";

/** Of the first product that has any, or (1) of the second one. */
async function balance(asked: Asked, at: 0 | 1 = 0): Promise<Balance> {
  const found = (await asked.nodes<Balance>(BALANCES))[at];
  if (found === undefined) throw new Error("the demo has no stock");
  return found;
}

/** By hand: what tells a scanner from a person are milliseconds, which a busy machine does not have. */
async function count(page: Page, code: string, times: number): Promise<void> {
  const field = page.getByRole("combobox", { name: /扫码/ });
  for (let time = 1; time <= times; time++) {
    await field.fill(code);
    await field.press("Enter");
    await expect(page.getByRole("status").filter({ hasText: new RegExp(`：${time}$`) })).toBeVisible();
  }
}

async function post(page: Page): Promise<void> {
  await page.locator("main").getByRole("button", { name: "盘点过账" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "盘点过账" }).click();
  await expect(page).not.toHaveURL(/\/counts\/new/);
}

test("the camera reads a label and tells what it is @long", async ({ newDevice, server }, info) => {
  const { product } = await balance(await Asked.as(server.url, DEMO.admin));
  const film = info.outputPath("label.y4m");
  writeFileSync(film, filmOf(product.code));
  const camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
  const device = await newDevice({ permissions: ["camera"], args: [...chromiumOptions().args, ...camera] });
  const page = await enter(device, DEMO.admin);
  await visit(page, `${device.url}/scan`);
  await page.locator("main").getByRole("button", { name: "用相机扫码" }).click();
  await expect(page.getByRole("heading", { level: 2, name: product.name })).toBeVisible();
  // The same label in a count: one of it.
  await visit(page, `${device.url}/counts/new`);
  await page.locator("main").getByRole("button", { name: "用相机扫码" }).click();
  await expect(page.getByRole("status").filter({ hasText: `${product.name}：1` })).toBeVisible();
});

test("codes that name no product are said when the count is posted, and stay until they are cleared", async ({ newDevice, server, isMobile }, info) => {
  const { product, onHand } = await balance(await Asked.as(server.url, DEMO.admin), 1);
  const device = await newDevice();
  const page = await enter(device, DEMO.admin);
  await visit(page, `${device.url}/counts/new`);
  await count(page, product.code, 1);
  const field = page.getByRole("combobox", { name: /扫码/ });
  for (const times of ["1", "2"]) {
    await field.fill("6900000000001");
    await field.press("Enter");
    await expect(page.getByRole("region", { name: "未识别的条码" })).toContainText(`6900000000001扫到 ${times} 次`);
  }
  // What matters of a count stands on its card in full.
  const less = String(1 - Number(onHand));
  const difference = isMobile ? page.locator("main li").getByText(`差异 ${less}`, { exact: true }) : page.locator("main [role=gridcell]").getByText(less, { exact: true });
  await expect(difference.first()).toBeInViewport({ ratio: 1 });
  if (isMobile) expect(await difference.first().evaluate((shown) => shown.scrollWidth <= shown.clientWidth + 1 && shown.getBoundingClientRect().right <= (shown.closest("li")?.getBoundingClientRect().right ?? 0))).toBe(true);
  await page.screenshot({ path: info.outputPath("count.png") });
  await page.locator("main").getByRole("button", { name: "盘点过账" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("另有 1 个条码未识别（共扫到 2 次）");
  await dialog.getByRole("button", { name: "盘点过账" }).click();
  await expect(page).not.toHaveURL(/\/counts\/new/);
  const left = page.getByRole("region", { name: "过账时未识别的条码" });
  await expect(left).toContainText("6900000000001扫到 2 次");
  await page.screenshot({ path: info.outputPath("posted.png") });
  const posted = page.url();
  await visit(page, `${device.url}/counts/new`);
  await expect(left).toContainText("6900000000001");
  await expect(page.getByRole("region", { name: "未识别的条码", exact: true })).toHaveCount(0);
  await left.getByRole("link", { name: "查看盘点单" }).click();
  await expect(page).toHaveURL(posted);
  await left.getByRole("button", { name: "已核对，清除" }).click();
  await page.locator(".ant-popover:visible").getByRole("button", { name: /确\s?定/ }).click();
  await expect(left).toHaveCount(0);
  await page.reload();
  await expect(page.locator("main")).toContainText(product.name);
  await expect(left).toHaveCount(0);
});

test("counted by two without a network: the second decides whose count holds @long", async ({ newDevice, server, viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "the table of a count");
  const asked = await Asked.as(server.url, DEMO.admin);
  const { onHand, product } = await balance(asked);
  const [first, second] = [await newDevice(), await newDevice()];
  const pages = [await enter(first, DEMO.admin), await enter(second, { ...DEMO.admin, identifier: "manager@demo.example.com" })] as const;
  for (const [at, device] of [first, second].entries()) {
    const page = pages[at as 0 | 1];
    await kept(page);
    await visit(page, `${device.url}/counts/new`);
    await device.line.cut();
    await offline(page);
  }
  const [one, two] = pages;
  await one.getByRole("switch", { name: "盲盘" }).click();
  await count(one, product.code, 2);
  await expect(one.locator("main")).not.toContainText(onHand);
  await count(two, product.code, 3);
  await expect(two.locator("main")).toContainText(onHand);
  await post(one);
  await post(two);
  await first.line.mend();
  await synced(one);
  await second.line.mend();
  await expect(two.getByText("1 项待处理").first()).toBeVisible({ timeout: 40_000 });
  expect((await balance(asked)).onHand).toBe("2");
  await visit(two, `${second.url}/inbox`);
  await expect(two.getByRole("article")).toContainText(`“${product.name}”陈明远盘得 2，您盘得 3`);
  await two.getByRole("button", { name: "采用我的" }).click();
  await synced(two);
  expect((await balance(asked)).onHand).toBe("3");
});
