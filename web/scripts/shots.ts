/** Pictures of every screen in both languages, both themes and three widths, of the demo company.
 *
 * `node scripts/shots.ts [--url http://…] [--only part-of-name] [--look phone-en-light …] [--quick]` writes into
 * .yunfan/shots. Without --url the product is started for it. Who looks is the demo's admin.
 */
import { chromium, type Browser, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { type Look, signIn, wear } from "../tests/support/signed_in.ts";
import { type Filled, fill } from "../tests/support/filled.ts";
import { FILLED, throughTheLock } from "../tests/support/filled_screens.ts";
import { DIALOGS, SCREENS, placeOf, type Screen } from "../tests/support/screens.ts";
import { settled, visit } from "../tests/support/settled.ts";
import { DEMO, YunfanServer } from "../tests/support/yunfan_server.ts";

const WIDTHS = { desktop: [1440, 900], tablet: [834, 1112], phone: [390, 844] } as const;
const LOOKS: readonly Look[] = (["zh-CN", "en"] as const).flatMap((language) => (["light", "dark"] as const).map((theme) => ({ language, theme })));
const FOLDER = resolve(import.meta.dirname, "../../.yunfan/shots");
const SETTLED_MS = 400;
const ACTION_MS = 15_000;

const { values: given } = parseArgs({ options: { url: { type: "string" }, only: { type: "string" }, look: { type: "string", multiple: true }, quick: { type: "boolean" } } });
const server = given.url === undefined ? await YunfanServer.start() : null;
const browser = await chromium.launch(chromiumOptions());
try {
  const filled = await fill(given.url ?? server?.url ?? "", DEMO.admin);
  for (const look of given.quick ? LOOKS.slice(0, 1) : LOOKS) {
    for (const width of Object.keys(WIDTHS) as (keyof typeof WIDTHS)[]) await shoot(browser, look, width, filled);
  }
} finally {
  await browser.close();
  await server?.remove();
}

async function shoot(from: Browser, look: Look, width: keyof typeof WIDTHS, filled: Filled): Promise<void> {
  const name = `${width}-${look.language}-${look.theme}`;
  if (given.look !== undefined && !given.look.includes(name)) return;
  const folder = join(FOLDER, name);
  const [across, down] = WIDTHS[width];
  const context = await from.newContext({ viewport: { width: across, height: down }, colorScheme: look.theme ?? null, locale: look.language ?? "zh-CN", hasTouch: width !== "desktop" });
  await wear(context, look);
  const page = await context.newPage();
  page.setDefaultTimeout(ACTION_MS);
  const url = given.url ?? server?.url ?? "";
  mkdirSync(folder, { recursive: true });
  await page.goto(url);
  await picture(page, join(folder, "entrance.png"));
  await signIn(page, url, DEMO.admin);
  const isWanted = (screen: string): boolean => given.only === undefined || screen.includes(given.only);
  for (const screen of [...DIALOGS, ...SCREENS, ...FILLED]) {
    if (!isWanted(screen.name) || (screen.atADesk === true && width === "phone")) continue;
    try {
      await shown(page, screen, filled, url);
      await picture(page, join(folder, `${screen.name}.png`));
    } catch (error) {
      process.exitCode = 1; // the others are wanted all the same
      console.error(`${name} ${screen.name}: ${String(error)}`);
    }
    await page.keyboard.press("Escape");
  }
  if (isWanted("filled-pin") || isWanted("filled-accounts")) await throughTheLock(page, url, (name) => picture(page, join(folder, `${name}.png`)));
  await context.close();
}

async function shown(page: Page, screen: Screen, filled: Filled, url: string): Promise<void> {
  const place = await placeOf(page, screen, { ...filled });
  if (place === null) throw new Error("its list is empty");
  if (place.startsWith("/ops") || new URL(page.url()).pathname === "/ops") await page.goto(url + place);
  else await visit(page, place);
  await settled(page);
  await screen.open?.(page);
}

async function picture(page: Page, path: string): Promise<void> {
  await page.waitForTimeout(SETTLED_MS);
  await page.screenshot({ path });
}
