/** Exact decimals. A float is never asked to hold an amount. */
import Big from "big.js";

const FORM = /^-?[0-9]{1,60}(\.[0-9]{1,30})?$/;

/** What is no number of the wire's adds nothing. */
export function decimalOf(value: unknown): Big {
  const fits = (typeof value === "string" || typeof value === "number") && FORM.test(String(value));
  return new Big(fits ? String(value) : 0);
}

/** Without an exponent and without trailing zeros. */
export function spelled(number: Big): string {
  const text = number.toFixed();
  return text === "-0" ? "0" : text;
}

/** As the wire spells a number that was written with an exponent: `1E+3` → `1000`. Raises for what is no number. */
export function plainDecimal(text: string): string {
  return /[eE]/.test(text) ? new Big(text).toFixed() : text;
}
