/** The cases of tests/sales/test_orders.py and tests/values/test_money.py: a screen shows what the server will compute. */
import { expect, test } from "vitest";
import { amountInChinese } from "~/screens/order/chinese_amount";
import { differenceOf, isLineQuantity, isNaturalQuantity, isUnitPrice, pricedMinor, sumOf, totalMinor, wireMinor } from "~/values/pricing";

test("what the server refuses as a quantity or a price is refused here", () => {
  for (const quantity of ["0", "-1", "1000000000000000", "0.0000000001"]) expect(isLineQuantity(quantity), quantity).toBe(false);
  for (const quantity of ["-1", "1000000000000000"]) expect(isNaturalQuantity(quantity), quantity).toBe(false);
  for (const price of ["-0.01", "1000000000000", "0.0000001"]) expect(isUnitPrice(price), price).toBe(false);
  expect([isLineQuantity("0.000000001"), isNaturalQuantity("0"), isUnitPrice("0"), isUnitPrice("999999999999.999999")]).toEqual([true, true, true, true]);
});

test("nothing is computed of nothing, and nothing beyond 64 bits", () => {
  expect(pricedMinor("", "3", "CNY")).toBeNull();
  expect(pricedMinor("999999999999", "999999999999", "CNY")).toBeNull();
});

test.each([
  ["0.335", "3", "CNY", 101n],
  ["0.01", "0.5", "CNY", 1n],
  ["99.999999", "0.333333333", "CNY", 3333n],
  ["0", "1", "CNY", 0n],
  ["0.005", "1", "CNY", 1n],
  ["0.004999", "1", "CNY", 0n],
  ["12.5", "1", "JPY", 13n],
  ["12.5", "1", "KWD", 12500n],
  ["12.5", "1", "CNY", 1250n],
  ["0.01", "0.000000001", "CNY", 0n],
  ["999999999999.999999", "90000.000000001", "CNY", 9000000000000099991n],
])("%s × %s %s is %s", (price, quantity, currency, minor) => expect(pricedMinor(price, quantity, currency)).toBe(minor));

test("the total is the sum of rounded amounts", () => {
  const lines = [["0.335", "3"], ["0.335", "3"], ["0.01", "0.5"], ["99.999999", "0.333333333"], ["0", "1"]] as const;
  expect(totalMinor(lines.map(([price, quantity]) => pricedMinor(price, quantity, "CNY")))).toBe(3536n);
  expect(totalMinor([null, 5n])).toBe(5n);
});

test("minor units beyond what numbers carry travel as text", () => {
  expect(wireMinor(9000000000000099991n)).toBe("9000000000000099991");
  expect(wireMinor(101n)).toBe(101);
});

test("sums and differences are exact", () => {
  expect(sumOf(["0.1", "0.2", ""])).toBe("0.3");
  expect(differenceOf("0.3", "0.1")).toBe("0.2");
});

test.each([
  [0n, "人民币零元整"],
  [5n, "人民币伍分"],
  [50n, "人民币伍角整"],
  [105n, "人民币壹元零伍分"],
  [123450n, "人民币壹仟贰佰叁拾肆元伍角整"],
  [100000n, "人民币壹仟元整"],
  [1000500n, "人民币壹万零伍元整"],
  [10010000n, "人民币壹拾万零壹佰元整"],
  [10000000000000n, "人民币壹仟亿元整"],
  [1000000000101n, "人民币壹佰亿零壹元零壹分"],
  [10203040506n, "人民币壹亿零贰佰零叁万零肆佰零伍元零陆分"],
  [-150n, "人民币负壹元伍角整"],
])("%s fen are %s", (minor, words) => expect(amountInChinese(minor)).toBe(words));
