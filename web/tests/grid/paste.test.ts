/** Blocks from spreadsheets and from grids: which column each of their texts reaches, at any width. */
import { expect, test } from "vitest";
import { copiedColumns, hasHeader, ontoRows, planPaste, readPlan } from "~/ui/grid/blocks";
import { PRICE_NAMES, PRODUCT_HEADINGS, PRODUCT_NAMES, QUANTITY_NAMES } from "~/ui/grid/headings";
import type { GridColumn, GridSpec } from "~/ui/grid/model";
import type { Origin } from "~/ui/grid/places";
import { beginSheet, insertRows, moveTo, removeRows, writeCells, type Sheet } from "~/ui/grid/sheet";
import { readBlock } from "~/ui/grid/tsv";

interface Line {
  readonly id: string;
  readonly product: string;
  readonly quantity: string;
  readonly price: string;
}

let made = 0;
const line = (product = "", quantity = "", price = ""): Line => ({ id: `line-${++made}`, product, quantity, price });
const typed = (key: "product" | "quantity" | "price", names: readonly string[]): GridColumn<Line> => ({ key, title: key, names, width: 90, text: (row) => row[key], write: (text) => ({ apply: (row) => ({ ...row, [key]: text }) }) });
const fact = (key: string): GridColumn<Line> => ({ key, title: key, width: 90, readOnly: true, text: (row) => (row.product === "" ? "" : `${key} of ${row.product}`) });

const WHOLE: readonly GridColumn<Line>[] = [typed("product", ["商品", ...PRODUCT_NAMES]), fact("code"), fact("spec"), fact("unit"), typed("quantity", QUANTITY_NAMES), typed("price", PRICE_NAMES), fact("amount")];
const WIDE: GridSpec<Line> = {
  columns: WHOLE,
  wholeKeys: WHOLE.map(({ key }) => key),
  newRow: () => line(),
  isBlank: (row) => row.product === "" && row.quantity === "" && row.price === "",
  duplicate: (row) => ({ ...row, id: line().id }),
  locked: false,
  mostRows: 8,
  headings: ["商品", "金额", ...PRODUCT_HEADINGS],
};
const NARROW: GridSpec<Line> = { ...WIDE, columns: WHOLE.filter(({ key }) => key !== "code" && key !== "spec") };
const WIDTHS = [["wide", WIDE], ["narrow", NARROW]] as const;

const at = (sheet: Sheet<Line>, spec: GridSpec<Line>, key: string, row = 0) => moveTo(sheet, { row, column: spec.columns.findIndex((column) => column.key === key) }, spec.columns.length);
const lines = (sheet: Sheet<Line>) => sheet.content.rows.map(({ product, quantity, price }) => `${product}|${quantity}|${price}`);

async function pasted(spec: GridSpec<Line>, text: string, { key = "product", from = beginSheet([line()]), origin }: { key?: string; from?: Sheet<Line>; origin?: Origin } = {}) {
  const block = readBlock(text);
  const headings = hasHeader(spec, block) ? block[0] : undefined;
  const sheet = at(from, spec, key);
  const plan = planPaste(sheet, spec, headings === undefined ? block : block.slice(1), headings === undefined ? origin : { headings });
  return { dropped: plan.dropped, range: plan.range, lines: lines(writeCells(sheet, spec, await readPlan(spec, plan))) };
}

for (const [width, spec] of WIDTHS) {
  test(`${width}: under headings every column goes where its heading says, from whichever cell`, async () => {
    for (const [block, key] of [
      ["商品\t数量\nYP-006\t12\nYP-004\t5", "product"],
      ["商品\t\t\t\t数量\nYP-006\t\t\t\t12\nYP-004\t\t\t\t5", "product"],
      ["数量\t商品\n12\tYP-006\n5\tYP-004", "amount"],
    ] as const) {
      expect(await pasted(spec, block, { key })).toMatchObject({ dropped: 0, lines: ["YP-006|12|", "YP-004|5|"] });
    }
  });

  test(`${width}: what its heading gives to no column that can be typed into is left out and counted`, async () => {
    expect(await pasted(spec, "序号\tQty\t规格\t商品\t金额\t单价\n1\t12\tM8\tYP-006\t24\t2\n2\t5\t\tYP-004\t5\t1")).toMatchObject({ dropped: 5, lines: ["YP-006|12|2", "YP-004|5|1"] });
    expect(await pasted(spec, "规格\t金额\nM8\t24")).toMatchObject({ dropped: 2, lines: ["||"] });
  });

  test(`${width}: without headings a block fills what can be typed into`, async () => {
    expect(await pasted(spec, "YP-006\t12\nYP-004\t5")).toMatchObject({ dropped: 0, lines: ["YP-006|12|", "YP-004|5|"] });
    expect(await pasted(spec, "YP-006\t12\t2\t吨包\nYP-004\t5\t1\t")).toMatchObject({ dropped: 1, lines: ["YP-006|12|2", "YP-004|5|1"] });
    expect(await pasted(spec, "12\t2", { key: "quantity" })).toMatchObject({ dropped: 0, lines: ["|12|2"] });
    expect(await pasted(spec, "12", { key: "unit" })).toMatchObject({ dropped: 0, lines: ["|12|"] });
    expect(await pasted(spec, "12", { key: "amount" })).toMatchObject({ dropped: 1, lines: ["||"] });
  });

  test(`${width}: gaps where the grid fills itself keep each text in its place`, async () => {
    expect(await pasted(spec, "YP-006\t\t\t\t12\t2\nYP-004\t\t\t\t5\t")).toMatchObject({ dropped: 0, lines: ["YP-006|12|2", "YP-004|5|"] });
    expect(await pasted(spec, "YP-006\t\t\t\t\t2")).toMatchObject({ dropped: 0, lines: ["YP-006||2"] });
    expect(await pasted(spec, "YP-006\t\t\t\t12\t2\t24")).toMatchObject({ dropped: 1, lines: ["YP-006|12|2"] });
  });
}

test("of several columns that name the product, each row takes the surest that says something", async () => {
  expect(await pasted(WIDE, "品名\t编码\t数量\n螺母\tYP-006\t12\n螺丝\t\t5")).toMatchObject({ dropped: 1, lines: ["YP-006|12|", "螺丝|5|"] });
});

test("what was copied in a grid goes back by its columns, at any width, and what the grid fills is not missed", async () => {
  const full = "YP-006\tYP-006\tM8\t件\t12\t2\t24";
  const whole = at(beginSheet([line("YP-006", "12", "2")]), WIDE, "product");
  const origin = { columns: copiedColumns(moveTo(whole, { row: 0, column: 6 }, 7, true), WIDE) };
  for (const [, spec] of WIDTHS) expect(await pasted(spec, full, { origin })).toMatchObject({ dropped: 0, lines: ["YP-006|12|2"] });
  const fromUnit = { columns: copiedColumns(moveTo(at(whole, WIDE, "unit"), { row: 0, column: 4 }, 7, true), WIDE) };
  for (const [, spec] of WIDTHS) expect(await pasted(spec, "件\t12", { origin: fromUnit, key: "unit" })).toMatchObject({ dropped: 0, lines: ["|12|"] });
});

test("what was copied in a grid goes to another by what was typed, and says what finds no column", async () => {
  const count: GridSpec<Line> = { ...WIDE, columns: [typed("product", []), fact("unit"), { ...typed("quantity", []), key: "counted" }, fact("book")], wholeKeys: ["product", "unit", "counted", "book"] };
  const origin = { columns: "product *code *spec *unit quantity price *amount" };
  expect(await pasted(count, "YP-006\tYP-006\tM8\t件\t12\t2\t24", { origin })).toMatchObject({ dropped: 1, lines: ["YP-006|12|"] });
  expect(await pasted(WIDE, "YP-006", { origin: { columns: "*code" } })).toMatchObject({ dropped: 0, lines: ["YP-006||"] });
});

test("one copied column fills several selected ones", () => {
  const sheet = moveTo(at(beginSheet([line()]), WIDE, "quantity"), { row: 0, column: 5 }, 7, true);
  expect(planPaste(sheet, WIDE, [["3"]], { columns: "quantity" }).texts.map(({ column }) => column)).toEqual([4, 5]);
  expect(planPaste(sheet, WIDE, [["3"]]).texts.map(({ column }) => column)).toEqual([4, 5]);
});

test("where no rows may come, those beyond the last are said to be cut", () => {
  const plan = planPaste(beginSheet([line("YP-006")]), { ...WIDE, fixedRows: true }, readBlock("a\nb\nc"));
  expect(plan).toMatchObject({ cut: 2, most: 1 });
});

test("texts reach the rows they were planned for, though rows came and went while they were read", async () => {
  const before = beginSheet([line("a"), line("b"), line("c")]);
  const sheet = at(before, WIDE, "quantity");
  const plan = planPaste(sheet, WIDE, readBlock("1\n2\n3\n4"));
  const read = await readPlan(WIDE, plan);
  const meanwhile = insertRows(removeRows(moveTo(sheet, { row: 1, column: 0 }, 7), WIDE), WIDE, 0);
  const { writes, lost } = ontoRows(meanwhile, WIDE, plan, read);
  expect(lines(writeCells(meanwhile, WIDE, writes))).toEqual(["||", "a|1|", "c|3|", "|4|"]);
  expect(lost).toBe(1);
});
