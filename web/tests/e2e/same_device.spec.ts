/** Several members and companies on one device: nothing of one is seen by the other, nothing unsent goes unsaid. */
import type { Page } from "@playwright/test";
import { DEMO, type SignIn } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { Hand } from "./hand.ts";
import { makeRow, newCompany, signUp } from "./loop.ts";
import { expect, kept, offline, synced, test } from "./stage.ts";

const PIN = "271828";

test.setTimeout(240_000);

/** The account's sheet, and what is pressed in it. */
async function menu(hand: Hand, what: string): Promise<void> {
  if (hand.isPhone) await hand.press(hand.page.getByRole("navigation", { name: "主导航" }).getByRole("button", { name: "我的" }));
  else await hand.press(hand.page.getByRole("button", { name: /账号菜单/ }));
  await hand.button(what, hand.page.locator(".ant-popover:visible, .ant-drawer:visible"));
}

async function signsIn(page: Page, who: SignIn): Promise<void> {
  await page.locator("input[name=identifier]").fill(who.identifier);
  await page.locator("input[name=password]").fill(who.password);
  await page.locator("form button[type=submit]").click();
  await synced(page);
}

async function setsPin(hand: Hand, url: string): Promise<void> {
  await visit(hand.page, `${url}/me`);
  await hand.button("设置 PIN");
  const dialog = hand.page.getByRole("dialog");
  await hand.write(dialog.getByLabel("PIN 码"), PIN);
  await hand.write(dialog.getByLabel("再输一次"), PIN);
  await hand.press(dialog.getByRole("button", { name: /保\s?存/ }));
  await expect(hand.main.getByText("PIN 码", { exact: false }).first()).toBeVisible();
  await expect(dialog).toBeHidden();
}

test("signing out with unsent edits says so; the next member sees nothing of them @long", async ({ newDevice }) => {
  const device = await newDevice();
  const hand = new Hand(await enter(device, DEMO.rep));
  await synced(hand.page);
  await kept(hand.page);
  await device.line.cut();
  await offline(hand.page);
  const secret = `只在本机的客户${Date.now()}`;
  await makeRow(hand, "客户", { 客户名称: secret });
  await menu(hand, "退出登录");
  const dialog = hand.page.getByRole("dialog", { name: "退出登录" });
  await expect(dialog).toContainText("还有 1 项修改没有上传");
  await hand.button("退出并清除本设备数据", dialog);
  await expect(dialog.getByRole("button", { name: "确定丢弃 1 项修改并清除？" })).toBeVisible();
  await hand.button("退出，保留数据", dialog);
  await expect(hand.page.getByRole("heading", { name: "选择账号" })).toBeVisible();
  await expect(hand.page.locator("main")).toContainText("李雨桐");

  await device.line.mend();
  await hand.button("登录其他账号");
  await signsIn(hand.page, DEMO.rival);
  await visit(hand.page, `${device.url}/list/customers`);
  await expect(hand.main.getByText(secret)).toHaveCount(0);
  await hand.page.keyboard.press("Control+k");
  await hand.page.getByRole("combobox", { name: "搜索" }).fill(secret);
  await expect(hand.page.getByText(/没有找到/)).toBeVisible();
  await hand.page.keyboard.press("Escape");

  // What the first one left is sent when they come back.
  await menu(hand, "使用其他账号");
  await hand.press(hand.main.getByRole("button", { name: /李雨桐/ }).first());
  await expect(hand.main.getByText(/李雨桐.*需要重新登录/)).toBeVisible();
  await signsIn(hand.page, DEMO.rep);
  await visit(hand.page, `${device.url}/list/customers`);
  await expect(hand.main.getByText(secret).first()).toBeVisible();
  await menu(hand, "退出登录");
  await hand.button("退出并清除本设备数据", hand.page.getByRole("dialog", { name: "退出登录" }));
  await expect(hand.main).not.toContainText("李雨桐");
});

test("a PIN opens the device without a network, a wrong one does not @long", async ({ newDevice }) => {
  const device = await newDevice();
  const hand = new Hand(await enter(device, DEMO.otherRep));
  await synced(hand.page);
  await kept(hand.page);
  await setsPin(hand, device.url);
  await device.close();
  await device.line.cut();

  const page = await device.open();
  const locked = page.getByRole("button", { name: /赵志强/ }).first();
  await expect(locked.or(page.getByLabel("PIN", { exact: true }))).toBeVisible();
  if (await locked.isVisible()) await locked.click();
  await page.getByLabel("PIN", { exact: true }).fill("000000");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").or(page.locator("[aria-invalid=true]")).first()).toBeVisible();
  // After a wrong one it wants a moment.
  await expect(async () => {
    await page.getByLabel("PIN", { exact: true }).fill(PIN);
    await page.keyboard.press("Enter");
    await expect(page.locator("[data-sync-online=false]").first()).toBeAttached({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  await page.getByRole("link", { name: "客户", exact: true }).first().click();
  await expect(page.locator("main [data-row-id]").first()).toBeVisible();
});

test("one person, two companies: each with its own rows, switched without a second sign-in @long", async ({ newDevice }) => {
  const device = await newDevice();
  const hand = new Hand(await device.open());
  const first = newCompany("东湖贸易");
  await signUp(hand, first);
  await makeRow(hand, "客户", { 客户名称: "东湖的客户" });
  await synced(hand.page);
  await menu(hand, "使用其他账号");
  const second = { ...first, company: "西溪贸易" };
  await signUp(hand, second);
  await expect(hand.main).not.toContainText("东湖的客户");
  await menu(hand, "切换公司");
  await hand.press(hand.page.getByRole("dialog").or(hand.page.locator("li")).getByRole("button", { name: /东湖贸易/ }).first());
  await expect(hand.page.getByRole("dialog")).toHaveCount(0);
  await synced(hand.page);
  await visit(hand.page, `${device.url}/list/customers`);
  await expect(hand.main.getByText("东湖的客户").first()).toBeVisible();
});

test("who goes over to a company whose account has a PIN here gives it, and the PIN stays @long", async ({ newDevice }) => {
  const device = await newDevice();
  const hand = new Hand(await device.open());
  const first = newCompany("南屏商行");
  await signUp(hand, first);
  await setsPin(hand, device.url);
  await menu(hand, "使用其他账号");
  await signUp(hand, { ...first, company: "北高商行" });
  await menu(hand, "切换公司");
  const dialog = hand.page.getByRole("dialog", { name: "切换公司" });
  await hand.press(dialog.getByRole("button", { name: /南屏商行/ }));
  const pin = dialog.getByLabel(/PIN 码/);
  await pin.fill("000000");
  await hand.page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("PIN 码不对");
  // After a wrong one it wants a moment.
  await expect(async () => {
    await pin.fill(PIN);
    await hand.page.keyboard.press("Enter");
    await expect(dialog).toBeHidden({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  await synced(hand.page);
  await expect(hand.page.getByRole("button", { name: /账号菜单|我的/ }).first()).toBeVisible();
  // Locked as before: the next opening asks for it.
  await menu(hand, "使用其他账号");
  await hand.press(hand.main.getByRole("button", { name: /南屏商行/ }).first());
  await expect(hand.page.getByLabel("PIN", { exact: true })).toBeVisible();
});
