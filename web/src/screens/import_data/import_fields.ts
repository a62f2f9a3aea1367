/** Which fields a sheet of a kind may fill: what templates have as columns, and columns are mapped to. */
import type { Described } from "~/ui/described";
import { formFields } from "~/ui/form_changes";
import type { Field } from "~/values/description";
import type { Imported } from "./report";

/** Not edited in a form: stock is counted in, once. */
const STOCK = ["productId", "warehouseId", "onHand"];

export function importFields(kind: Imported, described: Described | null): readonly Field[] {
  if (described === null) return [];
  if (kind === "stockBalances") return STOCK.flatMap((name) => described.field(name) ?? []);
  const command = described.command("create");
  if (command === null) return [];
  return formFields(described, command).flatMap(({ field }) => {
    const currency = field.currencyField === null ? null : described.field(field.currencyField);
    return currency === null ? [field] : [field, currency];
  });
}
