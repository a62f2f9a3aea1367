/** Ctrl-K: nothing where there is nothing, and rows by all by which people know them. */
import type { Page } from "@playwright/test";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter } from "./demo.ts";
import { expect, test } from "./stage.ts";

interface Known {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly phone: string;
}

async function type(page: Page, text: string): Promise<void> {
  await page.getByRole("combobox", { name: "搜索" }).fill(text);
}

test("the search finds by full pinyin, initials, telephone and code, and opens what was chosen @desk", async ({ newDevice, server, isMobile }) => {
  const admin = await Asked.as(server.url, DEMO.admin);
  const [customer] = await admin.nodes<Known>('customers(first: 1, filter: {name: {startsWith: "杭州汇通"}}) { edges { node { id name code phone } } }');
  if (customer === undefined) throw new Error("the demo has no 杭州汇通");
  const device = await newDevice();
  const page = await enter(device, DEMO.admin);
  if (isMobile) await page.getByRole("button", { name: "搜索" }).click();
  else await page.keyboard.press("Control+k");
  const found = page.getByRole("option", { name: customer.name });
  for (const nothing of ["zzzzqqqq", "0000000", "hangzhouhuitongx"]) {
    await type(page, nothing);
    await expect(page.getByText(/没有找到/)).toBeVisible();
    await expect(found).toHaveCount(0);
  }
  const national = customer.phone.replace("+86", "");
  const ways = { pinyin: "hangzhouhuitong", part: "huitong", initials: "hzht", capitals: "HZHT", ending: national.slice(-6), national: `0${national}`, international: customer.phone, code: customer.code, name: "汇通" };
  for (const [way, text] of Object.entries(ways)) {
    await type(page, text);
    await expect(found, `by ${way}: ${text}`).toBeVisible();
  }
  await type(page, "hzht");
  await expect(found).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: customer.name })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe(`/customers/${customer.id}`);
  if (isMobile) return;
  // Enter right behind the last letter: not what was found for the letters before.
  await page.keyboard.press("Control+k");
  await type(page, "hzht");
  await expect(found).toHaveAttribute("aria-selected", "true");
  await type(page, "新建销售单");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/orders\/new$/);
});
