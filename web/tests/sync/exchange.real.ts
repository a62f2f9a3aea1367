/** Registering, pushing and pulling against the real server (PROTOCOL.md, 2 to 5). */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { NoNetwork } from "~/device/api";
import { type Company, customersNamed, signUp } from "./company";
import { closeAll, device } from "./devices";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

describe("refusals", () => {
  test("nobody is let in without a sign-in; what was queued stays", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    await a.mutate("party.create_customer", { name: "离线客户" });
    await a.sync.stop();
    const thrown = await device(company, { driver: a.driver, kept: a.kept, keeper: { load: () => Promise.resolve("yf_s_none"), save: () => Promise.resolve() } });
    await expect(thrown.sync.syncNow()).rejects.toMatchObject({ code: "NOT_SIGNED_IN", status: 401 });
    expect((await thrown.sync.status()).trouble).toMatchObject({ code: "NOT_SIGNED_IN", remedy: "请重新登录，登录后会自动同步。" });
    expect(await thrown.replica.store.outbox.pendingCount()).toBe(1);
  });

  test("a replica of one member is not another's", async () => {
    const [a, other] = [await device(company), await signUp()];
    await a.sync.syncNow();
    await a.sync.stop();
    const stranger = await device({ ...company, email: other.email }, { driver: a.driver });
    await expect(stranger.sync.syncNow()).rejects.toMatchObject({ code: "REPLICA_OF_ANOTHER" });
  });

  test("an edit that the server refuses goes to the inbox and blocks nothing behind it", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    const poison = await a.mutate("party.create_customer", { name: "" });
    const good = await a.mutate("party.create_customer", { name: "后面的客户" });
    const met = await a.sync.syncNow();
    expect(met.outcomes.map((outcome) => outcome.status)).toEqual(["inbox", "applied"]);
    expect((await a.customer(good))?._state).toBeNull();
    expect((await a.customer(poison))?._state).toBe("inbox");
    expect(await a.replica.inbox()).toHaveLength(1);
  });
});

describe("exchange", () => {
  test("what one device does the other sees", async () => {
    const [a, b] = [await device(company), await device(company)];
    await a.sync.syncNow();
    await b.sync.syncNow();
    const id = await a.mutate("party.create_customer", { name: "晨光文具" });
    expect((await a.customer(id))?._state).toBe("pending");
    await a.sync.syncNow();
    expect((await a.customer(id))?._state).toBeNull();
    await b.sync.syncNow();
    expect(await b.customer(id)).toMatchObject({ name: "晨光文具", version: 1, _state: null });
  });

  test("both edit one row offline: fields come together, a clash is told", async () => {
    const [a, b] = [await device(company), await device(company)];
    await a.sync.syncNow();
    const id = await a.mutate("party.create_customer", { name: "两人同改", phone: "010-1", notes: "一" });
    await a.sync.syncNow();
    await b.sync.syncNow();
    a.network.down = b.network.down = true;
    await a.mutate("party.edit_customer", { id, level: "a", address: "上海" });
    await b.mutate("party.edit_customer", { id, industry: "零售", address: "北京" });
    await expect(a.sync.syncNow()).rejects.toBeInstanceOf(NoNetwork);
    expect((await a.sync.status()).online).toBe(false);
    a.network.down = b.network.down = false;
    await a.sync.syncNow();
    await b.sync.syncNow();
    await a.sync.syncNow();
    const [seenByA, seenByB] = [await a.customer(id), await b.customer(id)];
    expect(seenByB).toMatchObject({ level: "a", industry: "零售", address: "上海" });
    expect(seenByA).toMatchObject({ level: "a", industry: "零售", address: "上海" });
    const about = (await b.replica.inbox()).filter((entry) => entry["rowId"] === id);
    expect(about).toMatchObject([{ differences: [{ field: "address", mine: "北京", theirs: "上海" }] }]);
  });

  test("lost answers lose nothing and double nothing", async () => {
    const [a, b] = [await device(company), await device(company)];
    await a.sync.syncNow();
    a.network.losesEvery = 3;
    const names = Array.from({ length: 40 }, (_, number) => `丢包客户${number}-${company.memberId.slice(0, 4)}`);
    for (const [number, name] of names.entries()) {
      await a.mutate("party.create_customer", { name });
      if (number % 5 === 4) {
        await a.sync.syncNow();
      }
    }
    await a.sync.syncNow();
    expect(a.network.lost).toBeGreaterThan(5);
    expect([...(await customersNamed(company, names))].filter(([, count]) => count !== 1)).toEqual([]);
    expect((await customersNamed(company, names)).size).toBe(40);
    await b.sync.syncNow();
    expect((await b.names()).filter((name) => name.startsWith("丢包客户"))).toHaveLength(40);
    expect(await a.replica.store.outbox.pendingCount()).toBe(0);
  });

  test("a token of yesterday is replaced, also where the answer is lost; the new one is on the disk first", async () => {
    const a = await device(company);
    await a.sync.syncNow();
    const former = a.kept.token;
    const kept = (await a.replica.store.get("sync.token_since")) as { token: string; at: number };
    await a.replica.store.set({ "sync.token_since": { ...kept, at: kept.at - 25 * 3_600_000 } });
    a.network.losing = (path) => path === "/sync/v1/token";
    a.network.losesEvery = 1;
    await a.sync.syncNow(); // not replaced: the present one is still good
    expect(a.kept.token).toBe(former);
    a.network.losesEvery = 0;
    await a.sync.syncNow();
    expect(a.kept.token).not.toBe(former);
    const reopened = await device(company, { driver: a.driver, kept: a.kept });
    await reopened.mutate("party.create_customer", { name: "换令牌之后" });
    await reopened.sync.syncNow();
    expect(await reopened.replica.store.outbox.pendingCount()).toBe(0);
  });

  test("a question of GraphQL is asked by its name, and its refusal is told", async () => {
    const a = await device(company);
    await expect(a.sync.ask("Devices", { first: 100_000 })).rejects.toMatchObject({ name: "Refused", code: expect.any(String) as string });
    await a.sync.registration.register();
    const { devices } = (await a.sync.ask("Devices", { first: 1 })) as { devices: { nodes: readonly object[] } };
    expect(devices.nodes).toHaveLength(1);
  });
});
