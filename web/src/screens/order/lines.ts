/** An order's lines while they are being edited, and what of it has to be sent. */
import type { Row } from "~/device/api";
import type { Product } from "~/data/products";
import { pricedMinor } from "~/values/pricing";
import type { Json, JsonObject } from "~/values/json";
import { uuid7 } from "~/values/uuid7";
import type { GridRow } from "~/ui/grid/model";
import { shortest } from "~/values/money";

/** Decimals as text; "": nothing yet. */
export interface OrderLine extends GridRow {
  readonly product: Product | null;
  readonly quantity: string;
  /** Major units of the order's currency. */
  readonly unitPrice: string;
  readonly packed: string;
}

/** A line as the order has it. `position` is null until the server gave it one. */
export interface SavedLine {
  readonly id: string;
  readonly productId: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly packed: string;
  readonly position: number | null;
}

export interface Call {
  readonly command: string;
  readonly args: JsonObject;
}

export function emptyLine(): OrderLine {
  return { id: uuid7(), product: null, quantity: "", unitPrice: "", packed: "" };
}

export function isBlankLine(line: OrderLine): boolean {
  return line.product === null && line.quantity === "" && line.unitPrice === "";
}

/** Null: not to be told yet. */
export function amountOf(line: OrderLine, currency: string): bigint | null {
  return line.product === null || line.unitPrice === "" || line.quantity === "" ? null : pricedMinor(line.unitPrice, line.quantity, currency);
}

/** In this currency; "": none. */
export function listPriceOf(product: Product, currency: string): string {
  return product.listPrice !== "" && product.currency === currency ? shortest(product.listPrice) : "";
}

/** A product comes with its list price, where that is in the order's currency, and with one piece. */
export function withProduct(line: OrderLine, product: Product, currency: string): OrderLine {
  const price = listPriceOf(product, currency);
  const same = line.product?.id === product.id;
  return { ...line, product, quantity: line.quantity === "" ? "1" : line.quantity, unitPrice: same && line.unitPrice !== "" ? line.unitPrice : price };
}

const text = (value: Json | undefined): string => (typeof value === "string" || typeof value === "number" ? shortest(String(value)) : "");

export function savedLine(row: Row): SavedLine {
  const position = row["position"];
  return {
    id: row.id,
    productId: String(row["productId"] ?? ""),
    quantity: text(row["quantity"]),
    unitPrice: text(row["unitPrice"]),
    packed: text(row["packedQuantity"]) || "0",
    position: typeof position === "number" ? position : null,
  };
}

/** In the order's order; new ones behind, as they were made. */
export function inOrder(lines: readonly SavedLine[]): SavedLine[] {
  return lines.toSorted((one, other) => (one.position ?? Infinity) - (other.position ?? Infinity) || (one.id < other.id ? -1 : 1));
}

export function shownLine(saved: SavedLine, product: Product | null): OrderLine {
  return { id: saved.id, product, quantity: saved.quantity, unitPrice: saved.unitPrice, packed: saved.packed };
}

/** What was changed of a line, by the command's names. */
function changedOf(line: OrderLine, saved: SavedLine): JsonObject {
  return {
    ...(line.product !== null && line.product.id !== saved.productId ? { productId: line.product.id } : {}),
    ...(line.quantity !== saved.quantity && line.quantity !== "" ? { quantity: line.quantity } : {}),
    ...(line.unitPrice !== saved.unitPrice && line.unitPrice !== "" ? { unitPrice: line.unitPrice } : {}),
  };
}

export function isTouched(line: OrderLine, saved: SavedLine): boolean {
  return Object.keys(changedOf(line, saved)).length > 0;
}

/** The commands that bring a draft's saved lines to what stands in the grid: additions, edits, removals, and positions
 * where a new line stands before an old one. Lines that say nothing are left out, and removed where they said something. */
export function lineCalls(orderId: string, saved: readonly SavedLine[], lines: readonly OrderLine[]): readonly Call[] {
  const known = new Map(saved.map((line) => [line.id, line]));
  const said = lines.filter((line) => line.product !== null);
  const kept = new Set(said.map((line) => line.id));
  const calls: Call[] = [];
  for (const line of said) {
    const before = known.get(line.id);
    if (before === undefined) {
      calls.push({ command: "sales.add_order_line", args: { orderId, ...newLine(line) } });
      continue;
    }
    const changed = changedOf(line, before);
    if (Object.keys(changed).length > 0) calls.push({ command: "sales.edit_order_line", args: { id: line.id, ...changed } });
  }
  for (const line of saved) {
    if (!kept.has(line.id)) calls.push({ command: "sales.remove_order_line", args: { id: line.id } });
  }
  return [...calls, ...positionCalls(said, known)];
}

/** The server puts new lines last. From the first one that stands before an old line, all get places behind every known
 * one: of two people who do so at once both keep their lines. */
function positionCalls(said: readonly OrderLine[], known: ReadonlyMap<string, SavedLine>): readonly Call[] {
  const from = said.findIndex((line, at) => !known.has(line.id) && said.slice(at + 1).some((later) => known.has(later.id)));
  if (from < 0) return [];
  const highest = Math.max(0, ...[...known.values()].map((line) => line.position ?? 0));
  const first = highest + said.length + 1;
  return said.slice(from).map((line, at) => ({ command: "sales.edit_order_line", args: { id: line.id, position: first + at } }));
}

/** A line as commands take new ones. Without a price it takes the product's list price. */
export function newLine(line: OrderLine): JsonObject {
  return { id: line.id, productId: line.product?.id ?? "", quantity: line.quantity, ...(line.unitPrice === "" ? {} : { unitPrice: line.unitPrice }) };
}

/** What was saved elsewhere meanwhile, into what stands in the grid: lines that were not touched here follow, others stay
 * as they are, new ones come behind, removed ones go unless they were touched here. */
export function merged(before: readonly SavedLine[], now: readonly SavedLine[], lines: readonly OrderLine[], product: (id: string) => Product | null): readonly OrderLine[] {
  const former = new Map(before.map((line) => [line.id, line]));
  const present = new Map(now.map((line) => [line.id, line]));
  const shown = new Set(lines.map((line) => line.id));
  const followed = lines.flatMap((line) => {
    const was = former.get(line.id);
    const is = present.get(line.id);
    if (was === undefined) return [is === undefined ? line : { ...line, packed: is.packed }];
    if (is === undefined) return isTouched(line, was) ? [{ ...line, id: uuid7() }] : [];
    return [isTouched(line, was) ? { ...line, packed: is.packed } : sameOr(line, shownLine(is, is.productId === line.product?.id ? line.product : product(is.productId)))];
  });
  const added = inOrder(now).filter((line) => !former.has(line.id) && !shown.has(line.id));
  return [...followed, ...added.map((line) => shownLine(line, product(line.productId)))];
}

/** The same object where nothing differs, so that nothing is drawn again. */
function sameOr(line: OrderLine, other: OrderLine): OrderLine {
  const same = line.product?.id === other.product?.id && line.quantity === other.quantity && line.unitPrice === other.unitPrice && line.packed === other.packed;
  return same ? line : other;
}

/** Lines as the order has them once the calls are through. */
export function asSaved(lines: readonly OrderLine[], saved: readonly SavedLine[]): readonly SavedLine[] {
  const positions = new Map(saved.map((line) => [line.id, line.position]));
  return lines.flatMap((line) =>
    line.product === null ? [] : [{ id: line.id, productId: line.product.id, quantity: line.quantity, unitPrice: line.unitPrice, packed: line.packed || "0", position: positions.get(line.id) ?? null }],
  );
}

export function packCalls(saved: readonly SavedLine[], lines: readonly OrderLine[]): readonly Call[] {
  const known = new Map(saved.map((line) => [line.id, line]));
  return lines.flatMap((line) => {
    const before = known.get(line.id);
    return before === undefined || line.packed === before.packed || line.packed === "" ? [] : [{ command: "sales.pack_order_line", args: { id: line.id, packedQuantity: line.packed } }];
  });
}
