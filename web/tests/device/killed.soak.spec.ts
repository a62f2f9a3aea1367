/** The real replica under writes while tabs, workers and the whole browser go: nothing acknowledged is lost or doubled. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DEMO } from "../support/yunfan_server";
import { Profile } from "./browser";
import { codeOf, customers, signIn, World } from "./signed_in";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 200_000 });

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

test("the leading tab goes during 60 writes of another: 60 rows, 60 in the queue, and each arrives once", async () => {
  const leader = await world.page(profile);
  const key = await signIn(leader, DEMO.rep);
  world.connect(false);
  const follower = await world.page(profile);
  expect(await codeOf(follower, key)).toBe("OPEN");
  const mark = `接替${Date.now()}`;
  const writing = follower.evaluate(async (name) => {
    for (let n = 0; n < 60; n += 1) await window.device.mutate("party.create_customer", { name: `${name} ${n}` });
  }, mark);
  await follower.waitForTimeout(400);
  await leader.close();
  await writing;
  expect(await customers(follower, mark)).toBe(60);
  expect(await follower.evaluate(() => window.device.status().pending)).toBe(60);
  world.connect(true);
  await follower.evaluate(() => window.device.sync());
  await expect.poll(() => follower.evaluate(() => window.device.status().pending), { timeout: 30_000 }).toBe(0);
  expect(await customers(follower, mark)).toBe(60);
});

test("the browser is killed six times during writes: no acknowledged write is lost", async () => {
  const first = await world.page(profile);
  const key = await signIn(first, DEMO.rep);
  world.connect(false);
  await profile.closeBrowser();
  const mark = `断电${Date.now()}`;
  const acknowledged = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const tab = await world.page(profile);
    expect(await codeOf(tab, key)).toBe("OPEN");
    expect(await customers(tab, mark)).toBeGreaterThanOrEqual(acknowledged.size);
    tab.on("console", (said) => said.text().startsWith("kept ") && acknowledged.add(said.text()));
    void tab
      .evaluate(
        async ([name, at]) => {
          for (let n = 0; ; n += 1) {
            await window.device.mutate("party.create_customer", { name: `${name} ${at}-${n}` });
            console.log(`kept ${at}-${n}`);
          }
        },
        [mark, round],
      )
      .catch(() => undefined); // the browser goes under it
    await tab.waitForTimeout(800 + 211 * round);
    await profile.kill();
  }
  const tab = await world.page(profile);
  expect(await codeOf(tab, key)).toBe("OPEN");
  const names = await tab.evaluate(async (text) => (await window.device.list({ collection: "customers", text, limit: 5_000 })).rows.map(({ name }) => String(name)), mark);
  expect(acknowledged.size).toBeGreaterThan(20);
  expect(new Set(names).size).toBe(names.length);
  expect([...acknowledged].filter((write) => !names.includes(`${mark} ${write.slice("kept ".length)}`))).toEqual([]);
  expect(await tab.evaluate(() => window.device.status().pending)).toBe(names.length);
});
