/** The grids of orders and counts as their screens describe them: a block means the same at a desk and on a tablet. */
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { DeviceContext } from "~/data/device_context";
import type { Device } from "~/device/api";
import { useCountSpec } from "~/screens/count/columns";
import { useOrderSpec } from "~/screens/order/columns";
import { hasHeader, planPaste } from "~/ui/grid/blocks";
import type { GridRow, GridSpec } from "~/ui/grid/model";
import { beginSheet } from "~/ui/grid/sheet";
import { readBlock } from "~/ui/grid/tsv";

function told<T>(use: () => T): T {
  const found: T[] = [];
  const Asking = () => {
    found.push(use());
    return null;
  };
  renderToStaticMarkup(createElement(DeviceContext, { value: {} as Device }, createElement(Asking)));
  const [spec] = found;
  if (spec === undefined) throw new Error("nothing was rendered");
  return spec;
}

function reached<R extends GridRow>(spec: GridSpec<R>, text: string) {
  const block = readBlock(text);
  const headings = hasHeader(spec, block) ? block[0] : undefined;
  const plan = planPaste(beginSheet([spec.newRow()]), spec, headings === undefined ? block : block.slice(1), headings === undefined ? {} : { headings });
  return { dropped: plan.dropped, texts: plan.texts.filter(({ text: one }) => one !== "").map(({ column, text: one }) => `${spec.columns[column]?.key} ${one}`) };
}

const order = (narrow: boolean) => told(() => useOrderSpec({ editing: "all", currency: "CNY", priced: true, narrow }));
const count = (narrow: boolean) => told(() => useCountSpec({ blind: false, locked: false, twice: new Set(), narrow }));

test.each([false, true])("an order's lines, narrow: %s", (narrow) => {
  const spec = order(narrow);
  const lines = ["product YP-006", "quantity 12", "product YP-004", "quantity 5"];
  expect(reached(spec, "商品\t数量\nYP-006\t12\nYP-004\t5")).toEqual({ dropped: 0, texts: lines });
  expect(reached(spec, "商品\t\t\t\t数量\nYP-006\t\t\t\t12\nYP-004\t\t\t\t5")).toEqual({ dropped: 0, texts: lines });
  expect(reached(spec, "YP-006\t12\nYP-004\t5")).toEqual({ dropped: 0, texts: lines });
  expect(reached(spec, "YP-006\t\t\t\t12\t260")).toEqual({ dropped: 0, texts: ["product YP-006", "quantity 12", "unitPrice 260"] });
  expect(reached(spec, "货号\t规格\tQty\t单价\nYP-006\tM8\t12\t260")).toEqual({ dropped: 1, texts: ["product YP-006", "quantity 12", "unitPrice 260"] });
});

test.each([false, true])("a count's lines, narrow: %s", (narrow) => {
  const spec = count(narrow);
  expect(reached(spec, "商品\t编码\t单位\tCounted\nYP-006\t\t\t12")).toEqual({ dropped: 0, texts: ["product YP-006", "counted 12"] });
  expect(reached(spec, "YP-006\t\t\t12")).toEqual({ dropped: 0, texts: ["product YP-006", "counted 12"] });
  expect(reached(spec, "账面数量\t数量\t商品\n9\t12\tYP-006")).toEqual({ dropped: 1, texts: ["product YP-006", "counted 12"] });
});

test("narrow or not, the same columns in the same order, some of them unseen", () => {
  expect(order(false).columns.map(({ key }) => key)).toEqual(["product", "code", "spec", "unit", "quantity", "unitPrice", "amount"]);
  expect(order(true).columns.map(({ key }) => key)).toEqual(["product", "unit", "quantity", "unitPrice", "amount"]);
  expect(count(true).columns.map(({ key }) => key)).toEqual(["product", "unit", "counted", "book", "difference"]);
});
