/** The app's own files without a network, and how a newer version takes their place. */
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { appFiles } from "../../scripts/app_files_plugin";
import { Profile } from "./browser";
import type {} from "./page/shell";
import { Served } from "./served_page";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const WEB = resolve(import.meta.dirname, "../..");
const versions: Record<string, string> = {};
let served: Served;
let profile: Profile;

async function built(version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "yunfan-shell-"));
  await build({
    configFile: false,
    root: join(WEB, "tests/device/page"),
    logLevel: "error",
    publicDir: false,
    define: { __TEST_VERSION__: JSON.stringify(version) },
    resolve: { alias: { "~": join(WEB, "src") } },
    plugins: [
      // The app's page is called index.html; the worker's list has to name it so.
      { name: "rename", apply: "build", enforce: "pre", closeBundle: { order: "pre", sequential: true, handler: () => rename(join(folder, "shell.html"), join(folder, "index.html")) } },
      appFiles(WEB),
    ],
    build: { outDir: folder, target: "es2022", rolldownOptions: { input: join(WEB, "tests/device/page/shell.html") } },
  });
  return folder;
}

beforeAll(async () => {
  for (const version of ["one", "two"]) versions[version] = await built(version);
});
afterAll(() => Promise.all(Object.values(versions).map((folder) => rm(folder, { recursive: true, force: true }))));
beforeEach(async () => {
  served = new Served(versions["one"] ?? "", "/", null);
  await served.start();
  profile = await Profile.make();
});
afterEach(async () => {
  await profile.remove();
  await served.stop();
});

const kept = (tab: Page): Promise<unknown> => tab.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
const ready = (tab: Page): Promise<boolean> => tab.evaluate(() => window.updates.ready());

async function opened(): Promise<Page> {
  const tab = await profile.tab(served.url);
  await expect.poll(() => kept(tab), { timeout: 10_000 }).toBe("activated");
  await expect.poll(() => tab.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 10_000 }).toBe(true);
  return tab;
}

test.each([
  ["asking for them is refused", () => Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => { throw new DOMException("shut in", "SecurityError"); } })],
  ["there are none", () => Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined })],
  ["they are not let in", () => Object.defineProperty(ServiceWorkerContainer.prototype, "register", { value: () => Promise.reject(new DOMException("blocked", "SecurityError")) })],
] as const)("where service workers are blocked the app runs, without news of versions: %s", async (_, block) => {
  const wrong: string[] = [];
  const tab = await profile.tab(served.url, async (page) => {
    page.on("pageerror", (error) => wrong.push(error.message));
    await page.addInitScript(block);
  });
  await expect.poll(() => tab.title()).toBe("one");
  await tab.evaluate(() => window.updates.check());
  expect([await ready(tab), await tab.evaluate(() => window.lazily())]).toEqual([false, expect.any(String)]);
  expect(wrong).toEqual([]);
});

test("paths of the server are never answered from what is kept", async () => {
  const tab = await opened();
  await served.stop();
  for (const path of ["graphql", "sync/v1/pull", "accept-invitation", "settings/sessions", "downloads/x"]) {
    await expect(tab.goto(served.url + path), path).rejects.toThrow("ERR_CONNECTION_REFUSED");
  }
});

test("reload, deep link and late chunks with the server stopped, also in a new browser", async () => {
  await opened();
  await served.stop();
  await profile.closeBrowser();
  const tab = await profile.tab(`${served.url}customers/018f?tab=orders`);
  expect(await tab.title()).toBe("one");
  await tab.reload();
  expect(await tab.evaluate(() => window.lazily())).toBe("later one");
});

test("only the app's own files are kept", async () => {
  const tab = await opened();
  await tab.evaluate(() => fetch("/health/live").catch(() => undefined));
  const names = await tab.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
    return found;
  });
  expect(names).toContain("/index.html");
  expect(names.filter((name) => name !== "/index.html" && !name.startsWith("/assets/"))).toEqual([]);
});

test("a newer version waits until it is taken; a tab that holds is not reloaded", async () => {
  const [tab, busy] = [await opened(), await opened()];
  await busy.evaluate(() => void window.updates.hold());
  served.folder = versions["two"] ?? "";
  await tab.evaluate(() => window.updates.check());
  await expect.poll(() => ready(tab), { timeout: 10_000 }).toBe(true);
  expect(await tab.title()).toBe("one");
  await tab.evaluate(() => window.updates.apply());
  await expect.poll(() => tab.title(), { timeout: 10_000 }).toBe("two");
  expect(await busy.title()).toBe("one");
  expect(await busy.evaluate(() => window.lazily())).toBe("later one");
  await served.stop();
  await busy.reload();
  expect(await busy.title()).toBe("two");
});

test("a version whose files do not fit together is not taken", async () => {
  const tab = await opened();
  served.folder = versions["two"] ?? "";
  served.spoils = "/index.html";
  await tab.evaluate(() => window.updates.check());
  await tab.waitForTimeout(700);
  expect(await ready(tab)).toBe(false);
  await tab.reload();
  expect(await tab.title()).toBe("one");
});

const PORTAL = "<!doctype html><title>hotel</title><form>Sign in to the network</form>";
const html = (status: number, body: string, more: Readonly<Record<string, string>> = {}): ReturnType<NonNullable<Served["between"]>> => ({ status, body, headers: { "content-type": "text/html", ...more } });
const BETWEEN: Readonly<Record<string, (path: string) => ReturnType<NonNullable<Served["between"]>>>> = {
  "answers everything with its page": () => html(200, PORTAL),
  "lets the worker through and nothing else": (path) => (path === "/sw.js" ? null : html(200, PORTAL)),
  "sends everything elsewhere": (path) => (path === "/portal" ? html(200, PORTAL) : html(302, "", { location: "/portal" })),
  "sends files elsewhere": (path) => (path === "/sw.js" || path === "/portal" ? null : html(302, "", { location: "/portal" })),
  "cuts files off": (path) => (path === "/sw.js" ? null : { status: 200, headers: { "content-type": "text/javascript", "content-length": "90000" }, body: "export const" }),
  "is broken": () => html(502, "Bad Gateway"),
  "has forgotten the app": () => html(404, "Not Found"),
};

for (const [name, says] of Object.entries(BETWEEN)) {
  test(`something between that ${name} never becomes the app, and the kept one stays`, async () => {
    const tab = await opened();
    served.folder = versions["two"] ?? "";
    served.between = says;
    await tab.evaluate(() => window.updates.check());
    await tab.waitForTimeout(900);
    expect(await ready(tab)).toBe(false);
    await tab.reload();
    expect(await tab.title()).toBe("one");
    expect(await tab.evaluate(() => window.lazily())).toBe("later one");
    const kept = await tab.evaluate(async () => {
      const texts: string[] = [];
      for (const cache of await caches.keys()) for (const response of await (await caches.open(cache)).matchAll()) texts.push(`${response.type} ${response.redirected} ${await response.text()}`);
      return texts;
    });
    expect(kept.filter((text) => !text.startsWith("basic false ") || text.includes("Sign in to the network"))).toEqual([]);
    served.between = null;
    await tab.evaluate(() => window.updates.check());
    await expect.poll(() => ready(tab), { timeout: 10_000 }).toBe(true);
  });
}

test("the way back takes the kept app off the device, and nothing of the member", async () => {
  const tab = await opened();
  await tab.evaluate(async () => {
    localStorage.setItem("kept", "1");
    await caches.open("somebody else's");
  });
  const off = await readFile(join(WEB, "public/sw-off.js"));
  served.between = (path) => (path === "/sw.js" ? { status: 200, headers: { "content-type": "text/javascript" }, body: off } : null);
  await tab.evaluate(() => window.updates.check());
  await expect.poll(() => tab.evaluate(() => caches.keys()).catch(() => []), { timeout: 10_000 }).toEqual(["somebody else's"]);
  await tab.waitForTimeout(1_000);
  let reloads = 0;
  tab.on("framenavigated", () => (reloads += 1));
  await tab.waitForTimeout(1_500);
  expect(reloads).toBe(0);
  expect(await tab.evaluate(() => localStorage.getItem("kept"))).toBe("1");
  await served.stop();
  await expect(tab.goto(served.url)).rejects.toThrow("ERR_CONNECTION_REFUSED");
});

test("a version that waited is taken at the next start, without anybody asking", async () => {
  const tab = await opened();
  served.folder = versions["two"] ?? "";
  await tab.evaluate(() => window.updates.check());
  await expect.poll(() => ready(tab), { timeout: 10_000 }).toBe(true);
  await profile.closeBrowser();
  const next = await profile.tab(served.url);
  await expect.poll(() => next.title(), { timeout: 10_000 }).toBe("two");
});
