/** What a screen shows of an order when somebody confirms it: `seen` of `sales.confirm_order`. The server confirms nothing else. */
import type { Row } from "~/device/api";
import { pricedMinor, totalMinor, wireMinor } from "~/values/pricing";
import type { JsonObject } from "~/values/json";

/** Decimals as text; a price of "" is none that was shown: still open, or hidden from the member. */
export interface SeenLine {
  readonly id: string;
  readonly productId: string;
  readonly quantity: string;
  readonly unitPrice: string;
}

/** With the total where every line shows its price. */
export function seenLines(lines: readonly SeenLine[], currency: string): JsonObject {
  const amounts = lines.map((line) => pricedMinor(line.unitPrice, line.quantity, currency));
  return {
    ...(amounts.every((amount) => amount !== null) ? { totalMinor: wireMinor(totalMinor(amounts)), currency } : {}),
    lines: lines.map(({ unitPrice, ...line }) => ({ ...line, ...(unitPrice === "" ? {} : { unitPrice }) })),
  };
}

/** Of an order in a list. `lines`: all of its lines; null: they are not at hand, and the total of the row was shown. */
export function seenOrder(order: Row, lines: readonly Row[] | null): JsonObject {
  const currency = text(order["currency"]);
  if (lines !== null) return seenLines(lines.map((line) => ({ id: line.id, productId: text(line["productId"]), quantity: text(line["quantity"]), unitPrice: text(line["unitPrice"]) })), currency);
  const total = order["totalMinor"];
  return total === null || total === undefined ? {} : { totalMinor: total, currency };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
