import { expect, test, vi } from "vitest";

async function fresh(): Promise<(now?: number) => string> {
  vi.resetModules();
  return (await import("~/values/uuid7")).uuid7;
}

test("ids made in one millisecond, and by a clock that was set back, still stand in the order of their making", async () => {
  const uuid7 = await fresh();
  const made = [...Array.from({ length: 5_000 }, () => uuid7(1_772_415_000_000)), uuid7(1_772_414_000_000), uuid7(1_772_415_000_001)];
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test("an id says its version, its variant and its millisecond", async () => {
  const uuid7 = await fresh();
  const id = uuid7(1_772_415_000_123);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(1_772_415_000_123);
});

test("two devices that begin in one millisecond make different ids", async () => {
  const ids = new Set<string>();
  for (let device = 0; device < 50; device += 1) ids.add((await fresh())(1_772_415_000_000));
  expect(ids.size).toBe(50);
});
