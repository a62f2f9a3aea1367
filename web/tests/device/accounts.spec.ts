/** Accounts on a device, with a real server: signing in, opening without it, PINs, several members, eviction, fallback. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Accounts } from "../../src/device/accounts_api";
import type { TabDevice } from "../../src/device/tab_device";
import { DEMO, type SignIn, YunfanServer } from "../support/yunfan_server";
import { Profile } from "./browser";
import type {} from "./page/accounts";
import { type Served, servePage } from "./served_page";

vi.setConfig({ testTimeout: 40_000, hookTimeout: 200_000 });

declare global {
  interface Window {
    accounts: Accounts;
    device: TabDevice;
  }
}

/** A server that runs already (`YUNFAN_URL`) spares the start. */
const running = process.env["YUNFAN_URL"];
let server: YunfanServer | null = null;
let served: Served;
let profile: Profile;
let backend: string;

beforeAll(async () => {
  server = running === undefined ? await YunfanServer.start() : null;
  backend = running ?? server?.url ?? "";
  served = await servePage("accounts", backend);
});
afterAll(async () => {
  await served?.close();
  await server?.remove();
});
beforeEach(async () => {
  served.backend = backend;
  profile = await Profile.make();
});
afterEach(() => profile.remove());

async function page(before?: (page: Page) => Promise<void>): Promise<Page> {
  const opened = await profile.tab(served.url, before);
  await opened.evaluate(async () => {
    window.accounts = await window.openAccounts();
  });
  return opened;
}

/** Signs in and waits for the first rows. */
async function signIn(tab: Page, { identifier, password }: SignIn): Promise<string> {
  return tab.evaluate(
    async (input) => {
      const { signIn: answer } = await window.accounts.askAnonymously<{ signIn: { token: string } }>("SignIn", { input });
      window.device = (await window.accounts.signedIn({ token: answer.token })) as TabDevice;
      while (window.device.status().phase !== "ready") await new Promise((after) => setTimeout(after, 30));
      const { tenantId, memberId } = window.device.me;
      return `${tenantId}.${memberId}`;
    },
    { identifier, password },
  );
}

const codeOf = (tab: Page, key: string, pin?: string): Promise<string> =>
  tab.evaluate(
    async ([account, given]) => {
      try {
        window.device = (await window.accounts.open(account as string, given === undefined ? {} : { pin: given })) as TabDevice;
        return "OPEN";
      } catch (wrong) {
        return (wrong as { code?: string }).code ?? String(wrong);
      }
    },
    [key, pin],
  );

const customers = (tab: Page): Promise<number> => tab.evaluate(async () => (await window.device.list({ collection: "customers", limit: 1 })).total);

test("signs in, reads and writes; the token lies nowhere in plain", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  expect(await customers(tab)).toBeGreaterThan(0);
  const made = await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "晨光文具" }));
  expect(made.rowId).not.toBeNull();
  await expect.poll(() => tab.evaluate(() => window.device.status().pending), { timeout: 15_000 }).toBe(0);
  expect(await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain("yf_s_");
  const [account] = await tab.evaluate(() => window.accounts.list());
  expect(account).toMatchObject({ key, lock: "none" });
  expect(account?.offlineUntil).not.toBeNull();
});

test("opens without the server, by resuming and from the list; what is entered waits", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  const before = await customers(tab);
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), { timeout: 10_000 }).not.toBeNull();
  served.backend = null;
  await tab.reload();
  await tab.evaluate(async () => {
    window.accounts = await window.openAccounts();
    const device = await window.accounts.resume();
    if (device === null) throw new Error("not resumed");
    window.device = device as TabDevice;
  });
  expect(await customers(tab)).toBe(before);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "离线新建" }));
  await profile.closeBrowser();
  const next = await page();
  expect(await codeOf(next, key)).toBe("OPEN");
  expect(await customers(next)).toBe(before + 1);
  expect(await next.evaluate(() => window.device.status().pending)).toBe(1);
  served.backend = backend;
  await next.evaluate(() => window.device.sync());
  await expect.poll(() => next.evaluate(() => window.device.status().pending), { timeout: 15_000 }).toBe(0);
});

test("a PIN: without, wrong, too soon, right; after five wrong ones the server is needed", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  await tab.evaluate((account) => window.accounts.setPin(account, "2468"), key);
  await tab.reload();
  await tab.evaluate(async () => {
    window.accounts = await window.openAccounts();
  });
  expect(await tab.evaluate(() => window.accounts.resume())).toBeNull();
  expect(await codeOf(tab, key)).toBe("PIN_NEEDED");
  expect(await codeOf(tab, key, "1111")).toBe("PIN_WRONG");
  expect(await codeOf(tab, key, "2468")).toBe("PIN_TOO_SOON");
  const start = Date.now();
  await tab.clock.setFixedTime(start + 2_000);
  expect(await codeOf(tab, key, "2468")).toBe("OPEN");
  expect(await customers(tab)).toBeGreaterThan(0);
  await tab.evaluate(() => window.device.close());
  for (const at of [1, 2, 3, 4]) {
    await tab.clock.setFixedTime(start + at * 60_000);
    expect(await codeOf(tab, key, "0000")).toBe("PIN_WRONG");
  }
  await tab.clock.setFixedTime(start + 600_000);
  expect(await codeOf(tab, key, "0000")).toBe("PIN_LOCKED");
  expect(await codeOf(tab, key, "2468")).toBe("NOT_SIGNED_IN");
  await signIn(tab, DEMO.rep);
  expect(await customers(tab)).toBeGreaterThan(0);
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.lock)).toBe("none");
});

test("longer without the server than the company allows: refused, and the queue stays", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), { timeout: 10_000 }).not.toBeNull();
  served.backend = null;
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "等网络" }));
  await profile.closeBrowser();
  const later = await page((opened) => opened.clock.install({ time: Date.now() + 400 * 86_400_000 }));
  expect(await codeOf(later, key)).toBe("OFFLINE_TOO_LONG");
  await profile.closeBrowser();
  const setBack = await page();
  expect(await codeOf(setBack, key)).toBe("OFFLINE_TOO_LONG");
  served.backend = backend;
  expect(await codeOf(setBack, key)).toBe("OPEN");
  await expect.poll(() => setBack.evaluate(() => window.device.status().pending), { timeout: 15_000 }).toBe(0);
});

test("two tenants and two members on one device, each with a replica of its own", async () => {
  const tab = await page();
  const keys = [await signIn(tab, DEMO.rep), await signIn(tab, DEMO.rival), await signIn(tab, DEMO.admin)];
  expect(new Set(keys).size).toBe(3);
  expect((await tab.evaluate(() => window.accounts.list())).map(({ key }) => key).sort()).toEqual(keys.toSorted());
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "只在总经理这里" }));
  expect(await codeOf(tab, keys[1] ?? "")).toBe("OPEN");
  const found = await tab.evaluate(async () => (await window.device.list({ collection: "customers", text: "只在总经理这里", limit: 1 })).total);
  expect(found).toBe(0);
});

test("signing out keeps what is unsent; forgetting leaves nothing", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  served.backend = null;
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "未上传" }));
  expect(await tab.evaluate(() => window.device.status().pending)).toBe(1);
  await tab.evaluate(() => window.device.signOut({ wipe: false }));
  expect(await codeOf(tab, key)).toBe("NOT_SIGNED_IN");
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.unsent)).toBe(1);
  await tab.evaluate((account) => window.accounts.forget(account), key);
  expect(await tab.evaluate(() => window.accounts.list())).toEqual([]);
  expect(await tab.evaluate(folders)).toEqual([]);
  expect(await codeOf(tab, key)).toBe("ACCOUNT_UNKNOWN");
});

const folders = async (): Promise<string[]> => {
  const names: string[] = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
  return names;
};

test("what the browser cleared is noticed, and comes again", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  const before = await customers(tab);
  await tab.evaluate(() => window.device.close());
  await tab.waitForTimeout(500);
  await tab.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  });
  expect(await codeOf(tab, key)).toBe("OPEN");
  await expect.poll(() => tab.evaluate(() => window.device.status().evicted)).toBe(true);
  await expect.poll(() => tab.evaluate(() => window.device.status().phase), { timeout: 15_000 }).toBe("ready");
  expect(await customers(tab)).toBe(before);
});

test("without a private file system: rows in memory, the queue on the disk", async () => {
  const without = (opened: Page): Promise<void> =>
    opened.addInitScript(() => {
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
    }).then(() => undefined);
  const tab = await page(without);
  const key = await signIn(tab, DEMO.rep);
  expect(await tab.evaluate(() => window.device.status().storage)).toBe("memory");
  served.backend = null;
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "无痕窗口" }));
  await profile.closeBrowser();
  served.backend = backend;
  const next = await page(without);
  expect(await codeOf(next, key)).toBe("OPEN");
  await expect.poll(() => next.evaluate(() => window.device.status().phase), { timeout: 15_000 }).toBe("ready");
  await expect.poll(() => next.evaluate(() => window.device.status().pending), { timeout: 15_000 }).toBe(0);
  const found = await next.evaluate(async () => (await window.device.list({ collection: "customers", text: "无痕窗口", limit: 1 })).total);
  expect(found).toBe(1);
});
