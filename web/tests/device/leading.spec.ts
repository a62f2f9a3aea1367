/** Several tabs, one worker: whoever leads may go at any moment. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Profile } from "./browser";
import type {} from "./page/notebook";
import { type Served, servePage } from "./served_page";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let served: Served;
let profile: Profile;

beforeAll(async () => {
  served = await servePage("notebook");
}, 60_000);
afterAll(() => served.close());
beforeEach(async () => {
  profile = await Profile.make();
});
afterEach(() => profile.remove());

async function tab(key = "t.m", app: object = {}): Promise<Page> {
  const page = await profile.tab(served.url);
  await page.evaluate(
    async ([given, version]) => {
      Object.assign(window, { device: await window.openNotebook(given as string, version as object) });
    },
    [key, app],
  );
  return page;
}

type Counts = { total: number; queue: number };
declare global {
  interface Window {
    device: import("../../src/device/tab_device").TabDevice;
    writing: Promise<unknown>;
  }
}

const counts = (page: Page): Promise<Counts> => page.evaluate(async () => (await window.device.list({ collection: "rows", limit: 1 })) as unknown as Counts);

function beginWrites(page: Page, many: number): Promise<void> {
  return page.evaluate((count) => {
    window.writing = (async () => {
      for (let n = 0; n < count; n += 1) await window.device.mutate(`w${n}`, {});
    })();
  }, many);
}

test("a call that no worker knows is refused, and so is what cannot be cloned", async () => {
  const page = await tab();
  await expect(page.evaluate(() => window.device.rows("rows", ["1"]))).rejects.toThrow("does not know");
  await expect(page.evaluate(() => window.device.mutate("x", { f: (() => 1) as never }))).rejects.toThrow("cloned");
});

test("calls of a closed tab are refused", async () => {
  const page = await tab();
  await expect(page.evaluate(async () => (window.device.close(), await window.device.schema()))).rejects.toThrow("signed out or removed");
});

test("the leading tab is closed during 60 writes of another: 60 rows and 60 queue entries", async () => {
  const [leader, follower] = [await tab(), await tab()];
  await beginWrites(follower, 60);
  await follower.evaluate(() => new Promise((after) => setTimeout(after, 25)));
  await leader.close();
  await follower.evaluate(() => window.writing);
  expect(await counts(follower)).toMatchObject({ total: 60, queue: 60 });
});

test("a worker that dies mid-call is replaced, and what was unanswered is asked again", async () => {
  const [leader, follower] = [await tab(), await tab()];
  await beginWrites(follower, 40);
  await leader.evaluate(() => window.device.search("crash"));
  await follower.evaluate(() => window.writing);
  expect(await counts(leader)).toMatchObject({ total: 40, queue: 40 });
});

test("a worker that hangs is replaced while its tab lives, and what was unanswered is asked again", async () => {
  const [leader, follower] = [await tab(), await tab()];
  const hung = leader.evaluate(() => window.device.row("rows", "hang"));
  await beginWrites(follower, 20);
  expect(await hung).toBeNull();
  await follower.evaluate(() => window.writing);
  expect(await counts(leader)).toMatchObject({ total: 20, queue: 20 });
}, 90_000);

test("changes are told to every tab, by collection", async () => {
  const [one, other] = [await tab(), await tab()];
  await one.evaluate(() => {
    Object.assign(window, { heard: [] as string[] });
    window.device.onChange(["rows"], () => (window as unknown as { heard: string[] }).heard.push("rows"));
    window.device.onChange(["others"], () => (window as unknown as { heard: string[] }).heard.push("others"));
  });
  await other.evaluate(() => window.device.mutate("x", {}));
  await expect.poll(() => one.evaluate(() => (window as unknown as { heard: string[] }).heard)).toEqual(["rows"]);
});

test("large answers and files pass between tabs", async () => {
  const [, follower] = [await tab(), await tab()];
  const sizes = await follower.evaluate(async () => {
    const sent = await window.device.attach({ entity: "e", rowId: "r", file: new Blob([new Uint8Array(5_000_000)]), fileName: "f" });
    const got = await window.device.open("3000000");
    const groups = await window.device.groups(50_000 as never);
    return [sent.rowId, (await got.arrayBuffer()).byteLength, groups.length];
  });
  expect(sizes).toEqual(["5000000", 3_000_000, 50_000]);
});

test("two members on one device have a worker and a store each", async () => {
  const [one, other] = [await tab("t.one"), await tab("t.other")];
  await one.evaluate(() => window.device.mutate("x", {}));
  expect((await counts(one)).total).toBe(1);
  expect((await counts(other)).total).toBe(0);
});

test("an older tab makes way for a newer one and goes on through it", async () => {
  const older = await tab("t.m", { layout: 1 });
  const newer = await tab("t.m", { layout: 2 });
  const led = (): Promise<unknown> => newer.evaluate(async () => ((await window.device.inbox()) as unknown as { layout: number }[])[0]?.layout);
  await expect.poll(led, { timeout: 10_000 }).toBe(2);
  expect(await older.evaluate(() => window.device.status().outdated)).toBe(true);
  expect(await newer.evaluate(() => window.device.status().outdated)).toBe(false);
  await older.evaluate(() => window.device.mutate("x", {}));
  expect((await counts(newer)).total).toBe(1);
});

test("an older tab whose calls the newer worker does not know is refused, not left waiting", async () => {
  const older = await tab("t.m", { calls: 1, callsSince: 1 });
  await tab("t.m", { calls: 3, callsSince: 2, layout: 9 });
  await expect.poll(() => older.evaluate(() => window.device.mutate("x", {}).then(() => "done", (wrong: { code?: string }) => wrong.code))).toBe("APP_OUTDATED");
});
