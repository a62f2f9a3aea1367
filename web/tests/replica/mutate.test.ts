import { describe, expect, test } from "vitest";
import { ArgumentRefused, KeyReused, NotRegistered, UnknownCommand } from "~/replica";
import type { JsonObject } from "~/values/json";
import { again, begin, DEVICE, freshDriver, idNumber, killed, pull } from "./world";

const AT = "2026-03-02T01:30:00.000000Z";
const ROW = { id: idNumber(1), version: 3, name: "云帆", level: "c", custom: { a: 1 }, archivedAt: null, updatedAt: AT, createdAt: AT };

describe("what is refused before it is queued", () => {
  test("anything before the device is known", async () => {
    const replica = await again(await freshDriver());
    await expect(replica.mutate("party.edit_customer", { id: idNumber(1) })).rejects.toThrow(NotRegistered);
    await expect(replica.list({ collection: "customers", limit: 1 })).rejects.toThrow(NotRegistered);
  });

  test.each<readonly [code: string, given: Record<string, unknown>]>([
    ["NUMBER_UNSENDABLE", { x: Number.NaN }],
    ["NUMBER_UNSENDABLE", { x: [Number.POSITIVE_INFINITY] }],
    ["INTEGER_TOO_LARGE", { x: 2 ** 53 }],
    ["INTEGER_TOO_LARGE", { x: 2n ** 63n }],
    ["TEXT_UNSENDABLE", { x: "a\u0000b" }],
    ["TEXT_UNSENDABLE", { x: { y: "\ud800" } }],
    ["TEXT_UNSENDABLE", { x: { "\udc00": 1 } }],
    ["TYPE_UNSENDABLE", { x: new Uint8Array(2) }],
    ["TYPE_UNSENDABLE", { x: () => 1 }],
    ["TYPE_UNSENDABLE", { x: [undefined] }],
    ["LIST_TOO_LONG", { x: Array.from({ length: 1_001 }, () => 1) }],
    ["TOO_MANY_FIELDS", { x: Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`k${at}`, 1])) }],
    ["ARGUMENTS_TOO_LARGE", { x: "云".repeat(175_000) }],
    ["NESTED_TOO_DEEP", { x: Array.from({ length: 70 }).reduce<unknown>((inner) => [inner], 1) }],
  ])("%s", async (code, given) => {
    const { replica } = await begin();
    const refused = await replica.mutate("party.edit_customer", { id: idNumber(1), ...given }).catch((wrong: unknown) => wrong);
    expect(refused).toBeInstanceOf(ArgumentRefused);
    expect((refused as ArgumentRefused).code).toBe(code);
    expect(await replica.store.outbox.pendingCount()).toBe(0);
  });

  test("a command that there is not, and with it all that was to be done at once", async () => {
    const { replica } = await begin();
    await expect(replica.mutateAll([{ command: "party.create_customer", args: {} }, { command: "party.burn", args: {} }])).rejects.toThrow(UnknownCommand);
    expect(await replica.store.outbox.pendingCount()).toBe(0);
  });
});

test("with one key it is done once, whoever asks again and whenever", async () => {
  const { driver, replica } = await begin();
  const first = await replica.mutate("party.create_customer", { name: "云帆" }, "key");
  expect(await replica.mutate("party.create_customer", { name: "云帆" }, "key")).toEqual(first);
  const { replica: later } = await killed(driver);
  expect(await later.mutate("party.create_customer", { name: "云帆" }, "key")).toEqual(first);
  expect(await later.store.outbox.pendingCount()).toBe(1);
  expect((await later.list({ collection: "customers", limit: 9 })).rows).toMatchObject([{ id: first.rowId, name: "云帆", _state: "pending" }]);
});

describe("a key that was used for something else", () => {
  const order = (quantity: string) => ({ command: "sales.create_order", args: { id: idNumber(7), lines: [{ productId: idNumber(5), quantity }] } });

  test.each<readonly [what: string, calls: readonly { readonly command: string; readonly args: Record<string, unknown> }[]]>([
    ["other arguments", [order("300")]],
    ["one call more", [order("77"), { command: "party.create_customer", args: {} }]],
    ["fewer", []],
    ["another command with the same arguments", [{ ...order("77"), command: "party.create_customer" }]],
  ])("%s: refused, not answered with what it was used for", async (_what, calls) => {
    const { driver, replica } = await begin();
    const first = await replica.mutateAll([order("77")], "order 7");
    const later = (await killed(driver)).replica;
    const refused = await later.mutateAll(calls, "order 7").catch((wrong: unknown) => wrong);
    expect(refused).toBeInstanceOf(KeyReused);
    expect(refused).toMatchObject({ code: "KEY_REUSED", remedy: [expect.stringMatching(/./), expect.stringMatching(/./)] });
    expect(await later.store.outbox.pendingCount()).toBe(1);
    // What it was used for is answered still: in which order arguments are named says nothing.
    expect(await later.mutateAll([{ command: "sales.create_order", args: { lines: [{ quantity: "77", productId: idNumber(5) }], id: idNumber(7), number: undefined } }], "order 7")).toEqual(first);
  });

  test("what an older app noted without saying for what is answered as it was", async () => {
    const { driver, replica } = await begin();
    const first = await replica.mutateAll([order("77")], "order 7");
    await (await driver.open("own", "own")).tx((inside) => inside.run("UPDATE applied SET asked = NULL"));
    expect(await replica.mutateAll([order("300")], "order 7")).toEqual(first);
  });
});

test("the base of an edit is what was seen, the server's value goes along where it is another", async () => {
  const { replica } = await begin();
  await pull(replica, "c1", [{ name: "customers", puts: [ROW] }]);
  await replica.mutateAll([
    { command: "party.edit_customer", args: { id: ROW.id, level: "b" } },
    { command: "party.edit_customer", args: { id: ROW.id, level: "a", custom: { a: 2, b: 1 } } },
  ]);
  const sent = (await replica.store.outbox.toOffer(9)).map((queued) => replica.store.outbox.wire(queued));
  expect(sent).toMatchObject([
    { n: 1, base: { level: "c" } },
    { n: 2, base: { level: "b", custom: { a: 1, b: null } }, serverBase: { level: "c" } },
  ]);
  expect(await replica.row("customers", ROW.id)).toMatchObject({ level: "a", custom: { a: 2, b: 1 }, version: 3, _state: "pending" });
});

test("the children of a creation get ids and show in their own list", async () => {
  const { replica } = await begin();
  const { rowId, childIds } = await replica.mutate("sales.create_order", { lines: [{ product_id: idNumber(5), quantity: "2" }, {}] });
  expect(childIds["lines"]).toHaveLength(2);
  const { rows } = await replica.list({ collection: "salesOrderLines", where: [{ field: "orderId", op: "eq", value: rowId }], limit: 9 });
  expect(rows.map(({ id }) => id).sort()).toEqual(childIds["lines"]?.toSorted());
});

test("what was said about an erased person is forgotten, and the person is shown nowhere", async () => {
  const { driver, replica } = await begin();
  await pull(replica, "c1", [{ name: "customers", puts: [ROW] }]);
  await replica.mutate("party.edit_customer", { id: ROW.id, name: "秘密" });
  const [queued] = await replica.store.outbox.pending();
  await replica.store.outbox.acknowledge({ outcomes: [{ n: 1, uuid: queued?.uuid ?? "", status: "applied" }], lastMutation: 1, clock: "t1", serverTime: AT }, DEVICE);
  await pull(replica, "c2", [{ name: "customers", puts: [{ ...ROW, name: "…", erasedAt: AT }] }]);
  expect((await replica.list({ collection: "customers", limit: 9, archived: "all" })).total).toBe(0);
  const own = await driver.open("own", "own");
  expect(await own.query("SELECT arguments, base FROM outbox")).toEqual([["{}", "{}"]]);
});

test("a refused answer about an erased person forgets the mutation", async () => {
  const { driver, replica } = await begin();
  await replica.mutate("party.edit_customer", { id: ROW.id, name: "秘密" });
  const [queued] = await replica.store.outbox.pending();
  const error = { code: "RECORD_ERASED", message: "" };
  await replica.store.outbox.acknowledge({ outcomes: [{ n: 1, uuid: queued?.uuid ?? "", status: "inbox", error }], lastMutation: 1, clock: "t1", serverTime: AT }, DEVICE);
  expect(await (await driver.open("own", "own")).query("SELECT arguments FROM outbox")).toEqual([["{}"]]);
});

test("a number that no document took is voided when its tab is gone, and only then", async () => {
  const { replica } = await begin();
  const lease: JsonObject = { id: idNumber(1, 11), deviceId: DEVICE, seriesKey: "s", prefix: "SO", first: 1, last: 9, closedAt: null };
  await pull(replica, "c1", [{ name: "numberLeases", puts: [lease] }]);
  expect(await replica.takeNumber("s", "tab")).toBe("SO-000001");
  expect(await replica.takeNumber("s", "tab")).toBe("SO-000002");
  await replica.mutate("sales.create_order", { number: "SO-000002" });
  expect(await replica.store.numbers.settle(() => false)).toBe(0);
  expect(await replica.store.numbers.settle(() => true)).toBe(1);
  const [, voided] = await replica.store.outbox.pending();
  expect(voided).toMatchObject({ command: "tenants.void_number", arguments: { series: "s", number: "SO-000001" } });
  expect(await replica.store.numbers.settle(() => true)).toBe(0);
});
