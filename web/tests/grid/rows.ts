/** A sheet of articles for tests. */
import type { GridRow, GridSpec } from "~/ui/grid/model";
import { typedDecimal } from "~/ui/grid/typed";

export interface Article extends GridRow {
  readonly name: string;
  readonly quantity: string;
}

let made = 0;
export const article = (name: string, quantity = ""): Article => ({ id: `row-${++made}`, name, quantity });

export const SPEC: GridSpec<Article> = {
  columns: [
    { key: "name", title: "Name", width: 100, text: (row) => row.name, write: (name) => ({ apply: (row) => ({ ...row, name }) }) },
    {
      key: "quantity",
      title: "Quantity",
      width: 80,
      text: (row) => row.quantity,
      write: (text) => {
        const quantity = text === "" ? "" : typedDecimal(text);
        return quantity === null ? { error: "no number" } : { apply: (row) => ({ ...row, quantity }) };
      },
    },
    { key: "length", title: "Length", width: 60, readOnly: true, text: (row) => String(row.name.length) },
  ],
  newRow: () => article(""),
  isBlank: (row) => row.name === "" && row.quantity === "",
  duplicate: (row) => article(row.name, row.quantity),
  locked: false,
  mostRows: 6,
};
