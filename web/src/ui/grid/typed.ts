/** Numbers as people type and paste them. */
import type { Settled, Written } from "./model";

const GROUPED = /^\d{1,3}(,\d{3})+(\.\d*)?$/;
const PLAIN = /^(\d+(\.\d*)?|\.\d+)$/;

/** A decimal in its one spelling ("1234.5"), or null: full-width digits, thousands separators (three digits each, nothing
 * else), signs of money, an amount in brackets as negative. "1,5" is not guessed at. Empty: null too; ask before. */
export function typedDecimal(text: string): string | null {
  let told = text.normalize("NFKC").replaceAll("。", ".").replace(/[\s\u200b']/g, "").replace(/^[¥$€£]|元$/g, "");
  let negative = false;
  const bracketed = /^\((.+)\)$/.exec(told);
  if (bracketed?.[1] !== undefined) {
    negative = true;
    told = bracketed[1];
  }
  const signed = /^([+\-−–])(.+)$/.exec(told);
  if (signed?.[2] !== undefined) {
    if (negative) return null;
    negative = signed[1] !== "+";
    told = signed[2].replace(/^[¥$€£]/, "");
  }
  if (GROUPED.test(told)) told = told.replaceAll(",", "");
  if (!PLAIN.test(told)) return null;
  return spelled(told, negative);
}

function spelled(digits: string, negative: boolean): string {
  const [whole = "", fraction = ""] = digits.split(".");
  const kept = fraction.replace(/0+$/, "");
  const plain = (whole.replace(/^0+(?=\d)/, "") || "0") + (kept === "" ? "" : `.${kept}`);
  return negative && plain !== "0" ? `-${plain}` : plain;
}

/** A quantity, with the row's unit behind it or without: "500", "500个", "12.5 KG". `take`: what the number comes to. */
export function writtenQuantity<R>(text: string, unitOf: (row: R) => string, take: (number: string) => Settled<R>, noNumber: string): Written<R> {
  const number = text === "" ? "" : typedDecimal(text);
  if (number !== null) return take(number);
  return {
    read: (row) => {
      const bare = withoutUnit(text, unitOf(row));
      const measured = bare === null ? null : typedDecimal(bare);
      return measured === null ? { error: noNumber } : take(measured);
    },
  };
}

function withoutUnit(text: string, unit: string): string | null {
  const [told, wanted] = [text, unit].map((one) => one.normalize("NFKC").trim().toLowerCase());
  return told === undefined || wanted === undefined || wanted === "" || !told.endsWith(wanted) ? null : told.slice(0, -wanted.length);
}
