/** Accounts on a device, with a real server: signing in, opening without it, PINs, several members, eviction, fallback. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DEMO } from "../support/yunfan_server";
import { Profile } from "./browser";
import { codeOf, customers, signIn, World } from "./signed_in";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 200_000 });
// A busy machine takes its time.
const SOON = { timeout: 15_000 };

let world: World;
let profile: Profile;

beforeAll(async () => {
  world = await World.make();
});
afterAll(() => world?.remove());
beforeEach(async () => {
  world.connect(true);
  profile = await Profile.make();
});
afterEach(() => profile.remove());

const page = (before?: (opened: Page) => Promise<void>): Promise<Page> => world.page(profile, before);

test("signs in, reads and writes; the token lies nowhere in plain", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  expect(await customers(tab)).toBeGreaterThan(0);
  const made = await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "晨光文具" }));
  expect(made.rowId).not.toBeNull();
  await expect.poll(() => tab.evaluate(() => window.device.status().pending), SOON).toBe(0);
  expect(await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain("yf_s_");
  const [account] = await tab.evaluate(() => window.accounts.list());
  expect(account).toMatchObject({ key, lock: "none" });
  expect(account?.offlineUntil).not.toBeNull();
});

test("opens without the server, by resuming and from the list; what is entered waits", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  const before = await customers(tab);
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), SOON).not.toBeNull();
  world.connect(false);
  await tab.reload();
  await tab.evaluate(async () => {
    window.accounts = await window.openAccounts();
    const device = await window.accounts.resume();
    if (device === null) throw new Error("not resumed");
    window.device = device as typeof window.device;
  });
  expect(await customers(tab)).toBe(before);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "离线新建" }));
  await profile.closeBrowser();
  const next = await page();
  expect(await codeOf(next, key)).toBe("OPEN");
  expect(await customers(next)).toBe(before + 1);
  expect(await next.evaluate(() => window.device.status().pending)).toBe(1);
  world.connect(true);
  await next.evaluate(() => window.device.sync());
  await expect.poll(() => next.evaluate(() => window.device.status().pending), SOON).toBe(0);
});

test("a PIN: without, wrong, too soon, right; after five wrong ones the server is needed", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  await tab.evaluate((account) => window.accounts.setPin(account, "246810"), key);
  await tab.reload();
  await tab.evaluate(async () => {
    window.accounts = await window.openAccounts();
  });
  expect(await tab.evaluate(() => window.accounts.resume())).toBeNull();
  expect(await codeOf(tab, key)).toBe("PIN_NEEDED");
  expect(await codeOf(tab, key, "1111")).toBe("PIN_WRONG");
  expect(await codeOf(tab, key, "246810")).toBe("PIN_TOO_SOON");
  const start = Date.now();
  await tab.clock.setFixedTime(start + 2_000);
  expect(await codeOf(tab, key, "246810")).toBe("OPEN");
  expect(await customers(tab)).toBeGreaterThan(0);
  await tab.evaluate(() => window.device.close());
  for (const at of [1, 2, 3, 4]) {
    await tab.clock.setFixedTime(start + at * 60_000);
    expect(await codeOf(tab, key, "0000")).toBe("PIN_WRONG");
  }
  await tab.clock.setFixedTime(start + 600_000);
  expect(await codeOf(tab, key, "0000")).toBe("PIN_LOCKED");
  expect(await codeOf(tab, key, "246810")).toBe("NOT_SIGNED_IN");
  await signIn(tab, DEMO.rep);
  expect(await customers(tab)).toBeGreaterThan(0);
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.lock)).toBe("none");
});

test("a PIN is changed and taken away only by whoever knows it, at an open desk too", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  const change = (pin: string | null, present?: string): Promise<string> =>
    tab.evaluate(
      async ([account, next, now]) => {
        try {
          await window.accounts.setPin(account as string, next as string | null, now === undefined ? {} : { pin: now as string });
          return "DONE";
        } catch (wrong) {
          return (wrong as { code?: string }).code ?? String(wrong);
        }
      },
      [key, pin, present] as const,
    );
  const start = Date.now();
  expect(await change("246810")).toBe("DONE");
  expect(await change("135790")).toBe("PIN_NEEDED");
  expect(await change(null)).toBe("PIN_NEEDED");
  expect(await change("135790", "000000")).toBe("PIN_WRONG");
  await tab.clock.setFixedTime(start + 60_000);
  expect(await change("135790", "246810")).toBe("DONE");
  await tab.clock.setFixedTime(start + 120_000);
  expect(await change(null, "246810")).toBe("PIN_WRONG");
  await tab.clock.setFixedTime(start + 180_000);
  expect(await change(null, "135790")).toBe("DONE");
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.lock)).toBe("none");
});

test("longer without the server than the company allows: refused, and the queue stays", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), SOON).not.toBeNull();
  world.connect(false);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "等网络" }));
  await aged(tab, key, { touchedAt: Date.now() + 401 * 86_400_000 }); // else a hand is missed first
  await profile.closeBrowser();
  const later = await page((opened) => opened.clock.install({ time: Date.now() + 400 * 86_400_000 }));
  expect(await codeOf(later, key)).toBe("OFFLINE_TOO_LONG");
  await profile.closeBrowser();
  const setBack = await page();
  expect(await codeOf(setBack, key)).toBe("OFFLINE_TOO_LONG");
  world.connect(true);
  expect(await codeOf(setBack, key)).toBe("OPEN");
  await expect.poll(() => setBack.evaluate(() => window.device.status().pending), SOON).toBe(0);
});

/** Moves what the ledger knows of the time; the worker reads it when the tab is seen again. */
async function aged(tab: Page, key: string, stay: Readonly<Record<string, number>>): Promise<void> {
  await tab.evaluate(
    async ([account, changed]) => {
      const db = await new Promise<IDBDatabase>((done) => {
        const asked = indexedDB.open("yunfan");
        asked.onsuccess = () => done(asked.result);
      });
      const store = db.transaction("accounts", "readwrite").objectStore("accounts");
      const found = store.get(account);
      await new Promise((done) => {
        found.onsuccess = () => (store.put({ ...found.result, stay: { ...found.result.stay, ...changed } }, account).onsuccess = done);
      });
      db.close();
      document.dispatchEvent(new Event("visibilitychange"));
    },
    [key, stay] as const,
  );
}

const ending = (tab: Page): Promise<string> =>
  tab.evaluate(
    () =>
      new Promise<string>((done) => {
        window.device.onEnd((why) => done((why as { code?: string }).code ?? String(why)));
      }),
  );

test("an app that runs locks when the company's time without the server is over", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), SOON).not.toBeNull();
  world.connect(false);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "锁定前录入" }));
  const ended = ending(tab);
  const now = Date.now();
  await aged(tab, key, { contactAt: now - 400 * 86_400_000, seenAt: now + 3_600_000 });
  expect(await ended).toBe("OFFLINE_TOO_LONG");
  await expect(customers(tab)).rejects.toThrow();
  expect(await codeOf(tab, key)).toBe("OFFLINE_TOO_LONG");
  world.connect(true);
  expect(await codeOf(tab, key)).toBe("OPEN");
  await expect.poll(() => tab.evaluate(() => window.device.status().pending), SOON).toBe(0);
});

test("an app that nobody touches locks in every tab: a PIN opens it again, without one it takes a sign-in", async () => {
  const [tab, other] = [await page(), await page()];
  const key = await signIn(tab, DEMO.rep);
  expect(await codeOf(other, key)).toBe("OPEN");
  await expect.poll(() => tab.evaluate(async () => (await window.accounts.list())[0]?.offlineUntil), SOON).not.toBeNull();
  const both = Promise.all([ending(tab), ending(other)]);
  await aged(tab, key, { touchedAt: Date.now() - 8 * 86_400_000 });
  expect(await both).toEqual(["IDLE_TOO_LONG", "IDLE_TOO_LONG"]);
  expect(await codeOf(other, key)).toBe("NOT_SIGNED_IN");
  await signIn(tab, DEMO.rep);
  await tab.evaluate((account) => window.accounts.setPin(account, "246800"), key);
  const again = ending(tab);
  await aged(tab, key, { touchedAt: Date.now() - 8 * 86_400_000 });
  expect(await again).toBe("IDLE_TOO_LONG");
  expect(await codeOf(tab, key)).toBe("PIN_NEEDED");
  expect(await codeOf(tab, key, "246800")).toBe("OPEN");
  expect(await customers(tab)).toBeGreaterThan(0);
});

test("a tab shows nothing more of a member who signed out in another one", async () => {
  const [tab, other] = [await page(), await page()];
  const key = await signIn(tab, DEMO.rep);
  expect(await codeOf(other, key)).toBe("OPEN");
  const ended = ending(other);
  await tab.evaluate(() => window.device.signOut({ wipe: false }));
  expect(await ended).toBe("ACCOUNT_LEFT");
  await expect(customers(other)).rejects.toThrow();
});

test("where somebody was, a worker starts before anybody asks; beside another tab's it goes again", async () => {
  const tab = await page();
  expect(tab.workers()).toEqual([]);
  const key = await signIn(tab, DEMO.rep);
  const other = await page();
  await expect.poll(() => other.workers().length, SOON).toBe(1);
  expect(await codeOf(other, key)).toBe("OPEN");
  await expect.poll(() => [tab.workers().length, other.workers().length], SOON).toEqual([1, 0]);
});

test("two tenants and two members on one device, each with a replica of its own", async () => {
  const tab = await page();
  const keys = [await signIn(tab, DEMO.rep), await signIn(tab, DEMO.rival), await signIn(tab, DEMO.admin)];
  expect(new Set(keys).size).toBe(3);
  expect((await tab.evaluate(() => window.accounts.list())).map(({ key }) => key).sort()).toEqual(keys.toSorted());
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "只在总经理这里" }));
  expect(await codeOf(tab, keys[1] ?? "")).toBe("OPEN");
  expect(await customers(tab, "只在总经理这里")).toBe(0);
});

test("signing out keeps what is unsent; forgetting leaves nothing", async () => {
  const tab = await page();
  const key = await signIn(tab, DEMO.rep);
  world.connect(false);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "未上传" }));
  await tab.evaluate(() => window.device.signOut({ wipe: false }));
  expect(await codeOf(tab, key)).toBe("NOT_SIGNED_IN");
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.unsent)).toBe(1);
  await tab.evaluate((account) => window.accounts.forget(account), key);
  expect(await tab.evaluate(() => window.accounts.list())).toEqual([]);
  expect(await tab.evaluate(folders)).toEqual([]);
  expect(await codeOf(tab, key)).toBe("ACCOUNT_UNKNOWN");
  expect(await tab.evaluate(() => Object.keys(localStorage))).toEqual([]);
});

/** What a member types and chooses lies beside the replica: it has to go with it. */
const keptDatabases = async (): Promise<string[]> => (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith("yunfan-kept-") === true ? [name] : []));

test("what was typed and chosen stays over a sign-out, and goes with the account", async () => {
  const tab = await page();
  const [own, other] = [await signIn(tab, DEMO.rep), await signIn(tab, DEMO.admin)];
  await tab.evaluate(() => window.device.kept.write("draft order new", { notes: "总经理的草稿" }));
  expect(await codeOf(tab, own)).toBe("OPEN");
  expect(await tab.evaluate(() => window.device.kept.read("draft order new"))).toBeNull();
  await tab.evaluate(() => window.device.kept.write("draft order new", { notes: "还没保存" }));
  await tab.evaluate(() => window.device.kept.write("choice searches", ["恒通"]));
  await tab.evaluate(() => window.device.signOut({ wipe: false }));
  await signIn(tab, DEMO.rep);
  expect(await tab.evaluate(async () => [...(await window.device.kept.under("choice "))])).toEqual([["searches", ["恒通"]]]);
  await tab.evaluate(async () => {
    const { kept } = window.device;
    await window.device.signOut({ wipe: true });
    await kept.write("draft order new", { notes: "表单离开时又写一次" });
  });
  expect(await tab.evaluate(keptDatabases)).toEqual([`yunfan-kept-${other}`]);
  await tab.evaluate((account) => window.accounts.forget(account), other);
  expect(await tab.evaluate(keptDatabases)).toEqual([]);
  expect(await tab.evaluate(() => Object.keys(localStorage))).toEqual([]);
});

test("what a kill between forgetting and erasing left is erased at the next start", async () => {
  const tab = await page();
  await signIn(tab, DEMO.rep);
  await tab.evaluate(() => window.device.kept.write("draft", { notes: "有效" }));
  const names = await tab.evaluate(keptDatabases);
  await tab.evaluate(
    () =>
      new Promise<void>((done) => {
        const asked = indexedDB.open("yunfan-kept-gone.member", 1);
        asked.onsuccess = () => (asked.result.close(), done());
      }),
  );
  await profile.closeBrowser();
  const next = await page();
  await expect.poll(() => next.evaluate(keptDatabases), SOON).toEqual(names);
});

/** Every byte that this origin keeps in the browser, as text: files, databases, caches, both storages. */
const everything = (tab: Page): Promise<string> =>
  tab.evaluate(async () => {
    const told: string[] = [JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])];
    const read = new TextDecoder("latin1");
    // The pool of files may just grow: a file that changed between being found and being read is found anew.
    const content = async (entry: FileSystemFileHandle): Promise<ArrayBuffer> => {
      for (;;) {
        try {
          return await (await entry.getFile()).arrayBuffer();
        } catch (wrong) {
          if (!(wrong instanceof DOMException) || wrong.name !== "NotReadableError") throw wrong;
        }
      }
    };
    const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const entry of folder.values()) {
        told.push(entry.name);
        if (entry.kind === "directory") await walk(entry as FileSystemDirectoryHandle);
        else told.push(read.decode(await content(entry as FileSystemFileHandle)));
      }
    };
    await walk(await navigator.storage.getDirectory());
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => done(asked.result);
      });
      for (const store of db.objectStoreNames) {
        const found = db.transaction(store).objectStore(store);
        for (const all of [found.getAllKeys(), found.getAll()]) {
          const values = await new Promise<unknown[]>((done) => {
            all.onsuccess = () => done(all.result);
          });
          told.push(JSON.stringify(values, (_key, value: unknown) => (value instanceof Uint8Array ? read.decode(value) : value)));
        }
      }
      db.close();
    }
    for (const name of await caches.keys()) for (const response of await (await caches.open(name)).matchAll()) told.push(await response.text());
    return told.join("\n");
  });

test("after a wiping sign-out not a byte of the member is left, and the other company's is whole", async () => {
  const tab = await page();
  const other = await signIn(tab, DEMO.rival);
  const kept = await customers(tab);
  const key = await signIn(tab, DEMO.rep);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "zxqvUNIQUEzxqv" }));
  await expect.poll(() => tab.evaluate(() => window.device.status().pending), SOON).toBe(0);
  const { memberName, tenantName, orgCode } = await tab.evaluate(() => window.device.me);
  await tab.evaluate(() => window.device.close());
  const before = await everything(tab);
  const [, memberId = ""] = key.split(".");
  for (const trace of ["zxqvUNIQUEzxqv", memberId, key, orgCode]) expect(before, `the search finds ${trace}`).toContain(trace);
  expect(before, "no token in clear while it is signed in").not.toMatch(/yf_[a-z]_[\w-]{20}/);
  expect(await codeOf(tab, key)).toBe("OPEN");
  await tab.evaluate(() => window.device.signOut({ wipe: true }));
  await expect.poll(async () => (await tab.evaluate(folders)).length, SOON).toBe(1);
  const after = await everything(tab);
  for (const trace of ["zxqvUNIQUEzxqv", memberId, key, orgCode, memberName, tenantName]) expect(after.includes(trace), trace).toBe(false);
  expect(await codeOf(tab, other)).toBe("OPEN");
  expect(await customers(tab)).toBe(kept);
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
  await expect.poll(() => tab.evaluate(() => window.device.status().evicted), SOON).toBe(true);
  await expect.poll(() => tab.evaluate(() => window.device.status().phase), SOON).toBe("ready");
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
  world.connect(false);
  await tab.evaluate(() => window.device.mutate("party.create_customer", { name: "无痕窗口" }));
  await profile.closeBrowser();
  world.connect(true);
  const next = await page(without);
  expect(await codeOf(next, key)).toBe("OPEN");
  await expect.poll(() => next.evaluate(() => window.device.status().phase), SOON).toBe("ready");
  await expect.poll(() => next.evaluate(() => window.device.status().pending), SOON).toBe(0);
  expect(await customers(next, "无痕窗口")).toBe(1);
});

test("a passkey unlocks where the browser has PRF, and nothing else does", async () => {
  const tab = await page(async (opened) => {
    const cdp = await opened.context().newCDPSession(opened);
    await cdp.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
    await opened.exposeFunction("userIsThere", (there: boolean) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: there }));
  });
  const localhost = world.served.url.replace("127.0.0.1", "localhost"); // an address is no name that a passkey could be for
  await tab.goto(localhost);
  await tab.evaluate(async () => {
    window.accounts = await window.openAccounts();
  });
  const key = await signIn(tab, DEMO.rep);
  await tab.evaluate((account) => window.accounts.setPasskey(account), key);
  expect(await tab.evaluate(async () => (await window.accounts.list())[0]?.lock)).toBe("passkey");
  await tab.evaluate(() => window.device.close());
  expect(await codeOf(tab, key)).toBe("OPEN");
  expect(await customers(tab)).toBeGreaterThan(0);
  await tab.evaluate(() => window.device.close());
  await tab.evaluate(() => (window as unknown as { userIsThere(there: boolean): Promise<void> }).userIsThere(false));
  expect(await codeOf(tab, key)).toBe("PASSKEY_FAILED");
});
