/** What spreadsheets call the columns that say which product a line is about. */
import { fieldNames } from "~/ui/labels";
import type { Texts } from "~/values/words";

const ALSO = {
  code: ["编码", "Code"],
  item: ["货号", "Item no."],
  sku: ["SKU", "SKU"],
  name: ["品名", "Name"],
  spec: ["规格", "Spec"],
  unit: ["单位", "Unit"],
  quantity: ["数量", "Quantity"],
  short: ["数量", "Qty"],
  price: ["单价", "Price"],
  number: ["序号", "No."],
} satisfies Texts;

/** With what the product itself calls them, in both languages. */
export const PRODUCT_HEADINGS: readonly string[] = [...fieldNames("products", "name", "code", "spec", "unit"), ...Object.values(ALSO).flat()];
