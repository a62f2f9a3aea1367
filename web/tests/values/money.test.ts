import { describe, expect, it } from "vitest";
import { fromMinor, grouped, minorDigits, moneyText, plainDecimal, priceDigits, priceText, shortest, toMinor } from "~/values/money";

describe("amounts that are typed", () => {
  it("are refused when they are no amount of the currency", () => {
    expect(toMinor("", "CNY")).toBeNull();
    expect(toMinor("abc", "CNY")).toBeNull();
    expect(toMinor("1.2.3", "CNY")).toBeNull();
    expect(toMinor("1e3", "CNY")).toBeNull();
    expect(toMinor("NaN", "CNY")).toBeNull();
    expect(toMinor("--5", "CNY")).toBeNull();
  });

  it("are refused with more decimals than the currency has, never rounded", () => {
    expect(toMinor("1.005", "CNY")).toBeNull();
    expect(toMinor("12.5", "JPY")).toBeNull();
    expect(toMinor("1.2345", "KWD")).toBeNull();
  });

  it("are refused beyond what the ledger holds", () => {
    expect(toMinor("92233720368547758.08", "CNY")).toBeNull();
    expect(toMinor("92233720368547758.07", "CNY")).toBe("9223372036854775807");
  });

  it("become minor units of their currency", () => {
    expect(toMinor("1,234.56", "CNY")).toBe(123456);
    expect(toMinor("¥ 12", "CNY")).toBe(1200);
    expect(toMinor("１２３４．５", "CNY")).toBe(123450);
    expect(toMinor("1,235", "JPY")).toBe(1235);
    expect(toMinor("1.5", "KWD")).toBe(1500);
    expect(toMinor("-0.01", "CNY")).toBe(-1);
    expect(toMinor("1.500", "CNY")).toBe(150);
    expect(toMinor("-0", "CNY")).toBe(0);
  });

  it("travel as text where a JSON number would lose digits", () => {
    expect(toMinor("90071992547409.92", "CNY")).toBe("9007199254740992");
    expect(toMinor("90071992547409.91", "CNY")).toBe(9007199254740991);
  });
});

describe("amounts that are shown", () => {
  it("have the digits of their currency", () => {
    expect(minorDigits("CNY")).toBe(2);
    expect(fromMinor(5, "CNY")).toBe("0.05");
    expect(fromMinor(-5, "CNY")).toBe("-0.05");
    expect(fromMinor(1235, "JPY")).toBe("1235");
    expect(fromMinor(1500, "KWD")).toBe("1.500");
    expect(fromMinor("9007199254740993", "CNY")).toBe("90071992547409.93");
  });

  it("are nothing where there is no amount", () => {
    expect(fromMinor(null, "CNY")).toBeNull();
    expect(fromMinor("1.5", "CNY")).toBeNull();
    expect(moneyText(null, "CNY", "zh-CN")).toBe("");
  });

  it("carry the currency's sign and commas", () => {
    expect(moneyText(123456789, "CNY", "zh-CN")).toBe("¥1,234,567.89");
    expect(moneyText(-100, "CNY", "en")).toBe("-CN¥1.00");
    expect(moneyText(1234567, "JPY", "zh-CN")).toBe("JP¥1,234,567");
    expect(moneyText(1234567, "KWD", "en")).toMatch(/^KWD\s1,234\.567$/);
    expect(moneyText(100, "USD", "en")).toBe("$1.00");
  });

  it("go there and back without loss", () => {
    for (const currency of ["CNY", "JPY", "KWD"]) {
      for (const minor of [0, 1, -1, 99, 100, 123456789, Number.MAX_SAFE_INTEGER]) {
        expect(toMinor(grouped(fromMinor(minor, currency) ?? ""), currency)).toBe(minor);
      }
    }
  });
});

describe("decimals", () => {
  it("stay exact texts", () => {
    expect(plainDecimal("0.1000000000000000000001")).toBe("0.1000000000000000000001");
    expect(plainDecimal("007.50")).toBe("7.50");
    expect(plainDecimal(".5")).toBe("0.5");
    expect(plainDecimal("x")).toBeNull();
  });

  it("lose only the zeros that say nothing", () => {
    expect(shortest("2.500")).toBe("2.5");
    expect(shortest("2.000")).toBe("2");
    expect(shortest("2000")).toBe("2000");
    expect(grouped("-1234567.0001")).toBe("-1,234,567.0001");
  });
});

describe("unit prices", () => {
  it("that are missing stay missing", () => {
    expect(priceDigits("", "CNY")).toBe("");
    expect(priceText("", "CNY", "zh-CN")).toBe("");
  });

  it("show as many digits as money, and all of their own", () => {
    expect(priceDigits("86.8", "CNY")).toBe("86.80");
    expect(priceDigits("86", "CNY")).toBe("86.00");
    expect(priceDigits("1234.567800", "CNY")).toBe("1234.5678");
    expect(priceDigits("0.0350", "CNY")).toBe("0.035");
    expect(priceDigits("86.8", null)).toBe("86.80");
  });

  it("follow their currency", () => {
    expect(priceDigits("86.00", "JPY")).toBe("86");
    expect(priceDigits("0.5", "JPY")).toBe("0.5");
    expect(priceDigits("1.5", "KWD")).toBe("1.500");
  });

  it("carry its sign", () => {
    expect(priceText("1234.5678", "CNY", "zh-CN")).toBe("¥1,234.5678");
    expect(priceText("1234.5", "CNY", "en")).toBe("CN¥1,234.50");
    expect(priceText("-86.8", "USD", "en")).toBe("-$86.80");
    expect(priceText("86.8", null, "zh-CN")).toBe("86.80");
  });
});
