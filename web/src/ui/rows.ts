/** Rows as people call them, and where they are opened. */
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import type { Json } from "~/values/json";

/** A text field's content; "" where it is empty or no text. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** What a row is called: the first of its names that is filled, "" for none. */
export function titleOf(collection: string, row: Row): string {
  for (const field of DESCRIPTION.entities[collection]?.calledBy ?? []) {
    const text = textOf(row[field]);
    if (text !== "") return text;
  }
  return "";
}

const PAGES: Readonly<Record<string, (row: Row) => string>> = {
  customers: (row) => `/customers/${row.id}`,
  salesOrders: (row) => `/orders/${row.id}`,
  stockCounts: (row) => `/counts/${row.id}`,
  salesOrderLines: (row) => `/orders/${textOf(row["orderId"])}`,
};

/** The page of a row: hand-made where there is one. */
export function pageOf(collection: string, row: Row): string {
  return PAGES[collection]?.(row) ?? `/row/${collection}/${row.id}`;
}
