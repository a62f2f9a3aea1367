/** A wipe that the company ordered: everything goes, the receipt arrives, and a kill in between changes nothing. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DEMO, type SignIn } from "../support/yunfan_server";
import { Profile } from "./browser";
import { codeOf, signIn, World } from "./signed_in";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 200_000 });
const SOON = { timeout: 20_000 };

let world: World;
let profile: Profile;
let admin: string;

beforeAll(async () => {
  world = await World.make();
  admin = await tokenOf(DEMO.admin);
});
afterAll(() => world?.remove());
beforeEach(async () => {
  world.connect(true);
  profile = await Profile.make();
});
afterEach(() => profile.remove());

async function asked<T>(query: string, variables: object, token: string | null): Promise<T> {
  const headers = { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${world.backend}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function tokenOf(input: SignIn): Promise<string> {
  const answer = await asked<{ signIn: { token: string } }>("mutation($input: SignInInput!) { signIn(input: $input) { token } }", { input }, null);
  return answer.signIn.token;
}

interface Told {
  readonly id: string;
  readonly memberId: string;
  readonly createdAt: string;
  readonly wipedAt: string | null;
  readonly wipeUnsent: number | null;
}

/** The member's devices, the newest first. */
async function devicesOf(memberId: string): Promise<Told[]> {
  const query = "{ devices(first: 200) { nodes { id memberId createdAt wipedAt wipeUnsent } } }";
  const { devices } = await asked<{ devices: { nodes: Told[] } }>(query, {}, admin);
  return devices.nodes.filter((device) => device.memberId === memberId).sort((one, other) => other.createdAt.localeCompare(one.createdAt));
}

async function orderWipe(memberId: string): Promise<string> {
  const [newest] = await devicesOf(memberId);
  const id = newest?.id ?? "";
  await asked("mutation($input: WipeDeviceInput!) { wipeDevice(input: $input) { id } }", { input: { id, reason: "lost" } }, admin);
  return id;
}

const folders = (tab: Page): Promise<string[]> =>
  tab.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  });

const confirmed = async (memberId: string, id: string): Promise<boolean> => (await devicesOf(memberId)).find((device) => device.id === id)?.wipedAt != null;

test("an order erases everything, tells the tab, and is confirmed", async () => {
  const tab = await world.page(profile);
  const key = await signIn(tab, DEMO.otherRep);
  const memberId = key.split(".")[1] ?? "";
  await tab.evaluate(() => window.device.kept.write("draft follow-up", { content: "没有保存的跟进" }));
  const id = await orderWipe(memberId);
  await tab.evaluate(() => window.device.sync().catch(() => undefined));
  await expect.poll(() => confirmed(memberId, id), SOON).toBe(true);
  expect((await tab.evaluate(() => indexedDB.databases())).map(({ name }) => name)).toEqual(["yunfan"]);
  await expect.poll(() => tab.evaluate(() => window.accounts.list()), SOON).toEqual([]);
  await expect.poll(() => folders(tab), SOON).toEqual([]);
  expect(await codeOf(tab, key)).toBe("ACCOUNT_UNKNOWN");
});

test("without the server for the receipt: erased at once, confirmed at the next start", async () => {
  const tab = await world.page(profile);
  const key = await signIn(tab, DEMO.otherRep);
  const memberId = key.split(".")[1] ?? "";
  const id = await orderWipe(memberId);
  world.served.cuts = "/sync/v1/devices/wiped";
  await tab.evaluate(() => window.device.sync().catch(() => undefined));
  await expect.poll(() => folders(tab), SOON).toEqual([]);
  expect(await codeOf(tab, key)).toBe("DEVICE_WIPED");
  expect(await confirmed(memberId, id)).toBe(false);
  await profile.closeBrowser();
  world.served.cuts = null;
  await world.page(profile);
  await expect.poll(() => confirmed(memberId, id), SOON).toBe(true);
});
