import { expect, test } from "vitest";
import { typedDecimal } from "~/ui/grid/typed";
import { readBlock, writeBlock } from "~/ui/grid/tsv";

test("what is no number is refused, not guessed at", () => {
  for (const text of ["", "abc", "1,5", "1,23,456", "12,34", "1.2.3", "--1", "-(5)", "1E+05", "五", "0x10", ".", "1 2a", "NaN", "Infinity"]) {
    expect(typedDecimal(text), text).toBeNull();
  }
});

test.each([
  ["１２３．５", "123.5"],
  ["１，２３４", "1234"],
  ["1,234,567.80", "1234567.8"],
  ["￥1,200", "1200"],
  ["12元", "12"],
  ["-¥5", "-5"],
  ["(1,000)", "-1000"],
  ["－３", "-3"],
  ["007.500", "7.5"],
  [".5", "0.5"],
  ["1。5", "1.5"],
  [" 1 234 ", "1234"],
  ["-0", "0"],
  ["99999999999999999999.123456789", "99999999999999999999.123456789"],
])("%s is %s", (typed, read) => expect(typedDecimal(typed)).toBe(read));

test("a block of a spreadsheet: quotes, tabs and lines within a cell, doubled quotes, the last line end", () => {
  expect(readBlock('螺丝\t10\r\n"two\nlines"\t"a ""b"""\r\n')).toEqual([["螺丝", "10"], ["two\nlines", 'a "b"']]);
  expect(readBlock('"tab\there"\tx')).toEqual([["tab\there", "x"]]);
});

test("a quote that is not closed before the cell's end is a text", () => {
  expect(readBlock('5" pipe\t2')).toEqual([['5" pipe', "2"]]);
  expect(readBlock('"open\t2\nnext')).toEqual([['"open', "2"], ["next"]]);
  expect(readBlock('"a"b\t2')).toEqual([['"a"b', "2"]]);
});

test("empty cells and lines keep their places", () => {
  expect(readBlock("a\t\tb\n\nc")).toEqual([["a", "", "b"], [""], ["c"]]);
  expect(readBlock("")).toEqual([[""]]);
});

test("what is written is read back", () => {
  const block = [["a\nb", 'say "hi"', '"quoted"'], ["", "x\ty", "5\" pipe"]];
  expect(readBlock(writeBlock(block))).toEqual(block);
});
