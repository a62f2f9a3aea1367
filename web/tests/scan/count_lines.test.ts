import { expect, test } from "vitest";
import type { Product } from "~/data/products";
import { countedTwice, differenceIn, emptyCountLine, needsBook, postCalls, scannedOnce, type CountLine } from "~/screens/count/lines";

const product = (id: string): Product => ({ id, name: id, code: id, unit: "", spec: "", listPrice: "", currency: "" });
const counted = (id: string, count: string, expected: string, after: string | null = null): CountLine => ({
  id: `line-${id}`,
  product: product(id),
  counted: count,
  book: { of: `${id} ${count}`, expected, after, countedAt: null },
});

const of = (part: number): string => (part === 0 ? "c" : `c${part}`);

test("nothing is posted that was not counted, or whose book is not known", () => {
  const lines = [emptyCountLine(), { ...counted("a", "", "1") }, { ...counted("b", "2", "1"), book: null }];
  expect(postCalls("w", lines, of)[0]).toBeUndefined();
});

test("a second scan is one more, in the same line", () => {
  const once = scannedOnce([emptyCountLine()], product("a"));
  expect(once.lines).toHaveLength(1);
  const twice = scannedOnce(once.lines, product("a"));
  expect([twice.lines.length, twice.lines[0]?.counted, twice.at]).toEqual([1, "2", 0]);
  expect(scannedOnce([counted("a", "0.5", "1")], product("a")).lines[0]?.counted).toBe("1.5");
});

test("the book is read again whenever the count or the product changes", () => {
  const line = counted("a", "3", "5");
  expect(needsBook(line)).toBe(false);
  expect(needsBook({ ...line, counted: "4" })).toBe(true);
  expect(needsBook({ ...line, product: product("b") })).toBe(true);
  expect(needsBook({ ...line, counted: "" })).toBe(false);
});

test("each line says what its counter saw", () => {
  const [call] = postCalls("w", [counted("a", "3", "5", "last"), counted("b", "0", "0")], of);
  expect(call).toEqual({
    command: "inventory.post_stock_count",
    args: {
      id: "c",
      warehouseId: "w",
      lines: [
        { id: "line-a", productId: "a", counted: "3", expected: "5", after: "last" },
        { id: "line-b", productId: "b", counted: "0", expected: "0", after: null },
      ],
    },
  });
  expect(differenceIn(counted("a", "3", "5.5"))).toBe("-2.5");
});

test("a large count goes in several, each product once", () => {
  const lines = Array.from({ length: 2_300 }, (_, at) => counted(`p${at}`, "1", "1"));
  const calls = postCalls("w", lines, of);
  expect(calls.map((call) => (call.args["lines"] as readonly unknown[]).length)).toEqual([1_000, 1_000, 300]);
  expect(new Set(calls.map((call) => call.args["id"])).size).toBe(3);
  expect(countedTwice([...lines, counted("p7", "1", "1")])).toEqual(new Set(["p7"]));
});

test("a scan leaves a line in which something could not be read as it is", () => {
  const product = counted("a", "1", "0").product;
  if (product === null) throw new Error("a line without a product");
  const wrong = [{ ...counted("a", "", "0"), id: "w" }, { ...emptyCountLine(), id: "x" }];
  expect(scannedOnce(wrong, product, new Set(["w", "x"])).lines.map(({ id, counted: many }) => [id, many])).toEqual([["w", ""], ["x", ""], [expect.any(String), "1"]]);
});
