/** From the entrance to a delivered order by keys alone, and what a screen reader says at each step. */
import { DEMO } from "../support/yunfan_server.ts";
import { heard, jump, tabTo, takeOffer } from "./keyboard.ts";
import { expect, synced, test } from "./stage.ts";

test.skip(({ isMobile }) => isMobile, "a keyboard stands on a desk");
test.setTimeout(240_000);

test("the whole order flow by keys alone", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open();
  const { keyboard } = page;
  const says = (wanted: RegExp): Promise<void> => expect.poll(() => heard(page), { message: `what is heard is not ${String(wanted)}` }).toMatch(wanted);

  await expect(page.getByRole("heading", { level: 1, name: "登录" })).toBeVisible();
  await tabTo(page, /^textbox 手机号或邮箱/);
  await keyboard.type(DEMO.admin.identifier);
  await tabTo(page, /^textbox 密码/);
  await keyboard.type("wrong-password-1");
  await keyboard.press("Enter");
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await says(/^(textbox 密码|button 登录)/);
  await page.locator("input[name=password]").focus();
  await keyboard.press("Control+a");
  await keyboard.type(DEMO.admin.password);
  await keyboard.press("Enter");
  await synced(page);

  // The first stop on every page leads past the navigation.
  await keyboard.press("Tab");
  await says(/^link 跳到正文/);

  await jump(page, "新建销售单", "新建报价单");
  await says(/^combobox 客户/);

  // Saved too early: it says why, aloud.
  await keyboard.press("Escape");
  await keyboard.press("Control+s");
  await expect(page.getByRole("alert").filter({ hasText: "请选择客户" })).toBeVisible();

  await tabTo(page, /^combobox 客户/, "Shift+Tab").catch(() => tabTo(page, /^combobox 客户/));
  await keyboard.type("huitong");
  await takeOffer(page, "汇通");
  // What was chosen is said by its name.
  await expect(page.locator("main [aria-live=polite]").filter({ hasText: /汇通/ })).toBeAttached();
  await keyboard.press("Tab");
  await says(/^textbox 单据日期/);
  await tabTo(page, /^combobox 币种/);
  await tabTo(page, /^textbox 备注/);
  await keyboard.type("货到付款");
  await tabTo(page, /^combobox 商品，第 1 行，空/);

  await keyboard.type("longjing");
  await expect(page.getByRole("option", { name: /西湖龙井/ })).toBeVisible();
  await expect(page.getByRole("listbox", { name: /^\d+ 个候选/ })).toBeVisible();
  await keyboard.press("Enter");
  await says(/^textbox 数量，第 1 行/);
  await keyboard.type("abc");
  await keyboard.press("Enter");
  await tabTo(page, /^textbox 数量，第 1 行/, "Shift+Tab");
  await expect(page.locator("main").getByRole("status").filter({ hasText: "请输入数字" })).toBeAttached();
  await keyboard.type("6");
  await keyboard.press("Enter");
  await says(/单价，第 1 行，268/);
  await keyboard.press("Enter");
  await says(/^combobox 商品，第 2 行/);
  await keyboard.type("YP-004");
  await expect(page.getByRole("option", { name: /手冲咖啡豆/ })).toBeVisible();
  await keyboard.press("Enter");
  await keyboard.type("10");
  await keyboard.press("Enter");
  await says(/单价，第 2 行，86\.80/);

  await keyboard.press("Control+s");
  await expect(page.getByRole("heading", { level: 1, name: /^报价单 / })).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: "已保存" })).toBeAttached();

  await tabTo(page, /^button 确认订单/);
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /^销售订单 / })).toBeVisible();
  await tabTo(page, /^button 出\s?库/);
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "从哪个仓库出库？" });
  await expect(dialog).toBeVisible();
  await says(/^combobox 从哪个仓库出库/);
  await tabTo(page, /^button 出\s?库/);
  await keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await synced(page);
  await expect(page.locator("main").getByText("已出库").first()).toBeVisible();
  await expect(page.locator("main").getByText("¥2,476.00").first()).toBeVisible();
});
