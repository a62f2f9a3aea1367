/** The same app for somebody who reads English: every word on the way is English. */
import { DEMO } from "../support/yunfan_server.ts";
import { expect, kept, offline, test } from "./stage.ts";

const CHINESE = /\p{Script=Han}/u;

test("in English: sign in, a customer made offline, sent later @long", async ({ newDevice, isMobile }) => {
  const device = await newDevice({ locale: "en-GB" });
  const page = await device.open();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await page.getByLabel("Phone or e-mail").fill(DEMO.admin.identifier);
  await page.getByLabel("Password", { exact: true }).last().fill(DEMO.admin.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  const upToDate = page.getByRole("status").filter({ hasText: "Up to date" }).first();
  await expect(upToDate).toBeAttached({ timeout: 40_000 });
  await kept(page);
  await device.line.cut();
  await offline(page);
  await page.getByRole(isMobile ? "navigation" : "banner").getByRole("button", { name: "New", exact: true }).click();
  await (isMobile ? page.getByRole("dialog").getByRole("link", { name: "New customer" }) : page.getByRole("menuitem", { name: "New customer" })).click();
  await expect(page.getByRole("heading", { level: 1, name: "New customer" })).toBeVisible();
  const form = await page.locator("main").innerText();
  expect(form.split("\n").filter((line) => CHINESE.test(line))).toEqual([]);
  await page.locator("main").getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("main")).toContainText("you must fill in Name");
  await page.locator("main").getByRole("textbox", { name: /Name/ }).first().fill("Riverside Stationers Ltd");
  await page.locator("main").getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Riverside Stationers Ltd" })).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "Offline · 1 to send" }).first()).toBeAttached();
  await device.line.mend();
  await expect(upToDate).toBeAttached({ timeout: 40_000 });
});
