/** On the air (PROTOCOL.md, 8): what others do arrives by itself. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Company, graphql, signUp } from "./company";
import { type TestDevice, closeAll, device, until } from "./devices";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

/** When it tries again by itself, in milliseconds; 0: it is at it. */
async function nextAttempt(one: TestDevice): Promise<number> {
  const { nextAttemptAt } = await one.sync.status();
  return nextAttemptAt === null ? 0 : Date.parse(nextAttemptAt);
}

describe("refusals", () => {
  test("a device whose sign-in has ended says so, and stops asking", async () => {
    const a = await device(company);
    await a.sync.start();
    await until(async () => (await a.sync.status()).online && a.sync.onAir);
    await graphql(company.url, a.kept.token, "mutation { signOut { done } }");
    await until(async () => (await a.sync.status()).trouble?.code === "NOT_SIGNED_IN", 15_000);
    const asked = a.network.sent.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(a.network.sent.length - asked).toBeLessThan(2);
  });
});

describe("on the air", () => {
  test("another device's edit arrives by itself, without a pull", async () => {
    const [a, b] = [await device(company), await device(company)];
    await a.sync.start();
    await b.sync.start();
    await until(() => a.sync.onAir && b.sync.onAir);
    for (let round = 0; round < 5; round += 1) {
      const pulls = b.network.asked("/sync/v1/pull");
      const id = await a.mutate("party.create_customer", { name: `实时${round}` });
      await until(async () => (await b.customer(id)) !== null);
      expect(b.network.asked("/sync/v1/pull")).toBe(pulls);
    }
  });

  test("a change through the API arrives too, and an inbox entry by a poke", async () => {
    const a = await device(company);
    await a.sync.start();
    await until(() => a.sync.onAir);
    const input = { name: "接口新建" };
    const { createCustomer: made } = await graphql<{ createCustomer: { id: string } }>(
      company.url,
      company.token,
      "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }",
      { input },
    );
    await until(async () => (await a.customer(made.id)) !== null);
    await a.mutate("party.create_customer", { name: "" });
    await until(async () => (await a.replica.inbox()).length === 1);
    expect((await a.sync.status()).pending).toBe(0);
  });

  test("what is done while the line is down goes out when it is back; whoever looks waits no longer than five seconds", async () => {
    const [a, b] = [await device(company), await device(company)];
    await a.sync.start();
    await b.sync.start();
    await until(() => a.sync.onAir && b.sync.onAir);
    a.network.down = true;
    const id = await a.mutate("party.create_customer", { name: "断线新建" });
    await until(async () => !(await a.sync.status()).online);
    expect((await a.sync.status()).pending).toBe(1);
    for (let attempts = 0; attempts < 4; attempts += 1) {
      const at = await nextAttempt(a);
      expect(at - Date.now()).toBeLessThanOrEqual(5_000);
      await until(async () => (await nextAttempt(a)) !== at);
    }
    a.network.down = false;
    await until(async () => (await b.customer(id)) !== null, 20_000);
    expect((await a.sync.status()).trouble).toBeNull();
  });

  test("who comes back to the app does not wait for the next attempt", async () => {
    const a = await device(company);
    await a.sync.start();
    await until(() => a.sync.onAir);
    a.sync.seen(false);
    a.network.down = true;
    await a.mutate("party.create_customer", { name: "后台" });
    await until(async () => (await nextAttempt(a)) - Date.now() > 4_000, 25_000);
    const next = await nextAttempt(a);
    a.network.down = false;
    a.sync.seen(true);
    await until(async () => (await a.sync.status()).pending === 0);
    expect(Date.now()).toBeLessThan(next);
  });
});
