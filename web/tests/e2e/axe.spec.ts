/** Every screen and the main dialogs, for people who do not see or do not see well: what axe can tell of WCAG 2.2 A and AA. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { DIALOGS, placeOf, type Screen, SCREENS } from "../support/screens.ts";
import { settled, visit } from "../support/settled.ts";
import { loaded, type Look, signIn, wear } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { expect, test } from "./stage.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const GRAVE = new Set(["serious", "critical"]);
const LOOKS: readonly Look[] = [
  { language: "zh-CN", theme: "light" },
  { language: "en", theme: "dark" },
];
/** They load the app anew: nobody has signed in there, or it is no page of the frame. */
const ALONE = new Set(["ops"]);

/** Serious and critical violations of what is shown now: rule, where, and why, one line each. */
async function violations(page: Page, where: string): Promise<readonly string[]> {
  const dialog = page.locator("[role=dialog]:visible");
  const all = new AxeBuilder({ page }).withTags(RULES);
  // What lies below a dialog is out of reach, and was looked at by itself.
  const found = await ((await dialog.count()) > 0 ? all.include("[role=dialog]") : all).analyze();
  return found.violations
    .filter(({ impact }) => GRAVE.has(impact ?? ""))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`));
}

async function show(page: Page, screen: Screen, place: string): Promise<void> {
  if (ALONE.has(screen.name)) await page.goto(new URL(place, page.url()).href);
  else await visit(page, place);
  await settled(page);
  await screen.open?.(page);
  if (screen.open !== undefined) await settled(page);
}

test("the rule finds what is wrong", async ({ page, server }) => {
  await page.goto(server.url);
  await page.locator("form").waitFor();
  await page.evaluate(() => {
    const faint = document.createElement("p");
    faint.textContent = "faint";
    faint.style.cssText = "color:#ccc;background:#fff";
    document.body.append(faint, document.createElement("input"));
  });
  const found = await violations(page, "entrance");
  expect(found.some((line) => line.includes("color-contrast"))).toBe(true);
  expect(found.some((line) => line.includes(": label: "))).toBe(true);
});

for (const look of LOOKS) {
  test(`the entrance in ${look.theme}`, async ({ page, context, server }) => {
    await wear(context, look);
    await page.goto(server.url);
    await page.locator("form").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe(look.language);
    expect(await violations(page, "entrance")).toEqual([]);
    await page.getByRole("button", { name: /注册新公司|Sign up/ }).click();
    await page.locator("form").waitFor();
    expect(await violations(page, "sign-up")).toEqual([]);
  });

  test(`every screen in ${look.theme} @long`, async ({ page, context, server }) => {
    test.setTimeout(600_000);
    const told: string[] = [];
    let where = "sign-in";
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && told.push(`${where}: ${message.text()}`));
    await wear(context, look);
    await signIn(page, server.url, DEMO.admin);
    const wrong: string[] = [];
    for (const screen of [...SCREENS, ...DIALOGS]) {
      where = screen.name;
      const place = await placeOf(page, screen);
      expect(place, `${screen.name} has a row to show`).not.toBeNull();
      if (new URL(page.url()).pathname === "/ops") await page.goto(server.url).then(() => loaded(page));
      await show(page, screen, place ?? "/");
      const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (across > 0) wrong.push(`${where}: ${across} px wider than the window`);
      wrong.push(...(await violations(page, where)));
      await page.keyboard.press("Escape");
    }
    expect(wrong).toEqual([]);
    expect(told, "the console stays silent").toEqual([]);
  });
}
