/** A company takes its data back (PROTOCOL.md, 13). */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Company, customersNamed, graphql, signUp } from "./company";
import { type TestDevice, closeAll, device, until } from "./devices";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

interface Wiped {
  readonly wipeState: string;
  readonly wipeUnsent: number | null;
  readonly wipeMethod: string | null;
}

async function order(one: TestDevice, afterPush: boolean): Promise<string> {
  const id = String(await one.replica.store.get("device_id"));
  const query = "mutation($input: WipeDeviceInput!) { wipeDevice(input: $input) { id } }";
  await graphql(company.url, company.token, query, { input: { id, reason: "遗失", afterPush } });
  return id;
}

async function wiped(id: string): Promise<Wiped> {
  const query = "query { devices(first: 50) { nodes { id wipeState wipeUnsent wipeMethod } } }";
  const { devices } = await graphql<{ devices: { nodes: (Wiped & { id: string })[] } }>(company.url, company.token, query);
  const found = devices.nodes.find((node) => node.id === id);
  if (found === undefined) {
    throw new Error("no such device");
  }
  return found;
}

describe("wipe", () => {
  test("what was not sent is lost and counted; everything goes, and the receipt stands", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    await a.replica.mutate("party.create_customer", { name: "来不及推送" });
    const id = await order(a, false);
    await expect(a.sync.syncNow()).rejects.toMatchObject({ code: "DEVICE_WIPED", unsent: 1, confirmed: true });
    expect(a.kept.erased).toBe(1);
    expect(a.kept.token).toBe("");
    expect(a.kept.steps).toEqual(["deviceId order", "deviceId order unsent", "erased", "deviceId order unsent receipt", "forgotten"]);
    expect(await wiped(id)).toMatchObject({ wipeState: "CONFIRMED", wipeUnsent: 1, wipeMethod: "deleted" });
    expect((await customersNamed(company, ["来不及推送"])).size).toBe(0);
  });

  test("with a last push nothing is lost", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    await a.replica.mutate("party.create_customer", { name: "最后推送" });
    const id = await order(a, true);
    await expect(a.sync.syncNow()).rejects.toMatchObject({ code: "DEVICE_WIPED", unsent: 0 });
    expect(await wiped(id)).toMatchObject({ wipeState: "CONFIRMED", wipeUnsent: 0 });
    expect((await customersNamed(company, ["最后推送"])).get("最后推送")).toBe(1);
  });

  test("a receipt that does not get through is sent until it is answered", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    const id = await order(a, false);
    a.network.losing = (path) => path === "/sync/v1/devices/wiped";
    a.network.losesEvery = 1;
    await expect(a.sync.syncNow()).rejects.toMatchObject({ code: "DEVICE_WIPED", confirmed: false });
    expect(a.kept.note).not.toBeNull();
    a.network.losesEvery = 0;
    const again = await device(company, { kept: a.kept }); // the next start: nothing of the member is there
    await expect(again.sync.syncNow()).rejects.toMatchObject({ code: "DEVICE_WIPED", confirmed: true });
    expect(a.kept.erased).toBe(1);
    expect(a.kept.note).toBeNull();
    expect(await wiped(id)).toMatchObject({ wipeState: "CONFIRMED" });
  });

  test("it reaches a device that listens, within seconds", async () => {
    const a = await device(company);
    await a.sync.start();
    await until(() => a.sync.onAir);
    await order(a, false);
    await until(() => a.kept.erased === 1 && a.kept.note === null, 15_000);
    expect((await a.sync.lastStatus())?.trouble?.code).toBe("DEVICE_WIPED");
  });
});
