import { describe, expect, it } from "vitest";
import { decimalOf, plainDecimal, spelled } from "~/values/decimal";

describe("what is no number of the wire's", () => {
  it.each([null, undefined, "", "abc", "1e3", "NaN", "Infinity", "1,000", " 1", "+1", ".5", "1.", {}, true, Number.NaN, 1e21, "9".repeat(61)])("adds nothing: %j", (value) => {
    expect(spelled(decimalOf(value))).toBe("0");
  });
});

describe("decimals", () => {
  it("are exact where floats are not", () => {
    expect(spelled(decimalOf("0.1").plus(decimalOf("0.2")))).toBe("0.3");
    expect(spelled(decimalOf("1.005").times(100))).toBe("100.5");
    expect(spelled(decimalOf("123456789012345678901234567890.000000001").plus("0.000000001"))).toBe("123456789012345678901234567890.000000002");
  });

  it("are spelled without exponent, trailing zeros and a negative zero", () => {
    expect(spelled(decimalOf("1000000000000000000000000"))).toBe("1000000000000000000000000");
    expect(spelled(decimalOf("0.0000000001"))).toBe("0.0000000001");
    expect(spelled(decimalOf("2.500"))).toBe("2.5");
    expect(spelled(decimalOf("-0.0"))).toBe("0");
    expect(spelled(decimalOf(-7))).toBe("-7");
  });
});

describe("a number with an exponent", () => {
  it("is refused when it is none", () => {
    expect(() => plainDecimal("x1e9")).toThrow();
    expect(() => plainDecimal("1e")).toThrow();
  });

  it("is written out", () => {
    expect(plainDecimal("1E+3")).toBe("1000");
    expect(plainDecimal("-2.5e-4")).toBe("-0.00025");
    expect(plainDecimal("007.50")).toBe("007.50");
  });
});
