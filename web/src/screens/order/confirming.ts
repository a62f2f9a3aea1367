/** What goes along with a command on the order that is open. */
import { seenLines } from "~/data/seen_order";
import type { JsonObject } from "~/values/json";
import type { OrderLine } from "./lines";

/** Who confirms says what stood on the screen. The lines of a new order get their ids as they are sent: of it the total is said. */
export function saidWith(command: string, lines: readonly OrderLine[], { currency, isNew }: { readonly currency: string; readonly isNew: boolean }): JsonObject {
  if (command !== "sales.confirm_order") return {};
  const { lines: each, ...total } = seenLines(lines.map((line) => ({ id: line.id, productId: line.product?.id ?? "", quantity: line.quantity, unitPrice: line.unitPrice })), currency);
  const whole = !isNew && each !== undefined && lines.every((line) => line.quantity !== "");
  return { seen: whole ? { ...total, lines: each } : total };
}
