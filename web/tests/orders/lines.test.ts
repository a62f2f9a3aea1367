import { expect, test } from "vitest";
import { asSaved, lineCalls, merged, packCalls, shownLine, withProduct, type OrderLine, type SavedLine } from "~/screens/order/lines";
import type { Product } from "~/data/products";

const product = (id: string, listPrice = "10", currency = "CNY"): Product => ({ id, name: id, code: id.toUpperCase(), unit: "件", spec: "", listPrice, currency });
const line = (id: string, of: string, quantity: string, unitPrice = "10"): OrderLine => ({ id, product: product(of), quantity, unitPrice, packed: "0" });
const saved = (id: string, of: string, quantity: string, position: number | null, unitPrice = "10"): SavedLine => ({ id, productId: of, quantity, unitPrice, packed: "0", position });

test("nothing is sent of what was not changed, nor of lines that say nothing", () => {
  const blank = { id: "x", product: null, quantity: "", unitPrice: "", packed: "" };
  expect(lineCalls("o", [saved("a", "bolt", "1", 1)], [line("a", "bolt", "1"), blank])).toEqual([]);
});

test("lines are added, edited by what changed, and removed", () => {
  const calls = lineCalls("o", [saved("a", "bolt", "1", 1), saved("b", "nut", "2", 2)], [line("a", "bolt", "5"), line("n", "pin", "1")]);
  expect(calls).toEqual([
    { command: "sales.edit_order_line", args: { id: "a", quantity: "5" } },
    { command: "sales.add_order_line", args: { orderId: "o", id: "n", productId: "pin", quantity: "1", unitPrice: "10" } },
    { command: "sales.remove_order_line", args: { id: "b" } },
  ]);
});

test("without a price a new line takes the list price", () => {
  const [call] = lineCalls("o", [], [line("n", "pin", "1", "")]);
  expect(call?.args).not.toHaveProperty("unitPrice");
});

test("a line that was emptied of its product is removed", () => {
  expect(lineCalls("o", [saved("a", "bolt", "1", 1)], [{ ...line("a", "bolt", "1"), product: null }])).toEqual([{ command: "sales.remove_order_line", args: { id: "a" } }]);
});

test("a line before an old one gets a place, and all behind it; one at the end needs none", () => {
  const before = [saved("a", "bolt", "1", 1), saved("b", "nut", "1", 7)];
  const inserted = lineCalls("o", before, [line("a", "bolt", "1"), line("n", "pin", "1"), line("b", "nut", "1")]);
  expect(inserted.slice(1)).toEqual([
    { command: "sales.edit_order_line", args: { id: "n", position: 11 } },
    { command: "sales.edit_order_line", args: { id: "b", position: 12 } },
  ]);
  expect(lineCalls("o", before, [line("a", "bolt", "1"), line("b", "nut", "1"), line("n", "pin", "1")])).toHaveLength(1);
});

test("what others saved comes in, what was typed here stays", () => {
  const before = [saved("a", "bolt", "1", 1), saved("b", "nut", "2", 2), saved("c", "pin", "3", 3), saved("d", "cap", "4", 4)];
  const typed = [line("a", "bolt", "9"), line("b", "nut", "2"), line("c", "pin", "8"), line("d", "cap", "4"), line("n", "new", "1")];
  const now = [saved("a", "bolt", "1", 1), saved("b", "nut", "7", 2), saved("e", "other", "5", 5)];
  const result = merged(before, now, typed, product);
  expect(result.map((one) => `${one.product?.id} ${one.quantity}`)).toEqual(["bolt 9", "nut 7", "pin 8", "new 1", "other 5"]);
  // Removed there, edited here: it comes again as a line of its own.
  expect(result[2]?.id).not.toBe("c");
  expect(lineCalls("o", now, result).map((call) => call.command)).toEqual(["sales.edit_order_line", "sales.add_order_line", "sales.add_order_line", ...Array(3).fill("sales.edit_order_line")]);
});

test("nothing is drawn again where nothing differs", () => {
  const before = [saved("a", "bolt", "1", 1)];
  const shown = [line("a", "bolt", "1")];
  expect(merged(before, [saved("a", "bolt", "1", 4)], shown, product)[0]).toBe(shown[0]);
});

test("after saving nothing is left to be sent", () => {
  const lines = [line("a", "bolt", "5"), line("n", "pin", "1")];
  expect(lineCalls("o", asSaved(lines, [saved("a", "bolt", "1", 1)]), lines)).toEqual([]);
  expect(asSaved(lines, [saved("a", "bolt", "1", 3)])[0]?.position).toBe(3);
});

test("a product brings its list price in the order's currency only, and no price over one that was typed for it", () => {
  const empty = { id: "x", product: null, quantity: "", unitPrice: "", packed: "" };
  expect(withProduct(empty, product("bolt", "12.500000"), "CNY")).toMatchObject({ quantity: "1", unitPrice: "12.5" });
  expect(withProduct(empty, product("bolt", "12.5", "USD"), "CNY").unitPrice).toBe("");
  expect(withProduct(line("a", "bolt", "3", "8"), product("bolt"), "CNY")).toMatchObject({ quantity: "3", unitPrice: "8" });
  expect(withProduct(line("a", "bolt", "3", "8"), product("nut"), "CNY").unitPrice).toBe("10");
});

test("packing sends only what is packed otherwise", () => {
  const shown = shownLine(saved("a", "bolt", "5", 1), product("bolt"));
  expect(packCalls([saved("a", "bolt", "5", 1)], [shown])).toEqual([]);
  expect(packCalls([saved("a", "bolt", "5", 1)], [{ ...shown, packed: "2" }])).toEqual([{ command: "sales.pack_order_line", args: { id: "a", packedQuantity: "2" } }]);
});
