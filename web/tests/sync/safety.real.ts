/** Copies, kills, revoked devices: nothing is lost and nothing done twice (PROTOCOL.md, 1.2, 2.2, 2.3, 2.5, 3.5). */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openMemory } from "~/replica";
import { type Company, customersNamed, graphql, signIn, signUp } from "./company";
import { type TestDevice, closeAll, device } from "./devices";
import { Mortal, copied } from "./drivers";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

const idOf = async (one: TestDevice): Promise<string> => String(await one.replica.store.get("device_id"));

describe("revoked", () => {
  test("a revoked device keeps its queue, asks nothing more, and sends it as another one after a new sign-in", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    const former = await idOf(a);
    await a.mutate("party.create_customer", { name: "停用前录入" });
    await graphql(company.url, company.token, "mutation($input: RevokeDeviceInput!) { revokeDevice(input: $input) { id } }", { input: { id: former } });
    await expect(a.sync.syncNow()).rejects.toMatchObject({ status: 401 });
    expect(await a.replica.store.outbox.pendingCount()).toBe(1);
    const token = await signIn(company);
    await a.sync.signedIn(token);
    await a.sync.syncNow();
    expect(await idOf(a)).not.toBe(former);
    expect(await a.replica.store.outbox.pendingCount()).toBe(0);
    expect(await customersNamed(company, ["停用前录入"])).toEqual(new Map([["停用前录入", 1]]));
    expect((await a.sync.status()).trouble).toBeNull();
  });
});

describe("copies", () => {
  test("a copied replica becomes a device of its own; both queues arrive, each edit once", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    await a.mutate("party.create_customer", { name: "复制前" });
    await a.sync.syncNow();
    await a.replica.mutate("party.create_customer", { name: "复制时未推送" });
    const b = await device(company, { driver: await copied(a.driver), kept: a.kept });
    const former = await idOf(b);
    await a.replica.mutate("party.create_customer", { name: "原件" });
    await b.replica.mutate("party.create_customer", { name: "副本一" });
    await b.replica.mutate("party.create_customer", { name: "副本二" });
    await a.sync.syncNow();
    await b.sync.syncNow();
    await a.sync.syncNow();
    expect(await idOf(a)).toBe(former);
    expect(await idOf(b)).not.toBe(former);
    expect(await b.replica.store.get("origin_id")).toBe(former);
    const names = ["复制前", "复制时未推送", "原件", "副本一", "副本二"];
    expect(await customersNamed(company, names)).toEqual(new Map(names.map((name) => [name, 1])));
    for (const one of [a, b]) {
      expect((await one.names()).filter((name) => names.includes(name)).toSorted()).toEqual(names.toSorted());
      expect(await one.sync.verifying.verify()).toEqual([]);
    }
  });
});

describe("kills", () => {
  test("killed between any two steps, and opened again: each edit arrives once", { timeout: 60_000 }, async () => {
    const lasting = await openMemory();
    const first = await device(company, { driver: new Mortal(lasting).driver });
    await first.sync.syncNow();
    await first.close();
    const names: string[] = [];
    let died = true;
    for (let step = 1; died; step += 1) {
      const process = new Mortal(lasting);
      const one = await device(company, { driver: process.driver, kept: first.kept, fetch: process.fetch, mortal: true });
      names.push(`杀进程${step}`);
      await one.replica.mutate("party.create_customer", { name: `杀进程${step}` });
      process.diesAt(step);
      await Promise.race([one.sync.syncNow(), process.died]);
      died = process.dead;
      one.sync.transport.close();
    }
    expect(names.length).toBeGreaterThan(10);
    const last = await device(company, { driver: new Mortal(lasting).driver, kept: first.kept });
    await last.sync.syncNow();
    expect(await customersNamed(company, names)).toEqual(new Map(names.map((name) => [name, 1])));
    expect((await last.names()).filter((name) => name.startsWith("杀进程"))).toHaveLength(names.length);
    expect(await last.sync.verifying.verify()).toEqual([]);
    expect(await last.replica.store.outbox.pendingCount()).toBe(0);
  });

  test("so with the first load", { timeout: 60_000 }, async () => {
    const kept = (await device(company)).kept;
    const lasting = await openMemory();
    let died = true;
    let steps = 0;
    for (let step = 1; died; step += 1) {
      const process = new Mortal(lasting);
      process.diesAt(step + 8); // opening an empty replica is not what is asked here
      const opening = device(company, { driver: process.driver, kept, fetch: process.fetch, mortal: true });
      const one = await Promise.race([opening, process.died]);
      if (one instanceof Object) {
        await Promise.race([one.sync.syncNow(), process.died]);
        one.sync.transport.close();
      }
      died = process.dead;
      steps = step;
    }
    expect(steps).toBeGreaterThan(10);
    const last = await device(company, { driver: new Mortal(lasting).driver, kept });
    await last.sync.syncNow();
    expect(await last.sync.verifying.verify()).toEqual([]);
  });
});

describe("proof", () => {
  test("rows that were damaged here are found and mended, each alone", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    const ids = await Promise.all(Array.from({ length: 30 }, (_, number) => a.mutate("party.create_customer", { name: `校验${number}` })));
    await a.sync.syncNow();
    const rows = await a.driver.open((await a.driver.names()).find((name) => name.startsWith("rows")) ?? "", "rows");
    await rows.tx(async (inside) => {
      await inside.run("UPDATE base SET data = replace(data, '校验3', '错误3') WHERE id = ?", [ids[3] ?? ""]);
      await inside.run("DELETE FROM base WHERE id = ?", [ids[7] ?? ""]);
    });
    expect(await a.sync.verifying.verify()).toEqual(["customers"]);
    expect(await a.sync.verifying.verify()).toEqual([]);
    expect(await a.customer(ids[3] ?? "")).toMatchObject({ name: "校验3" });
    expect(await a.customer(ids[7] ?? "")).toMatchObject({ name: "校验7" });
  });
});
