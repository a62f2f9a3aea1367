/** Which module a place belongs to. */
import { DESCRIPTION } from "~/generated/description";

/** What stands at a place of its own. */
const COLLECTIONS: Readonly<Record<string, string>> = { customers: "customers", "follow-up": "activities", orders: "salesOrders", counts: "stockCounts", moves: "stockMoves", scan: "stockCounts" };
const OF_ANY: ReadonlySet<string> = new Set(["list", "row", "new", "edit"]);

/** The module that a company has to have for a place; null: none. */
export function moduleOf(place: string): string | null {
  const [, first = "", second = ""] = place.split("/");
  const collection = OF_ANY.has(first) ? second : COLLECTIONS[first];
  return collection === undefined ? null : (DESCRIPTION.entities[collection]?.module ?? null);
}
