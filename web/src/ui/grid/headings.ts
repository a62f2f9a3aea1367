/** What spreadsheets call the columns that say which product a line is about. */
import { fieldNames } from "~/ui/labels";
import type { Texts } from "~/values/words";

const CODES = { code: ["编码", "Code"], item: ["货号", "Item no."], sku: ["SKU", "SKU"] } satisfies Texts;
const QUANTITIES = { quantity: ["数量", "Quantity"], short: ["数量", "Qty"] } satisfies Texts;
const PRICES = { price: ["单价", "Price"] } satisfies Texts;
const ALSO = { name: ["品名", "Name"], spec: ["规格", "Spec"], unit: ["单位", "Unit"], number: ["序号", "No."] } satisfies Texts;

/** Codes before names: several products may share a name. */
export const PRODUCT_NAMES: readonly string[] = [...fieldNames("products", "code"), ...spread(CODES), ...fieldNames("salesOrderLines", "productId"), ...fieldNames("products", "name"), ...ALSO.name];
export const QUANTITY_NAMES: readonly string[] = spread(QUANTITIES);
export const PRICE_NAMES: readonly string[] = spread(PRICES);

/** With what the product itself calls them, in both languages. */
export const PRODUCT_HEADINGS: readonly string[] = [...fieldNames("products", "name", "code", "spec", "unit"), ...[CODES, QUANTITIES, PRICES, ALSO].flatMap(spread)];

function spread(texts: Readonly<Record<string, readonly [string, string]>>): readonly string[] {
  return Object.values(texts).flat();
}
