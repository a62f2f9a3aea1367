/** Work by keys alone, as it is heard: what has the focus, by role and name. */
import { expect, type Page } from "@playwright/test";

const MOST_STEPS = 60;

/** The focused control as a screen reader names it: `button 保存草稿`. */
export async function heard(page: Page): Promise<string> {
  const focused = page.locator("*:focus");
  if ((await focused.count()) === 0) return "";
  const [line = ""] = (await focused.ariaSnapshot()).split("\n");
  return line.replace(/^- /, "").replace(/"([^"]*)"/, "$1").replace(/:\s*$/, "").trim();
}

/** Tab by Tab until something that is heard so has the focus. */
export async function tabTo(page: Page, wanted: RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MOST_STEPS; step++) {
    await page.keyboard.press(key);
    const now = await heard(page);
    if (wanted.test(now)) return;
    passed.push(now);
  }
  throw new Error(`${String(wanted)} was not reached: ${passed.join(" | ")}`);
}

/** Ctrl+K, what is wanted, Enter. */
export async function jump(page: Page, words: string, title: string | RegExp): Promise<void> {
  await page.keyboard.press("Control+k");
  await expect.poll(() => heard(page)).toMatch(/^combobox 搜索/);
  await page.keyboard.type(words);
  await expect(page.getByRole("option", { name: words }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
}

/** The offer under a field that is chosen, once it is the one that is meant. */
export async function takeOffer(page: Page, name: string): Promise<void> {
  const list = page.locator(".ant-select-dropdown:visible");
  await expect(list.locator(".ant-select-item-option-active")).toContainText(name);
  await page.keyboard.press("Enter");
  await expect(list).toHaveCount(0);
}

/** A quotation whose lines come from a spreadsheet. Its id: a device without a reserved number learns it later. */
export async function quoteByKeyboard(page: Page, customer: string, block: string): Promise<string> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), block);
  await jump(page, "新建销售单", "新建报价单");
  await expect.poll(() => heard(page)).toMatch(/^combobox 客户/);
  await page.keyboard.type(customer);
  await takeOffer(page, customer);
  await tabTo(page, /商品，第 1 行，空/);
  await page.keyboard.press("Control+v");
  await expect(page.getByRole("status").filter({ hasText: /^已粘贴 \d+ 个单元格$/ })).toBeAttached();
  await page.keyboard.press("Control+s");
  await expect(page.getByRole("heading", { level: 1, name: /^报价单 \S/ })).toBeVisible();
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}
