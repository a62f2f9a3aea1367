/** An entry about a part of a document says which part. */
import { expect, test } from "vitest";
import type { Device, ListQuery, Row } from "~/device/api";
import { readEntry, type Entry } from "~/data/inbox/entry";
import { titled } from "~/ui/inbox_titles";

const row = (id: string, fields: Record<string, string | number | null>): Row => ({ id, version: 1, _state: null, ...fields });
const HERE: Readonly<Record<string, readonly Row[]>> = {
  salesOrders: [row("so", { number: "SO-000203" })],
  products: [row("tea", { name: "龙井茶", code: "LJ-01" }), row("salt", { name: "盐", code: null })],
  warehouses: [row("w", { name: "主仓", code: "W1" })],
  salesOrderLines: [row("a", { orderId: "so", productId: "salt", position: 4 }), row("b", { orderId: "so", productId: "tea", position: 9 })],
  stockCountLines: [row("c", { countId: "count", productId: "tea" })],
};
const device: Pick<Device, "rows" | "list"> = {
  rows: async (collection, ids) => (HERE[collection] ?? []).filter((found) => ids.includes(found.id)),
  list: async ({ collection, where }: ListQuery) => {
    const rows = (HERE[collection] ?? []).filter((found) => (where ?? []).every(({ field, value }) => found[field] === value));
    return { rows, total: rows.length };
  },
};

function entry(entity: string, whatZh: string, whatEn: string, fields: Record<string, string | object | null>): Entry {
  return readEntry({ ...row("e", {}), entity, whatZh, whatEn, ...fields } as Row);
}

const what = async (one: Entry): Promise<Entry["what"] | undefined> => (await titled(device, [one]))[0]?.what;

test("what has a name of its own, or is not here, is called as the server calls it", async () => {
  expect(await what(entry("party.Customer", "修改客户 甲", "Edit customer 甲", { rowId: "x" }))).toEqual(["修改客户 甲", "Edit customer 甲"]);
  expect(await what(entry("sales.SalesOrderLine", "修改销售明细", "Edit order line", { rowId: "gone" }))).toEqual(["修改销售明细", "Edit order line"]);
});

test("an order's line says its place, its product and the code", async () => {
  const told = entry("sales.SalesOrderLine", "修改销售明细 SO-000203", "Edit order line SO-000203", { rowId: "b" });
  expect(await what(told)).toEqual(["修改销售明细 SO-000203 · 第 2 行 龙井茶（LJ-01）", "Edit order line SO-000203 · line 2, 龙井茶 (LJ-01)"]);
  const first = entry("sales.SalesOrderLine", "修改销售明细 SO-000203", "Edit order line SO-000203", { rowId: "a" });
  expect((await what(first))?.[0]).toBe("修改销售明细 SO-000203 · 第 1 行 盐");
});

test("a line that was refused says what was to be added", async () => {
  const refused = entry("sales.SalesOrderLine", "添加销售明细 SO-000203", "Add order line SO-000203", { rowId: "new", arguments: { orderId: "so", productId: "tea" } });
  expect((await what(refused))?.[0]).toBe("添加销售明细 SO-000203 · 龙井茶（LJ-01）");
});

test("a counted line says its product, a move what the title does not say yet", async () => {
  expect((await what(entry("inventory.StockCountLine", "修改盘点明细", "Edit count line", { rowId: "c" })))?.[0]).toBe("修改盘点明细 · 龙井茶（LJ-01）");
  const move = entry("inventory.StockMove", "登记库存移动 龙井茶", "Record stock move 龙井茶", { arguments: { productId: "tea", warehouseId: "w" } });
  expect((await what(move))?.[0]).toBe("登记库存移动 龙井茶 · 主仓（W1）");
});
