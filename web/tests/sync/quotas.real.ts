/** What the server bounds (PROTOCOL.md, 15): the rest waits, and the pull goes on. */
import { afterEach, beforeAll, expect, test } from "vitest";
import { type Company, customersNamed, graphql, signUp } from "./company";
import { closeAll, device } from "./devices";
import { MUTATIONS_AT_ONCE } from "./quota";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

test("more mutations than the quota: the rest keeps its numbers and goes by itself, the pull goes on", async () => {
  const a = await device(company);
  await a.sync.syncNow();
  const names = Array.from({ length: MUTATIONS_AT_ONCE + 60 }, (_, number) => `限额${number}`);
  await a.replica.mutateAll(names.map((name) => ({ command: "party.create_customer", args: { name } })));
  const input = { name: "别人新建" };
  await graphql(company.url, company.token, "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }", { input });
  const met = await a.sync.syncNow();
  expect(met.putOff).toMatchObject({ code: "OVER_QUOTA", status: 429 });
  expect(met.putOff?.retryAfterSeconds).toBeGreaterThan(0);
  const left = await a.replica.store.outbox.pendingCount();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(names.length);
  expect(await a.names()).toContain("别人新建");
  const pushes = a.network.asked("/sync/v1/push");
  const status = await a.sync.status();
  expect(status.nextAttemptAt).not.toBeNull();
  expect(status.pending).toBe(left);
  for (let wait = 0; wait < 300 && (await a.replica.store.outbox.pendingCount()) > 0; wait += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await a.replica.store.outbox.pendingCount()).toBe(0);
  expect(a.network.asked("/sync/v1/push") - pushes).toBeLessThan(6);
  const there = await customersNamed(company, names);
  expect([there.size, [...there.values()].every((count) => count === 1)]).toEqual([names.length, true]);
});
