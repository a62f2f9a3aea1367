import { chromium } from "@playwright/test";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { signIn } from "../tests/support/signed_in.ts";
import { DEMO } from "../tests/support/yunfan_server.ts";
import { settled, visit } from "../tests/support/settled.ts";
const b = await chromium.launch(chromiumOptions());
const c = await b.newContext({ viewport: { width: 1440, height: 900 }, locale: "zh-CN" });
const page = await c.newPage();
const url = "http://localhost:9231";
await signIn(page, url, DEMO.admin);
await visit(page, "/counts/new"); await settled(page);
const box = page.getByRole("combobox", { name: /扫码/ });
for (const [text, wait] of [["安吉", 0], ["安吉", 800], ["龙井", 1500]] as const) {
  await box.click();
  await page.keyboard.type(text, { delay: 40 });
  await page.waitForTimeout(wait);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(700);
  console.log(text, wait, "status:", await page.locator("p[role=status]").innerText(), "box:", await box.inputValue());
  await page.keyboard.press("Escape"); await box.fill("");
}
// members' roles
await visit(page, "/settings/members"); await settled(page);
await page.getByRole("button", { name: "邀请成员" }).click();
await page.waitForTimeout(500);
await page.getByRole("combobox", { name: /角色/ }).focus();
await page.keyboard.press("ArrowDown"); await page.waitForTimeout(300);
await page.keyboard.press("Enter"); await page.waitForTimeout(300);
await page.keyboard.press("ArrowDown"); await page.waitForTimeout(300);
await page.keyboard.press("Tab"); await page.waitForTimeout(300);
console.log("chosen", await page.locator(".ant-select-selection-item").allInnerTexts(), "focus", await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 160)));
await b.close();
