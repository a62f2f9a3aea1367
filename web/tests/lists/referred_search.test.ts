/** Lists whose rows have no text: which of them are searched, by what, and what is said when too much fits. */
import { describe, expect, it } from "vitest";
import type { Device, ListQuery, Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { MOST_REFERRED, referredBy, searchedBy } from "~/screens/list/referred_search";

function byOf(collection: string) {
  const entity = DESCRIPTION.entities[collection];
  if (entity === undefined) throw new Error(collection);
  return searchedBy({ entity, fields: entity.fields });
}

function deviceWith(total: number): Pick<Device, "list"> & { readonly asked: ListQuery[] } {
  const asked: ListQuery[] = [];
  const rows = Array.from({ length: Math.min(total, MOST_REFERRED) }, (_, at): Row => ({ id: `p${at}`, version: 1, _state: null }));
  return { asked, list: async (query) => (asked.push(query), { rows, total }) };
}

describe("a list", () => {
  it("with a text of its own, or with nothing that it refers to, is not searched by others", () => {
    expect(byOf("customers")).toBeNull();
    expect(byOf("products")).toBeNull();
    expect(byOf("tags")).toBeNull();
  });

  it("of stock, moves and activities is searched by what its rows are about", () => {
    expect(["stockBalances", "stockMoves", "stockCountLines", "activities"].map((name) => [name, byOf(name)?.name])).toEqual([
      ["stockBalances", "productId"],
      ["stockMoves", "productId"],
      ["stockCountLines", "productId"],
      ["activities", "customerId"],
    ]);
  });
});

describe("what was typed", () => {
  it("asks nothing while it is empty", async () => {
    const device = deviceWith(3);
    expect(await referredBy(device, byOf("stockBalances"), "")).toEqual({ where: [], cut: false });
    expect(device.asked).toEqual([]);
  });

  it("that fits nothing leaves no row, instead of all", async () => {
    expect(await referredBy(deviceWith(0), byOf("stockBalances"), "无此物")).toEqual({ where: [{ field: "productId", op: "in", value: [] }], cut: false });
  });

  it("becomes the rows that it names, archived ones too", async () => {
    const device = deviceWith(2);
    expect(await referredBy(device, byOf("stockMoves"), "ls")).toEqual({ where: [{ field: "productId", op: "in", value: ["p0", "p1"] }], cut: false });
    expect(device.asked).toEqual([{ collection: "products", text: "ls", archived: "all", limit: MOST_REFERRED }]);
  });

  it("that fits more than is looked through is said to be cut", async () => {
    expect((await referredBy(deviceWith(MOST_REFERRED + 1), byOf("stockBalances"), "a")).cut).toBe(true);
  });
});
