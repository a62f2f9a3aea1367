/** Every screen and the main dialogs, for people who do not see or do not see well: what axe can tell of WCAG 2.2 A and AA. */
import AxeBuilder from "@axe-core/playwright";
import type { BrowserContext, Page } from "@playwright/test";
import { fill, type Filled, foundWithData } from "../support/filled.ts";
import { FILLED, throughTheLock } from "../support/filled_screens.ts";
import { DIALOGS, placeOf, type Screen, SCREENS } from "../support/screens.ts";
import { settled, visit } from "../support/settled.ts";
import { loaded, type Look, signIn, wear } from "../support/signed_in.ts";
import type { SignIn } from "../support/yunfan_server.ts";
import { expect, test } from "./stage.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const GRAVE = new Set(["serious", "critical"]);
const LIGHT: Look = { language: "zh-CN", theme: "light" };
const DARK: Look = { language: "en", theme: "dark" };
const OTHERS: readonly Look[] = [
  { language: "zh-CN", theme: "dark" },
  { language: "en", theme: "light" },
];
/** With every `make test`; everything goes with the long forms. */
const SAMPLE = new Set(["dialog-notifications", "filled-inbox-resubmit", "filled-order-new", "filled-import-report"]);
/** Loads the app anew: nobody has signed in there. */
const ALONE = "/ops";

/** Serious and critical violations of what is shown now: rule, where, and why, one line each. What lies half below a bar that
 * stays at its place counts where it does so wherever the page is scrolled to. */
async function violations(page: Page, where: string): Promise<readonly string[]> {
  const found = await graveOf(page, where);
  if (!found.some(isCovered)) return found;
  await page.evaluate(() => scrollBy(0, scrollY > 200 ? -100 : 100));
  const again = await graveOf(page, where);
  return found.filter((line) => !isCovered(line) || again.some((one) => elementOf(one) === elementOf(line))).concat(again.filter((line) => !found.includes(line) && !isCovered(line)));
}

/** Without the sizes, which differ with where the page stands. */
function elementOf(line: string): string {
  return line.split(" Target has")[0] ?? line;
}

function isCovered(line: string): boolean {
  return line.includes(": target-size: ") && line.includes("partially obscured");
}

async function graveOf(page: Page, where: string): Promise<readonly string[]> {
  const dialog = page.locator("[role=dialog]:visible");
  const all = new AxeBuilder({ page }).withTags(RULES);
  // What lies below a dialog is out of reach, and was looked at by itself.
  const found = await ((await dialog.count()) > 0 ? all.include("[role=dialog]") : all).analyze();
  return found.violations
    .filter(({ impact }) => GRAVE.has(impact ?? ""))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`));
}

async function show(page: Page, screen: Screen, place: string): Promise<void> {
  const [now, wanted] = [new URL(page.url()), new URL(place, page.url())];
  if (wanted.pathname === ALONE) await page.goto(wanted.href);
  else {
    if (now.pathname === ALONE) await page.goto(now.origin).then(() => loaded(page));
    await visit(page, place);
  }
  await settled(page);
  await screen.open?.(page);
  if (screen.open !== undefined) await settled(page);
}

/** A company in which every screen has something to show; one for all sweeps of a run. */
let prepared: Promise<{ readonly who: SignIn; readonly filled: Filled }> | null = null;

function prepare(url: string): Promise<{ readonly who: SignIn; readonly filled: Filled }> {
  prepared ??= foundWithData(url).then(async (who) => ({ who, filled: await fill(url, who) }));
  return prepared;
}

interface Sweep {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly url: string;
  readonly look: Look;
  readonly screens: readonly Screen[];
}

/** Goes through the screens: nothing grave, nothing wider than the window, a silent console. How it ends: signed in. */
async function sweep({ page, context, url, look, screens }: Sweep): Promise<void> {
  const told: string[] = [];
  let where = "sign-in";
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && told.push(`${where}: ${message.text()}`));
  await wear(context, look);
  const { who, filled } = await prepare(url);
  await signIn(page, url, who);
  const wrong: string[] = [];
  const isPhone = (page.viewportSize()?.width ?? 0) < 768;
  for (const screen of screens.filter(({ atADesk }) => !(isPhone && atADesk === true))) {
    where = screen.name;
    await test.step(where, async () => {
      const place = await placeOf(page, screen, { ...filled });
      expect(place, `${where} has a row to show`).not.toBeNull();
      await show(page, screen, place ?? "/");
      const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (across > 0) wrong.push(`${where}: ${across} px wider than the window`);
      wrong.push(...(await violations(page, where)));
      await page.keyboard.press("Escape");
    });
  }
  expect(wrong).toEqual([]);
  expect(told, "the console stays silent").toEqual([]);
}

test("the rule finds what is wrong @desk", async ({ page, server }) => {
  prepare(server.url).catch(() => undefined); // it takes some seconds; whoever needs it is told what went wrong
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

for (const [look, tag] of [[LIGHT, "@desk"], [DARK, ""]] as const) {
  test(`the entrance in ${look.theme} ${tag}`, async ({ page, context, server }) => {
    await wear(context, look);
    await page.goto(server.url);
    await page.locator("form").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe(look.language);
    expect(await violations(page, "entrance")).toEqual([]);
    await page.getByRole("button", { name: /注册新公司|Register/ }).click();
    await page.locator("form").waitFor();
    expect(await violations(page, "sign-up")).toEqual([]);
  });
}

const ALL: readonly Screen[] = [...SCREENS, ...DIALOGS, ...FILLED];

test("some of the screens, filled @desk", ({ page, context, server: { url } }) => sweep({ page, context, url, look: LIGHT, screens: ALL.filter(({ name }) => SAMPLE.has(name)) }));

for (const look of [LIGHT, DARK]) {
  test(`every screen in ${look.theme} @long`, async ({ page, context, server: { url } }) => {
    test.setTimeout(900_000);
    await sweep({ page, context, url, look, screens: ALL });
    const wrong: string[] = [];
    await throughTheLock(page, url, async (name) => void wrong.push(...(await violations(page, name))));
    expect(wrong).toEqual([]);
  });
}

for (const look of OTHERS) {
  test(`what is filled, ${look.language} in ${look.theme} @long`, async ({ page, context, server: { url } }) => {
    test.setTimeout(600_000);
    await sweep({ page, context, url, look, screens: [...DIALOGS, ...FILLED] });
  });
}
