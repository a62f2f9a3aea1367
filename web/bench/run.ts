/** What a person waits for, measured in a real Chromium with the real app: `infra/bench/web_client.py` calls it.
 *
 * Prints one JSON object a line: {name, values} in milliseconds or bytes. What only the caller can do it asks for, {ask},
 * and waits for a line on its standard input: "change" (another device changes 5,000 customers), "stop" (the server).
 */
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { loaded, type Look, wear } from "../tests/support/signed_in.ts";
import type { Device, ListQuery } from "../src/device/api.ts";

declare const measuredDevice: Device;
declare const measuredRowByRow: (count: number) => Promise<number>;

const URL_ = required("WEB_URL");
const WHO = { identifier: required("WEB_IDENTIFIER"), password: required("WEB_PASSWORD") };
const CUSTOMERS = Number(required("WEB_CUSTOMERS"));
const TOKEN = required("WEB_TOKEN"); // of somebody else who edits the same rows
const QUICK = process.env["WEB_QUICK"] === "1"; // fewer rounds, for much larger replicas
const LOOK: Look = { language: "zh-CN", theme: "light" };
const LONG_MS = 240_000;
const TYPING_MS = 3_000; // nobody types a password in no time
const LOOKING_MS = 3_000; // at the list, before anything is done with it: columns are read meanwhile
const INSERTED = 20_000; // one by one: the rest would take as long again, or longer

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

function tell(name: string, values: number | readonly number[], detail = ""): void {
  process.stdout.write(`${JSON.stringify({ name, values: [values].flat(), detail })}\n`);
}

async function ask(what: string): Promise<void> {
  process.stdout.write(`${JSON.stringify({ ask: what })}\n`);
  await lines.next();
}

async function opened(folder: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, { ...chromiumOptions(), viewport: { width: 1440, height: 900 }, locale: "zh-CN" });
  await wear(context, LOOK);
  return context;
}

/** When something was on the screen, in milliseconds since 1970: looked for in every frame of the page itself, for a
 * locator's own waiting looks twice a second. */
async function seenAt(page: Page, selector: string): Promise<number> {
  const found = await page.waitForFunction((wanted) => document.querySelector(wanted) !== null && performance.timeOrigin + performance.now(), selector, {
    timeout: LONG_MS, polling: "raf",
  });
  return Number(await found.jsonValue());
}

const rowsAt = (page: Page) => seenAt(page, "[data-row-id]");

/** From the press on "sign in" until the list can be used, and until all customers are in it: the device shows the part to
 * begin with while the server makes the whole. */
async function firstLoad(context: BrowserContext): Promise<{ readonly page: Page; readonly ms: number; readonly whole: number }> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${URL_}/list/customers`);
  await page.locator("input[name=identifier]").fill(WHO.identifier);
  await page.locator("input[name=password]").fill(WHO.password);
  await page.waitForTimeout(TYPING_MS);
  const began = performance.timeOrigin + performance.now();
  await page.locator("form button[type=submit]").click();
  const [shown, all] = await Promise.all([rowsAt(page), seenAt(page, "[data-sync-phase=ready]")]);
  const total = await page.evaluate(async () => (await measuredDevice.list({ collection: "customers", limit: 1 })).total);
  if (total !== CUSTOMERS) throw new Error(`${total} customers were loaded, not ${CUSTOMERS}`);
  return { page, ms: shown - began, whole: Math.max(shown, all) - began };
}

async function entrance(): Promise<void> {
  const browser = await chromium.launch(chromiumOptions());
  const page = await browser.newPage();
  let bytes = 0;
  const sized: Promise<unknown>[] = [];
  page.on("response", (answer) => {
    if (new URL(answer.url()).pathname.endsWith(".js") && !answer.url().endsWith("/sw.js")) {
      sized.push(answer.request().sizes().then((sizes) => (bytes += sizes.responseBodySize)));
    }
  });
  await page.goto(URL_, { waitUntil: "load" });
  await page.locator("input[name=identifier]").waitFor();
  await Promise.all(sized);
  tell("entrance_js", bytes);
  await browser.close();
}

/** Questions as people ask them, each a filter, an order, and fifty rows of it. */
function questions(): ListQuery[] {
  const orders = [[{ field: "updatedAt", desc: true }], [{ field: "name" }], [{ field: "code" }], [{ field: "region" }, { field: "name" }]];
  const filters: ListQuery["where"][] = [
    [{ field: "level", op: "eq", value: "a" }],
    [{ field: "region", op: "eq", value: "杭州" }],
    [{ field: "source", op: "in", value: ["exhibition", "visit"] }, { field: "level", op: "ne", value: "d" }],
    [{ field: "industry", op: "eq", value: "电子" }, { field: "region", op: "eq", value: "成都" }],
  ];
  return filters.flatMap((where) => orders.map((orderBy) => ({ collection: "customers", where: where ?? [], orderBy, limit: 50 })));
}

/** Asked from the page, so the way to the worker and back is in it. */
async function lists(page: Page): Promise<void> {
  const found = await page.evaluate(
    async ([text, rounds]) => {
      const asked = JSON.parse(text) as ListQuery[];
      const times: number[] = [];
      for (let round = 0; round < rounds + 1; round++) {
        for (const query of asked) {
          const began = performance.now();
          await measuredDevice.list(query);
          if (round > 0) times.push(performance.now() - began);
        }
      }
      return times;
    },
    [JSON.stringify(questions()), QUICK ? 3 : 10] as const,
  );
  tell("list", found);
}

/** From the change of the address until the other rows are painted. */
async function painted(page: Page): Promise<void> {
  const places = ["a", "b", "c", "d"].map((level) => `/list/customers?f=${encodeURIComponent(`level:eq:"${level}"`)}`);
  const atOnce: number[] = [];
  for (let round = 0; round < 3; round++) {
    await page.goto(`${URL_}/list/customers`, { waitUntil: "commit" });
    await rowsAt(page);
    atOnce.push(...(await changes(page, places.slice(0, 1), 1)));
  }
  tell("list_painted_at_once", atOnce);
  await page.goto(`${URL_}/list/customers`);
  await loaded(page);
  await page.locator("[data-row-id]").first().waitFor();
  await page.waitForTimeout(LOOKING_MS);
  tell("list_painted", await changes(page, places, QUICK ? 3 : 10));
}

/** Milliseconds from each change of the address until other rows are painted. */
function changes(page: Page, places: readonly string[], times: number): Promise<number[]> {
  return page.evaluate(
    async ([paths, rounds]) => {
      const found: number[] = [];
      for (let round = 0; round < rounds; round++) {
        for (const path of paths) {
          const before = [...document.querySelectorAll("[data-row-id]")].map((row) => row.getAttribute("data-row-id")).join();
          const began = performance.now();
          history.pushState(null, "", path);
          dispatchEvent(new PopStateEvent("popstate"));
          for (;;) {
            await new Promise((next) => requestAnimationFrame(next));
            const ids = [...document.querySelectorAll("[data-row-id]")].map((row) => row.getAttribute("data-row-id")).join();
            if (ids !== "" && ids !== before) break;
            if (performance.now() - began > 5_000) throw new Error(`the list did not change: ${path}`);
          }
          found.push(performance.now() - began);
        }
      }
      return found;
    },
    [places, times] as const,
  );
}

/** Frames a second while the list scrolls through its rows, some of which have to be asked for. */
async function scrolled(page: Page): Promise<void> {
  await page.goto(`${URL_}/list/customers`);
  await loaded(page);
  await page.locator("[data-row-id]").first().waitFor();
  await page.waitForTimeout(LOOKING_MS);
  const frames = await page.evaluate(async (lasts) => {
    let view = document.querySelector<HTMLElement>("[data-row-id]");
    while (view !== null && !(view.scrollHeight > view.clientHeight + 10 && /auto|scroll/.test(getComputedStyle(view).overflowY))) view = view.parentElement;
    const scroller = view ?? document.scrollingElement;
    if (scroller === null) throw new Error("the list does not scroll");
    const from = scroller.scrollTop;
    const began = performance.now();
    let shown = 0;
    while (performance.now() - began < lasts) {
      await new Promise((next) => requestAnimationFrame(next));
      scroller.scrollBy(0, 60);
      shown++;
    }
    if (scroller.scrollTop - from < shown * 30) throw new Error("the list did not scroll");
    return (shown * 1000) / (performance.now() - began);
  }, 4_000);
  tell("list_frames", frames);
}

/** A change made here until it is on the screen; then one that somebody else makes. */
async function edits(page: Page): Promise<void> {
  await page.goto(`${URL_}/list/customers`);
  await loaded(page);
  const row = page.locator("[data-row-id]").first();
  await row.waitFor();
  await page.waitForTimeout(LOOKING_MS);
  const id = (await row.getAttribute("data-row-id")) ?? "";
  const own = await page.evaluate(
    async ([rowId, rounds]) => {
      const found: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const name = `改名 ${round} 有限公司`;
        const began = performance.now();
        await measuredDevice.mutate("party.edit_customer", { id: rowId, name });
        while (document.querySelector("main")?.textContent?.includes(name) !== true) {
          await new Promise((next) => requestAnimationFrame(next));
          if (performance.now() - began > 5_000) throw new Error("an edit of one's own did not show");
        }
        found.push(performance.now() - began);
        await new Promise((next) => setTimeout(next, 150));
      }
      return found;
    },
    [id, QUICK ? 10 : 40] as const,
  );
  tell("own_edit_painted", own);
  await page.waitForTimeout(2_000);
  const others: number[] = [];
  for (let round = 0; round < (QUICK ? 10 : 30); round++) others.push(await otherEdit(page, id, `他人改名 ${round} 有限公司`));
  tell("other_edit_painted", others);
}

/** The server is asked from here, by another member; clocks of this machine. */
async function otherEdit(page: Page, id: string, name: string): Promise<number> {
  const seen = page.evaluate(async (wanted) => {
    const until = performance.now() + 10_000;
    while (document.querySelector("main")?.textContent?.includes(wanted) !== true) {
      await new Promise((next) => requestAnimationFrame(next));
      if (performance.now() > until) throw new Error("somebody else's edit did not show");
    }
    return performance.timeOrigin + performance.now();
  }, name);
  const began = performance.timeOrigin + performance.now();
  const answer = await fetch(`${URL_}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ query: "mutation($i: EditCustomerInput!) { editCustomer(input: $i) { id } }", variables: { i: { id, name } } }),
  });
  const said = (await answer.json()) as { readonly errors?: unknown };
  if (said.errors !== undefined) throw new Error(JSON.stringify(said.errors));
  const ms = (await seen) - began;
  await page.waitForTimeout(150);
  return ms;
}

/** Reading goes on while 5,000 changed rows arrive: the longest that one question waited. */
async function delta(page: Page): Promise<void> {
  await ask("change");
  const found = await page.evaluate(async () => {
    const query: ListQuery = { collection: "customers", where: [{ field: "level", op: "eq", value: "b" }], orderBy: [{ field: "name" }], limit: 50 };
    let done = false;
    const synced = measuredDevice.sync().finally(() => (done = true));
    const waits: number[] = [];
    const began = performance.now();
    while (!done || performance.now() - began < 3_000) {
      const asked = performance.now();
      await measuredDevice.list(query);
      waits.push(performance.now() - asked);
      await new Promise((next) => setTimeout(next, 5));
    }
    await synced;
    return waits;
  });
  tell("delta_read_waits", found);
}

async function coldStart(folder: string): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < (QUICK ? 2 : 4); round++) {
    const context = await opened(folder);
    const page = context.pages()[0] ?? (await context.newPage());
    const began = performance.timeOrigin + performance.now();
    await page.goto(`${URL_}/list/customers`, { waitUntil: "commit" });
    times.push((await rowsAt(page)) - began);
    await context.close();
  }
  tell("cold_start_offline", times);
}

const folder = mkdtempSync(join(tmpdir(), "yunfan-bench-web-"));
try {
  await entrance();
  const loads: number[] = [];
  const wholes: number[] = [];
  for (let round = 0; round < (QUICK ? 0 : 2); round++) {
    const fresh = mkdtempSync(join(tmpdir(), "yunfan-bench-web-"));
    const context = await opened(fresh);
    const { ms, whole } = await firstLoad(context);
    loads.push(ms);
    wholes.push(whole);
    await context.close();
    rmSync(fresh, { recursive: true, force: true });
  }
  const context = await opened(folder);
  const { page, ms, whole } = await firstLoad(context);
  tell("first_load", [...loads, ms], "the first one finds no file on the server yet");
  tell("first_load_whole", [...wholes, whole]);
  if (!QUICK) tell("row_by_row", ((await page.evaluate((count) => measuredRowByRow(count), INSERTED)) * CUSTOMERS) / INSERTED);
  await lists(page);
  await painted(page);
  await scrolled(page);
  await edits(page);
  await delta(page);
  await page.waitForTimeout(3_000); // the service worker has the app's files by now
  await context.close();
  await ask("stop");
  await coldStart(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
