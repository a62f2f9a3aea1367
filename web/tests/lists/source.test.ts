/** What a stock move came from, as people call it. */
import { expect, test } from "vitest";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { fieldText } from "~/ui/field_text";
import { documentOf } from "~/ui/title_of";
import type { Field } from "~/values/description";

const field = DESCRIPTION.entities["stockMoves"]?.fields.find(({ name }) => name === "referenceEntity") as Field;
const row = (id: string, fields: Record<string, string>): Row => ({ id, version: 1, _state: null, ...fields });

test("no name of the product's inside is shown, but where nobody has a word for it", () => {
  expect(fieldText(field, "inventory.StockCountLine", { language: "zh-CN" })).toBe("盘点明细");
  expect(fieldText(field, "sales.SalesOrderLine", { language: "en" })).toBe("Sales order line");
  expect(fieldText(field, "gone.Thing", { language: "en" })).toBe("gone.Thing");
});

test("a part leads to its document, and to nothing while it is not on this device", () => {
  expect(documentOf("stockCountLines", null)).toEqual({ collection: "stockCountLines", id: null });
  expect(documentOf("stockCountLines", row("l", { countId: "c", productId: "p" }))).toEqual({ collection: "stockCounts", id: "c" });
  expect(documentOf("salesOrderLines", row("l", { orderId: "o", productId: "p" }))).toEqual({ collection: "salesOrders", id: "o" });
  expect(documentOf("salesOrders", row("o", { customerId: "c" }))).toEqual({ collection: "salesOrders", id: "o" });
});
