/** What is said of an order when it is confirmed: what stood on the screen, and nothing that was not there. */
import { expect, test } from "vitest";
import { seenOrder } from "~/data/seen_order";
import type { Row } from "~/device/api";
import { saidWith } from "~/screens/order/confirming";
import type { OrderLine } from "~/screens/order/lines";

const line = (id: string, quantity: string, unitPrice: string): OrderLine => ({ id, product: { id: `of-${id}`, name: id, code: id, unit: "件", spec: "", listPrice: "", currency: "CNY" }, quantity, unitPrice, packed: "0" });
const row = (id: string, fields: Record<string, string | number | null>): Row => ({ id, version: 1, _state: null, ...fields });
const confirm = "sales.confirm_order";
const draft = { currency: "CNY", isNew: false };

test("no other step says anything", () => {
  expect(saidWith("sales.cancel_order", [line("a", "1", "2")], draft)).toEqual({});
});

test("without a price in every line no total was seen, and what was not typed is not said", () => {
  const { seen } = saidWith(confirm, [line("a", "2", ""), line("b", "1", "3")], draft) as { seen: object };
  expect(seen).toEqual({ lines: [{ id: "a", productId: "of-a", quantity: "2" }, { id: "b", productId: "of-b", quantity: "1", unitPrice: "3" }] });
  expect(saidWith(confirm, [line("a", "", "3")], draft)).toEqual({ seen: {} });
});

test("the total is of the lines on the screen, rounded as the server does", () => {
  const lines = [line("a", "3", "0.335"), line("b", "11", "125")];
  expect(saidWith(confirm, lines, draft)["seen"]).toMatchObject({ totalMinor: 137_601, currency: "CNY", lines: [{ id: "a" }, { id: "b" }] });
});

test("the lines of a new order have other ids when they are sent", () => {
  expect(saidWith(confirm, [line("a", "2", "1.5")], { ...draft, isNew: true })).toEqual({ seen: { totalMinor: 300, currency: "CNY" } });
});

test("in a list the total is of the lines that show, and of the row where they are not at hand", () => {
  const order = row("o", { totalMinor: 131_250, currency: "CNY" });
  const lines = [row("a", { orderId: "o", productId: "p", quantity: "11", unitPrice: "10.000000" })];
  expect(seenOrder(order, lines)).toEqual({ totalMinor: 11_000, currency: "CNY", lines: [{ id: "a", productId: "p", quantity: "11", unitPrice: "10.000000" }] });
  expect(seenOrder(order, null)).toEqual({ totalMinor: 131_250, currency: "CNY" });
  expect(seenOrder(row("o", { currency: "CNY" }), null)).toEqual({});
});
