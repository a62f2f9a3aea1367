import { beforeAll, describe, expect, test } from "vitest";
import { QueryInvalid, UnknownCollection, type Replica } from "~/replica";
import type { Condition } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { begin, idNumber, pull } from "./world";

const AT = "2026-03-02T01:30:00.000000Z";

function customer(number: number, more: JsonObject): JsonObject {
  return { id: idNumber(number), version: 1, archivedAt: null, erasedAt: null, updatedAt: `2026-03-0${number}T01:30:00.000000Z`, createdAt: AT, custom: {}, tagIds: [], ...more };
}

let replica: Replica;

beforeAll(async () => {
  ({ replica } = await begin());
  const customers = [
    customer(1, { name: "重庆银行", code: "KH-10", level: "a", creditLimitMinor: 9_007_199_254_740_991, tagIds: [idNumber(1, 1)], custom: { colour: "red", budget: { amountMinor: 500, currency: "JPY" } }, createdAt: "2026-03-28T23:30:00.000000Z" }),
    customer(2, { name: "云帆科技", code: "KH-9", level: "b", creditLimitMinor: 1, phone: "138-0000-1234", custom: { colour: "blue", budget: { amountMinor: 900, currency: "CNY" } }, createdAt: "2026-03-29T22:30:00.000000Z" }),
    customer(3, { name: "Ångström 100%", code: "KH-2", level: "b", creditLimitMinor: null, notes: "x_y" }),
    customer(4, { name: "旧客户", level: "a", archivedAt: AT }),
  ];
  const products = [{ id: idNumber(1, 2), version: 1, name: "茶", listPrice: "0.1", archivedAt: null, updatedAt: AT }, { id: idNumber(2, 2), version: 1, name: "米", listPrice: "0.2", archivedAt: null, updatedAt: AT }];
  await pull(replica, "c1", [{ name: "customers", puts: customers }, { name: "products", puts: products }]);
});

describe("what is no question is refused", () => {
  test.each<readonly [field: string, condition: Condition]>([
    ["an unknown field", { field: "nothing", op: "eq", value: 1 }],
    ["a field that is SQL", { field: "name\" OR 1=1 --", op: "eq", value: 1 }],
    ["a custom field that is SQL", { field: "custom.a') OR 1=1 --", op: "eq", value: 1 }],
    ["a part of a custom field that there is not", { field: "custom.budget.other", op: "eq", value: 1 }],
    ["a list where one value is compared", { field: "level", op: "eq", value: ["a"] }],
    ["no number where numbers are", { field: "creditLimitMinor", op: "gt", value: "many" }],
    ["an operator that there is not", { field: "level", op: "like" as Condition["op"], value: "a" }],
  ])("%s", async (_, condition) => {
    await expect(replica.list({ collection: "customers", where: [condition], limit: 1 })).rejects.toThrow(QueryInvalid);
  });

  test("a collection that there is not", async () => {
    await expect(replica.list({ collection: "sqlite_master", limit: 1 })).rejects.toThrow(UnknownCollection);
    await expect(replica.list({ collection: "constructor", limit: 1 })).rejects.toThrow(UnknownCollection);
  });
});

test.each<readonly [Condition, readonly number[]]>([
  [{ field: "level", op: "eq", value: "b" }, [2, 3]],
  [{ field: "level", op: "ne", value: "b" }, [1]],
  [{ field: "level", op: "in", value: ["a", "c"] }, [1]],
  [{ field: "creditLimitMinor", op: "lt", value: 2 }, [2]],
  [{ field: "creditLimitMinor", op: "empty" }, [3]],
  [{ field: "phone", op: "filled" }, [2]],
  [{ field: "name", op: "contains", value: "100%" }, [3]],
  [{ field: "name", op: "contains", value: "%" }, [3]],
  [{ field: "notes", op: "contains", value: "x_" }, [3]],
  [{ field: "name", op: "startsWith", value: "云" }, [2]],
  [{ field: "tagIds", op: "has", value: [idNumber(1, 1)] }, [1]],
  [{ field: "custom.colour", op: "eq", value: "blue" }, [2]],
  [{ field: "custom.budget.amountMinor", op: "ge", value: 600 }, [2]],
  [{ field: "custom.budget.currency", op: "eq", value: "JPY" }, [1]],
  [{ field: "updatedAt", op: "ge", value: "2026-03-02T09:30:00+08:00" }, [2, 3]],
  [{ field: "_state", op: "empty" }, [1, 2, 3]],
  [{ field: "name", op: "eq", value: "'; DROP TABLE base; --" }, []],
])("%o", async (condition, expected) => {
  const { rows, total } = await replica.list({ collection: "customers", where: [condition], limit: 10 });
  expect(rows.map(({ id }) => id).sort()).toEqual(expected.map((number) => idNumber(number)));
  expect(total).toBe(expected.length);
});

test("names sort as people do, the last changed come first where nothing is said, the bin stands apart", async () => {
  const ids = async (query: object) => (await replica.list({ collection: "customers", limit: 10, ...query })).rows.map(({ name }) => name);
  expect(await ids({ orderBy: [{ field: "name" }] })).toEqual(["Ångström 100%", "重庆银行", "云帆科技"]);
  expect(await ids({ orderBy: [{ field: "name", desc: true }] })).toEqual(["云帆科技", "重庆银行", "Ångström 100%"]);
  expect(await ids({})).toEqual(["Ångström 100%", "云帆科技", "重庆银行"]);
  expect(await ids({ archived: "only" })).toEqual(["旧客户"]);
  expect((await replica.list({ collection: "customers", limit: 1, offset: 1 })).total).toBe(3);
});

test("the first rows of many that were found are those of all that were", async () => {
  const { replica: many } = await begin();
  const level = (at: number) => (at % 3 === 0 ? "a" : "b");
  const puts = Array.from({ length: 90 }, (_, at) => customer(at + 1, { name: `客户 ${(at * 7) % 90}`, code: `KH-${(at * 11) % 90}`, level: level(at), updatedAt: `2026-03-02T01:${String((at * 13) % 60).padStart(2, "0")}:00.000000Z` }));
  await pull(many, "c1", [{ name: "customers", puts }]);
  for (const orderBy of [[{ field: "name" }], [{ field: "name", desc: true }], [{ field: "updatedAt", desc: true }], [{ field: "level" }, { field: "code" }], [{ field: "level", desc: true }, { field: "name" }]]) {
    const query = { collection: "customers", where: [{ field: "level", op: "eq", value: "b" } as const], orderBy };
    const all = await many.list({ ...query, limit: 90 });
    const first = await many.list({ ...query, limit: 4, offset: 2 });
    expect([all.total, first.total]).toEqual([60, 60]);
    expect(first.rows.map(({ id }) => id)).toEqual(all.rows.slice(2, 6).map(({ id }) => id));
  }
});

test("sums are exact", async () => {
  expect(await replica.groups({ collection: "customers", by: "level", sums: ["creditLimitMinor"] })).toEqual([
    { value: "a", count: 1, sums: { creditLimitMinor: "9007199254740991" } },
    { value: "b", count: 2, sums: { creditLimitMinor: "1" } },
  ]);
  expect(await replica.groups({ collection: "products", sums: ["listPrice"] })).toEqual([{ value: null, count: 2, sums: { listPrice: "0.3" } }]);
  expect(await replica.groups({ collection: "customers", by: "updatedAt", cut: "month" })).toEqual([{ value: "2026-03", count: 3, sums: {} }]);
});

test("instants are cut by the days of a zone, its summer time heeded; without one by UTC", async () => {
  const counts = async (by: string, cut: "day" | "month", zone?: string) =>
    (await replica.groups({ collection: "customers", by, cut, ...(zone === undefined ? {} : { zone }) })).map(({ value, count }) => [value, count]);
  expect(await counts("createdAt", "day")).toEqual([["2026-03-02", 1], ["2026-03-28", 1], ["2026-03-29", 1]]);
  expect(await counts("createdAt", "day", "Asia/Shanghai")).toEqual([["2026-03-02", 1], ["2026-03-29", 1], ["2026-03-30", 1]]);
  expect(await counts("createdAt", "day", "Europe/Berlin")).toEqual([["2026-03-02", 1], ["2026-03-29", 1], ["2026-03-30", 1]]);
  expect(await counts("updatedAt", "month", "America/Los_Angeles")).toEqual([["2026-02", 1], ["2026-03", 2]]);
  expect(await replica.groups({ collection: "customers", by: "updatedAt", cut: "month", zone: "Asia/Shanghai", where: [{ field: "level", op: "eq", value: "none" }] })).toEqual([]);
});

test.each([
  ["yunfan", ["云帆科技"]], ["yfkj", ["云帆科技"]], ["cqyh", ["重庆银行"]], ["chongqing", ["重庆银行"]], ["1234", ["云帆科技"]], ["kh-9", ["云帆科技"]], ["angstrom", ["Ångström 100%"]],
  ["云 科技", ["云帆科技"]], ["旧", []], ["", []], ["%", []], ["nobody", []],
])("a search for %s", async (text, names) => {
  expect((await replica.search(text)).map(({ row }) => row["name"])).toEqual(names);
  if (text !== "") expect((await replica.list({ collection: "customers", text, limit: 10 })).rows.map(({ name }) => name)).toEqual(names);
});

test("ids in their order, from one on: whoever reads all rows while they change goes by these", async () => {
  const from = async (id: string, text?: string): Promise<readonly string[]> => {
    const { rows } = await replica.list({ collection: "customers", where: [{ field: "id", op: "gt", value: id }], orderBy: [{ field: "id" }], limit: 2, ...(text === undefined ? {} : { text }) });
    return rows.map((row) => row.id);
  };
  expect(await from("")).toEqual([idNumber(1), idNumber(2)]);
  expect(await from(idNumber(2))).toEqual([idNumber(3)]);
  expect(await from(idNumber(1), "云帆")).toEqual([idNumber(2)]);
});
