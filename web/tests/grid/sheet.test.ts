import { expect, test } from "vitest";
import { copyText, fill, fillDown, hasHeader, planPaste, readPlan } from "~/ui/grid/blocks";
import { beginSheet, clearRange, duplicateRows, errorKey, insertRows, mayGrow, moveTo, nextWritable, redone, removeRows, replaceRows, soundRows, undone, writeCells, wrongCells, type Sheet } from "~/ui/grid/sheet";
import { errorsKept, keptErrors } from "~/ui/grid/kept_errors";
import type { GridSpec, Written } from "~/ui/grid/model";
import { readBlock } from "~/ui/grid/tsv";
import { writtenQuantity } from "~/ui/grid/typed";
import type { Json } from "~/values/json";
import { article, SPEC, type Article } from "./rows";

const begin = () => beginSheet([article("bolt", "1"), article("nut", "2"), article("washer", "3")]);
const shown = (sheet: Sheet<Article>) => sheet.content.rows.map((row) => `${row.name} ${row.quantity}`.trim());
const select = (sheet: Sheet<Article>, from: [number, number], to: [number, number]) =>
  moveTo(moveTo(sheet, { row: from[0], column: from[1] }, 3), { row: to[0], column: to[1] }, 3, true);
const pasted = async (sheet: Sheet<Article>, text: string) => writeCells(sheet, SPEC, await readPlan(SPEC, planPaste(sheet, SPEC, readBlock(text))));

test("a locked grid takes nothing", async () => {
  const locked = { ...SPEC, locked: true };
  const sheet = begin();
  expect(writeCells(sheet, locked, await readPlan(locked, planPaste(sheet, locked, [["x"]])))).toBe(sheet);
  expect(insertRows(sheet, locked, 0)).toBe(sheet);
  expect(removeRows(sheet, locked)).toBe(sheet);
  expect(duplicateRows(sheet, locked)).toBe(sheet);
  expect(mayGrow(sheet, locked)).toBe(false);
});

test("read-only cells are left as they are by paste, fill and clearing", async () => {
  const sheet = await pasted(begin(), "pin\t9\t777");
  expect(sheet.content.rows[0]).toMatchObject({ name: "pin", quantity: "9" });
  expect(SPEC.columns[2]?.text(sheet.content.rows[0] as Article)).toBe("3");
});

test("a text that cannot be read stays in its cell, marked, and goes with the next good one", async () => {
  const wrong = await pasted(moveTo(begin(), { row: 1, column: 1 }, 3), "many");
  const key = errorKey(wrong.content.rows[1]?.id ?? "", "quantity");
  expect(wrong.content.errors.get(key)).toEqual({ text: "many", message: "no number" });
  expect(shown(wrong)[1]).toBe("nut 2");
  expect((await pasted(wrong, "7")).content.errors.size).toBe(0);
  expect(undone(wrong).content.errors.size).toBe(0);
});

test("a block grows rows as far as there may be any, and says what it cut", async () => {
  const at = moveTo(begin(), { row: 2, column: 0 }, 3);
  const block = readBlock("a\t1\nb\t2\nc\t3\nd\t4\ne\t5");
  const plan = planPaste(at, SPEC, block);
  expect(plan.cut).toBe(1);
  const sheet = writeCells(at, SPEC, await readPlan(SPEC, plan));
  expect(shown(sheet)).toEqual(["bolt 1", "nut 2", "a 1", "b 2", "c 3", "d 4"]);
  expect(new Set(sheet.content.rows.map((row) => row.id)).size).toBe(6);
});

test("one value fills a selection, and one that is not a multiple of the block is pasted once", async () => {
  expect(shown(await pasted(select(begin(), [0, 1], [2, 1]), "8"))).toEqual(["bolt 8", "nut 8", "washer 8"]);
  expect(shown(await pasted(select(begin(), [0, 1], [2, 1]), "8\n9"))).toEqual(["bolt 8", "nut 9", "washer 3"]);
});

test("fill down takes the first selected row; of one row, the row above", () => {
  const many = select(begin(), [0, 0], [2, 1]);
  expect(shown(writeCells(many, SPEC, fillDown(many, SPEC)))).toEqual(["bolt 1", "bolt 1", "bolt 1"]);
  const one = moveTo(begin(), { row: 2, column: 1 }, 3);
  expect(shown(writeCells(one, SPEC, fillDown(one, SPEC)))).toEqual(["bolt 1", "nut 2", "washer 2"]);
  expect(fillDown(begin(), SPEC)).toEqual([]);
});

test("the handle repeats several rows and adds rows below", () => {
  const sheet = begin();
  const filled = writeCells(sheet, SPEC, fill(sheet, SPEC, { top: 0, bottom: 1, left: 0, right: 1 }, 5));
  expect(shown(filled)).toEqual(["bolt 1", "nut 2", "bolt 1", "nut 2", "bolt 1", "nut 2"]);
});

test("every step is undone and done again; a new one forgets what was undone", () => {
  const first = begin();
  const cleared = clearRange(select(first, [0, 0], [1, 1]), SPEC);
  const removed = removeRows(moveTo(cleared, { row: 0, column: 0 }, 3), SPEC);
  expect(shown(removed)).toEqual(["", "washer 3"]);
  expect(shown(undone(removed))).toEqual(["", "", "washer 3"]);
  expect(shown(undone(undone(removed)))).toEqual(["bolt 1", "nut 2", "washer 3"]);
  expect(shown(redone(undone(removed)))).toEqual(["", "washer 3"]);
  const other = duplicateRows(undone(removed), SPEC);
  expect(redone(other)).toBe(other);
  expect(undone(first)).toBe(first);
});

test("rows from elsewhere cannot be undone over, and errors of rows that are gone go with them", async () => {
  const wrong = await pasted(moveTo(begin(), { row: 1, column: 1 }, 3), "many");
  const replaced = replaceRows(wrong, [article("new", "1")]);
  expect(undone(replaced)).toBe(replaced);
  expect(replaced.content.errors.size).toBe(0);
  expect(replaced.active).toEqual({ row: 0, column: 1 });
});

test("one empty row stays where all were removed", () => {
  const none = removeRows(select(begin(), [0, 0], [2, 0]), SPEC);
  expect(shown(none)).toEqual([""]);
});

test("Tab and Enter skip read-only columns over the ends of rows, and stop at the ends of the sheet", () => {
  const at = (row: number, column: number) => moveTo(begin(), { row, column }, 3);
  expect(nextWritable(at(0, 1), SPEC, 1)).toEqual({ row: 1, column: 0 });
  expect(nextWritable(at(1, 0), SPEC, -1)).toEqual({ row: 0, column: 1 });
  expect(nextWritable(at(2, 1), SPEC, 1)).toBeNull();
  expect(nextWritable(at(0, 0), SPEC, -1)).toBeNull();
});

test("behind a row that says nothing no other one begins", () => {
  expect(mayGrow(begin(), SPEC)).toBe(true);
  expect(mayGrow(insertRows(begin(), SPEC, 3), SPEC)).toBe(false);
});

test("the selected cells are copied as a spreadsheet takes them", () => {
  expect(copyText(select(begin(), [0, 0], [1, 1]), SPEC)).toBe("bolt\t1\r\nnut\t2");
});

test("nothing stands in for a text that could not be read: not what was there, nor what another cell brings along", async () => {
  const named: GridSpec<Article> = {
    ...SPEC,
    columns: SPEC.columns.map((column) => {
      if (column.key === "name") return { ...column, write: (name: string) => ({ apply: (row: Article) => ({ ...row, name, quantity: row.quantity || "1" }) }) };
      return column.key === "quantity" ? { ...column, emptied: (row: Article) => ({ ...row, quantity: "" }), check: (row: Article) => (row.quantity === "" ? "how many?" : null), sum: (rows: readonly Article[]) => rows.map(({ quantity }) => quantity).join("+") } : column;
    }),
  };
  const write = async (sheet: Sheet<Article>, text: string) => writeCells(sheet, named, await readPlan(named, planPaste(sheet, named, readBlock(text))));
  const wrong = await write(beginSheet([article("")]), "pin\t500 boxes\nbolt\t2");
  expect(wrong.content.rows).toMatchObject([{ name: "pin", quantity: "" }, { name: "bolt", quantity: "2" }]);
  // Another product in that row brings no quantity along either, and the cell counts once.
  const other = await write(moveTo(wrong, { row: 0, column: 0 }, 3), "nut");
  expect(other.content.rows[0]).toMatchObject({ name: "nut", quantity: "" });
  expect(wrongCells(other, named)).toBe(1);
  expect(named.columns[1]?.sum?.(soundRows(other.content))).toBe("2");
  // Emptied or undone, it is what it was.
  expect(undone(undone(other)).content.rows[0]).toMatchObject({ name: "", quantity: "" });
});

test("what could not be read is kept with the rows it stands in, and only with them", async () => {
  const wrong = await pasted(moveTo(begin(), { row: 1, column: 1 }, 3), "many");
  const kept = JSON.parse(JSON.stringify({ rows: wrong.content.rows, errors: keptErrors(wrong.content.errors) })) as { rows: Article[]; errors: Json };
  const back = beginSheet(kept.rows, errorsKept(kept.errors));
  expect(back.content).toEqual(wrong.content);
  expect(beginSheet(kept.rows.slice(2), errorsKept(kept.errors)).content.errors.size).toBe(0);
  expect(errorsKept(undefined).size).toBe(0);
});

test("what only the row can say is asked of the row as it is by then", () => {
  const quantity = (text: string): Written<Article> => writtenQuantity(text, ({ name }) => (name === "bolt" ? "个" : "KG"), (number) => ({ apply: (row) => ({ ...row, quantity: number }) }), "no number");
  const typed = (text: string, row: number) => writeCells(begin(), SPEC, [{ row, column: "quantity", text, written: quantity(text) }]).content;
  expect(typed("5百", 0).errors.size).toBe(1);
  expect(typed("500个", 1).errors.size).toBe(1);
  expect(typed("个", 0).errors.size).toBe(1);
  expect(typed("5个个", 0).errors.size).toBe(1);
  expect(typed("500个", 0).rows[0]?.quantity).toBe("500");
  expect(typed("1,500 个", 0).rows[0]?.quantity).toBe("1500");
  expect(typed("12.5ｋｇ", 1).rows[1]?.quantity).toBe("12.5");
  expect(typed("", 1).rows[1]?.quantity).toBe("");
});

test("a header is the columns' names alone, above rows", () => {
  const spec = { headings: ["商品", "Product", "数量", "Quantity", "编码", "Code"] };
  expect(hasHeader(spec, readBlock("商品\t数量"))).toBe(false);
  expect(hasHeader(spec, readBlock("LB-0840\t77\nDQ-08\t300"))).toBe(false);
  expect(hasHeader(spec, readBlock("商品\t77\nDQ-08\t300"))).toBe(false);
  expect(hasHeader(spec, readBlock("\t\nDQ-08\t300"))).toBe(false);
  expect(hasHeader(SPEC, readBlock("name\tquantity\nDQ-08\t300"))).toBe(false);
  expect(hasHeader(spec, readBlock(" 商品 *\t\t数量\nDQ-08\t\t300"))).toBe(true);
  expect(hasHeader(spec, readBlock("code\tQUANTITY\nDQ-08\t300"))).toBe(true);
});
