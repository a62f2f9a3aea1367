/** What lines come to: the rule of modules/sales/pricing.py and values/money.py, so that a screen shows what the server will. */
import Big from "big.js";
import { minorDigits } from "./money";

const QUANTITY = { digits: 9, below: new Big("1e15") };
const PRICE = { digits: 6, below: new Big("1e12") };
const LARGEST_MINOR = 2n ** 63n - 1n;

/** Price (major units) times quantity, exact, and only then rounded half up to the minor unit: ¥0.335 × 3 = ¥1.01. Null for
 * what is no number, or beyond 64 bits. */
export function pricedMinor(unitPrice: string, quantity: string, currency: string): bigint | null {
  if (unitPrice === "" || quantity === "") return null;
  const scaled = new Big(unitPrice).times(quantity).times(new Big(10).pow(minorDigits(currency))).round(0, Big.roundHalfUp);
  const minor = BigInt(scaled.toFixed());
  return minor > LARGEST_MINOR || minor < -LARGEST_MINOR ? null : minor;
}

/** The sum of the lines' amounts; lines without one count nothing. */
export function totalMinor(amounts: readonly (bigint | null)[]): bigint {
  return amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n);
}

/** As the wire writes minor units: a number as long as it is exact, else text. */
export function wireMinor(minor: bigint): number | string {
  return minor >= -(2n ** 53n) && minor <= 2n ** 53n ? Number(minor) : minor.toString();
}

/** Whether a quantity is one of a document's line: positive, at most nine digits behind the point, below 10^15. */
export function isLineQuantity(quantity: string): boolean {
  return new Big(quantity).gt(0) && fits(quantity, QUANTITY);
}

/** Whether something can be counted or packed that often: as a line's quantity, or nothing. */
export function isNaturalQuantity(quantity: string): boolean {
  return new Big(quantity).gte(0) && fits(quantity, QUANTITY);
}

export function isUnitPrice(price: string): boolean {
  return new Big(price).gte(0) && fits(price, PRICE);
}

function fits(number: string, { digits, below }: { readonly digits: number; readonly below: Big }): boolean {
  return new Big(number).lt(below) && (number.split(".")[1]?.length ?? 0) <= digits;
}

/** The sum of decimals, exact, in plain text. */
export function sumOf(numbers: readonly string[]): string {
  return numbers.reduce((sum, number) => (number === "" ? sum : sum.plus(number)), new Big(0)).toFixed();
}

/** `left` − `right`, exact, in plain text. */
export function differenceOf(left: string, right: string): string {
  return new Big(left).minus(right).toFixed();
}
