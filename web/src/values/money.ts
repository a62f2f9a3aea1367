/** Amounts as people read and type them. Exact: text and BigInt, never a float. The digits are those of values/money.py. */
import type { Json } from "./json";
import type { Language } from "./words";

const WHOLE = new Set(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]);
const THOUSANDTHS = new Set(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]);
/** The currencies that a company of this product meets most, offered first; any other three letters may be typed. */
export const USUAL_CURRENCIES = ["CNY", "USD", "EUR", "HKD", "JPY", "GBP", "TWD", "KRW", "SGD", "AUD", "THB", "VND", "MYR", "INR", "AED", "KWD"] as const;

/** Digits behind the point of a currency's minor unit (ISO 4217). */
export function minorDigits(currency: string): number {
  return WHOLE.has(currency) ? 0 : THOUSANDTHS.has(currency) ? 3 : 2;
}

/** Minor units as major units in plain decimal text: `fromMinor(123450, "CNY")` is `1234.50`; null for what is no amount. */
export function fromMinor(amount: Json | undefined, currency: string): string | null {
  if (typeof amount !== "number" && typeof amount !== "string") return null;
  const text = String(amount);
  if (!/^-?\d+$/.test(text)) return null;
  const digits = minorDigits(currency);
  const negative = text.startsWith("-");
  const padded = (negative ? text.slice(1) : text).padStart(digits + 1, "0");
  const whole = padded.slice(0, padded.length - digits).replace(/^0+(?=\d)/, "");
  return `${negative ? "-" : ""}${whole}${digits === 0 ? "" : `.${padded.slice(-digits)}`}`;
}

/** Typed major units (`1,234.56`, `１２３４．５`, `¥12`) as minor units on the wire; null: not an amount of this currency. */
export function toMinor(typed: string, currency: string): number | string | null {
  const plain = plainDecimal(typed.replace(/^[\s¥￥$€£]+/, ""));
  if (plain === null) return null;
  const [whole = "0", fraction = ""] = plain.replace("-", "").split(".");
  const digits = minorDigits(currency);
  if (fraction.replace(/0+$/, "").length > digits) return null;
  const minor = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  if (minor > 9_223_372_036_854_775_807n) return null;
  return onWire(plain.startsWith("-") ? -minor : minor);
}

/** Typed digits as a plain decimal (`-1234.5`): full-width digits, thousands commas and blanks are forgiven; null: no number. */
export function plainDecimal(typed: string): string | null {
  const text = typed
    .normalize("NFKC")
    .replace(/[−–]/g, "-")
    .replace(/[,\s_、]/g, "");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) || text.length > 60) return null;
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.replace(/^[+-]/, "").split(".");
  const shown = `${whole.replace(/^0+(?=\d)/, "") || "0"}${fraction === "" ? "" : `.${fraction}`}`;
  return negative && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

/** A decimal's text with thousands commas, its fraction as it is: `1,234.5`. */
export function grouped(decimal: string): string {
  const [whole = "", fraction] = decimal.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

/** A decimal without the zeros that only its storage has: `2.500` is `2.5`. */
export function shortest(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

/** A unit price in plain decimal text: its own digits, never fewer than an amount of its currency has. `86.8` is `86.80`,
 * `0.0350` is `0.035`; without a known currency it has two. "" stays "". */
export function priceDigits(price: string, currency: string | null): string {
  if (price === "") return "";
  const [whole = "", fraction = ""] = shortest(price).split(".");
  const digits = fraction.padEnd(currency === null || currency === "" ? 2 : minorDigits(currency), "0");
  return digits === "" ? whole : `${whole}.${digits}`;
}

/** A unit price with its currency's sign: `¥1,234.5678`. */
export function priceText(price: string, currency: string | null, language: Language): string {
  const digits = grouped(priceDigits(price, currency));
  const sign = currency !== null && /^[A-Z]{3}$/.test(currency) ? currencySign(currency, language) : "";
  return digits.startsWith("-") ? `-${sign}${digits.slice(1)}` : digits === "" ? "" : `${sign}${digits}`;
}

/** Minor units with the currency's sign: `¥1,234.50`. Without a currency the bare number stands. */
export function moneyText(amount: Json | undefined, currency: string | null, language: Language): string {
  if (currency === null || !/^[A-Z]{3}$/.test(currency)) return amount === null || amount === undefined ? "" : grouped(String(amount));
  const major = fromMinor(amount, currency);
  if (major === null) return "";
  const sign = currencySign(currency, language);
  return major.startsWith("-") ? `-${sign}${grouped(major.slice(1))}` : `${sign}${grouped(major)}`;
}

const signs = new Map<string, string>();

/** How a currency is written before an amount in this language: `¥`, `US$`; its code where it has no sign. */
export function currencySign(currency: string, language: Language): string {
  const key = `${language} ${currency}`;
  const known = signs.get(key);
  if (known !== undefined) return known;
  const parts = new Intl.NumberFormat(language, { style: "currency", currency }).formatToParts(0);
  const sign = parts.find((part) => part.type === "currency")?.value ?? currency;
  const written = sign === currency ? `${currency} ` : sign;
  signs.set(key, written);
  return written;
}

/** Whole numbers beyond what JSON numbers carry travel as text. */
function onWire(minor: bigint): number | string {
  return minor >= BigInt(Number.MIN_SAFE_INTEGER) && minor <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(minor) : minor.toString();
}
