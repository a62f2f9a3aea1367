import { describe, expect, it } from "vitest";
import { forDevice, conditionWords, operatorsOf } from "~/screens/list/filters";
import { within } from "~/screens/list/groups";
import { fromSearch, PLAIN, toSearch, type ListState } from "~/screens/list/list_state";
import { columnsOf, configOf, stateOf } from "~/screens/list/saved_view";
import { DESCRIPTION } from "~/generated/description";

const field = (collection: string, name: string) => {
  const found = DESCRIPTION.entities[collection]?.fields.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${collection}.${name}`);
  return found;
};

describe("an address that says something else", () => {
  it.each(["f=level", "f=level:like:1", "f=level:eq", "f=level:eq:", "f=level:eq:{", "f=level:in:3", "f=level:eq:[1]", "f=lev el:empty", 'f=a;drop:eq:"x"', "f=__proto__.x.y:empty", "sort=na me", "group=:month", "archived=yes"])("is passed over: %s", (search) => {
    expect(fromSearch(search)).toEqual(PLAIN);
  });

  it("keeps what is understood of it", () => {
    expect(fromSearch('f=bad&f=level:in:["a"]&sort=-updatedAt').where).toEqual([{ field: "level", op: "in", value: ["a"] }]);
  });
});

describe("the state of a list", () => {
  const states: readonly ListState[] = [
    PLAIN,
    { ...PLAIN, text: "云帆 & co: \"x\" #1 +86" },
    { ...PLAIN, where: [{ field: "level", op: "in", value: ["a", "b"] }, { field: "code", op: "empty" }, { field: "custom.pay_days", op: "ge", value: "30.5" }] },
    { ...PLAIN, where: [{ field: "name", op: "contains", value: "a:b:[c]\n" }, { field: "custom.vip", op: "eq", value: true }] },
    { ...PLAIN, order: { field: "custom.pay_days", desc: true }, group: { field: "createdAt", cut: "month" }, archived: "only", view: "0190" },
    { ...PLAIN, order: { field: "name" }, group: { field: "level", cut: null }, archived: "all" },
  ];
  it.each(states.map((state) => [toSearch(state), state] as const))("comes back from its address: %s", (search, state) => {
    expect(fromSearch(search)).toEqual(state);
  });
});

describe("days chosen for an instant", () => {
  it("mean the reader's days, the last one whole", () => {
    const created = field("customers", "createdAt");
    const from = forDevice({ field: "createdAt", op: "ge", value: "2026-03-05" }, created);
    const to = forDevice({ field: "createdAt", op: "le", value: "2026-03-05" }, created);
    expect(from).toEqual([{ field: "createdAt", op: "ge", value: new Date(2026, 2, 5).toISOString().replace("Z", "000Z") }]);
    expect(to).toEqual([{ field: "createdAt", op: "lt", value: new Date(2026, 2, 6).toISOString().replace("Z", "000Z") }]);
  });

  it("are the company's where its zone is known, also when the clock is put forward", () => {
    const created = field("customers", "createdAt");
    expect(forDevice({ field: "createdAt", op: "ge", value: "2026-03-05" }, created, "Asia/Shanghai")[0]?.value).toBe("2026-03-04T16:00:00.000000Z");
    expect(forDevice({ field: "createdAt", op: "ge", value: "2026-03-29" }, created, "Europe/Berlin")[0]?.value).toBe("2026-03-28T23:00:00.000000Z");
    expect(forDevice({ field: "createdAt", op: "le", value: "2026-03-29" }, created, "Europe/Berlin")[0]?.value).toBe("2026-03-29T22:00:00.000000Z");
  });

  it("stay days for a date", () => {
    const given = { field: "orderedOn", op: "le", value: "2026-03-05" } as const;
    expect(forDevice(given, field("salesOrders", "orderedOn"))).toEqual([given]);
  });
});

describe("amounts", () => {
  const total = field("salesOrders", "totalMinor");
  const asked = (value: string) => forDevice({ field: "totalMinor", op: "ge", value }, total);

  it("that are none of their currency are not turned into others", () => {
    expect(asked("JPY 10.5")).toEqual([{ field: "totalMinor", op: "ge", value: "JPY 10.5" }]);
  });

  it("are asked for in the minor unit of their currency, among rows in that currency", () => {
    const among = (currency: string) => ({ field: "currency", op: "eq", value: currency });
    expect(asked("CNY 1000.5")).toEqual([{ field: "totalMinor", op: "ge", value: 100050 }, among("CNY")]);
    expect(asked("JPY 1000")).toEqual([{ field: "totalMinor", op: "ge", value: 1000 }, among("JPY")]);
    expect(asked("KWD 1.234")).toEqual([{ field: "totalMinor", op: "ge", value: 1234 }, among("KWD")]);
  });

  it("of a company's own field lie in one value; unit prices have no minor unit", () => {
    const own = { ...total, name: "custom.budget", kind: "json", currencyField: null } as const;
    expect(forDevice({ field: "custom.budget", op: "le", value: "USD 9.99" }, own)).toEqual([
      { field: "custom.budget.amountMinor", op: "le", value: 999 },
      { field: "custom.budget.currency", op: "eq", value: "USD" },
    ]);
    const price = { ...total, name: "listPrice", kind: "decimal" } as const;
    expect(forDevice({ field: "listPrice", op: "ge", value: "JPY 10.5" }, price)[0]?.value).toBe("10.5");
  });

  it("read with their currency", () => {
    expect(conditionWords({ field: "totalMinor", op: "ge", value: "JPY 1234567" }, total, "en", () => null)).toContain("JPY 1,234,567");
  });
});

describe("conditions", () => {
  it("fit the kind of the field", () => {
    expect(operatorsOf(field("customers", "name"))).toEqual(["contains", "startsWith", "eq"]);
    expect(operatorsOf(field("customers", "level"))).toEqual(["in", "empty", "filled"]);
    expect(operatorsOf(field("customers", "tagIds"))[0]).toBe("has");
    expect(operatorsOf(field("customers", "creditLimitMinor"))[0]).toBe("ge");
  });

  it("read as sentences, choices by their labels", () => {
    const words = (language: "zh-CN" | "en") => conditionWords({ field: "level", op: "in", value: ["a", "d"] }, field("customers", "level"), language, () => null);
    expect(words("zh-CN")).toBe("客户级别：A 级（重点）、D 级（潜在）");
    expect(words("en")).toBe("Level: A (key), D (potential)");
  });
});

describe("the rows of a group", () => {
  it("are those with its value, or without any", () => {
    expect(within(field("customers", "level"), "a", null, undefined)).toEqual([{ field: "level", op: "eq", value: "a" }]);
    expect(within(field("customers", "level"), null, null, undefined)).toEqual([{ field: "level", op: "empty" }]);
  });

  it("of a month lie between its first and its last instant", () => {
    const [from, to] = within(field("customers", "createdAt"), "2026-03", "month", undefined);
    const inside = (text: string): boolean => text >= String(from?.value) && text < String(to?.value);
    expect(inside("2026-03-01T00:00:00.000000Z")).toBe(true);
    expect(inside("2026-03-31T23:59:59.999999Z")).toBe(true);
    expect(inside("2026-02-28T23:59:59.999999Z")).toBe(false);
    expect(inside("2026-04-01T00:00:00.000000Z")).toBe(false);
    const values = (span: string, cut: "day" | "month" | "year") => within(field("customers", "createdAt"), span, cut, "Asia/Shanghai").map(({ value }) => value);
    expect(values("2026-03", "month")).toEqual(["2026-02-28T16:00:00.000000Z", "2026-03-31T16:00:00.000000Z"]);
    expect(values("2026-12-31", "day")).toEqual(["2026-12-30T16:00:00.000000Z", "2026-12-31T16:00:00.000000Z"]);
    expect(values("2026", "year")).toEqual(["2025-12-31T16:00:00.000000Z", "2026-12-31T16:00:00.000000Z"]);
  });
});

describe("a saved view", () => {
  it("of another app is understood as far as it goes", () => {
    expect(stateOf("v", null)).toEqual({ ...PLAIN, view: "v" });
    expect(stateOf("v", { where: [3, { field: "level" }], orderBy: ["x"], archived: "yes", layout: "board" })).toEqual({ ...PLAIN, view: "v" });
    expect(columnsOf({ columns: [1, { field: "name", hidden: true }, { field: "code" }] })).toEqual([{ name: "code", width: 120 }]);
  });

  it("brings back what it was saved of", () => {
    const state: ListState = { text: "云", where: [{ field: "level", op: "in", value: ["a"] }, { field: "code", op: "empty" }], order: { field: "name", desc: true }, group: { field: "createdAt", cut: "month" }, archived: "all", view: "v" };
    const columns = [{ name: "name", width: 220 }, { name: "custom.days", width: 90 }];
    const config = JSON.parse(JSON.stringify(configOf(state, columns)));
    expect(stateOf("v", config)).toEqual(state);
    expect(columnsOf(config)).toEqual(columns);
    expect(stateOf("v", { groupBy: "custom.day" }).group).toEqual({ field: "custom.day", cut: null });
  });
});
