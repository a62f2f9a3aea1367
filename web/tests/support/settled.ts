/** When a screen shows what it has to show. */
import type { Page } from "@playwright/test";

const BUSY = "[aria-busy=true], .ant-skeleton, .ant-spin-spinning";
const LATEST_MS = 15_000;

/** Goes to a place of the app without loading the app again, as its own links do. */
export async function visit(page: Page, place: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, "", to), place);
}

/** Until the screen has a title and nothing of it waits any more. Throws after 15 s, with what still waits. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor({ timeout: LATEST_MS });
  const busy = page.locator(BUSY);
  const until = Date.now() + LATEST_MS;
  while ((await busy.count()) > 0) {
    if (Date.now() > until) throw new Error(`${page.url()} still waits: ${await busy.first().evaluate((found) => found.outerHTML.slice(0, 200))}`);
    await page.waitForTimeout(50);
  }
  // Menus and dialogs open in steps of 0.2 s.
  await page.waitForTimeout(250);
}
