/** A browser in which somebody has signed in through the app's own door. */
import type { BrowserContext, Page } from "@playwright/test";
import type { SignIn } from "./yunfan_server.ts";

const LOADED_MS = 60_000;

export interface Look {
  readonly language?: "zh-CN" | "en";
  readonly theme?: "light" | "dark";
}

/** Chooses language and theme as a reader's browser would ask for them, before the app's first page. */
export async function wear(context: BrowserContext, look: Look): Promise<void> {
  await context.addInitScript((given) => {
    if (given.language !== undefined) localStorage.setItem("yunfan.language", given.language);
    if (given.theme !== undefined) localStorage.setItem("yunfan.theme", given.theme);
  }, look);
}

/** Until the rows are there. */
export async function signIn(page: Page, url: string, who: SignIn): Promise<void> {
  await page.goto(url);
  await page.locator("input[name=identifier]").fill(who.identifier);
  await page.locator("input[name=password]").fill(who.password);
  await page.locator("form button[type=submit]").click();
  await loaded(page);
}

/** Until the frame stands and the first load is over. */
export async function loaded(page: Page): Promise<void> {
  await page.locator("[data-sync-phase=ready]").first().waitFor({ state: "attached", timeout: LOADED_MS });
}
