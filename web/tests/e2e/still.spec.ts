/** For who asked their system for things that do not move: whatever opens stands where it belongs at once. */
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { expect, test } from "./stage.ts";

test("menus, lists of choices and dialogs open without motion @desk", async ({ newDevice, isMobile }) => {
  test.skip(isMobile ?? false, "a desk's menus");
  const device = await newDevice({ reducedMotion: "reduce" });
  const page = await enter(device, DEMO.rep);
  await visit(page, `${device.url}/list/customers`);
  for (let again = 0; again < 3; again++) {
    await page.getByRole("button", { name: /显示范围/ }).click();
    await page.getByRole("menuitem", { name: ["全部", "已归档", "使用中"][again] ?? "" }).click();
    await expect(page.getByRole("menuitem").first()).toBeHidden();
  }
  await page.getByRole("combobox", { name: "分组" }).click();
  await page.locator(".ant-select-dropdown:visible").getByText("级别", { exact: false }).first().click();
  await expect(page.locator(".ant-select-dropdown:visible")).toHaveCount(0);
});
