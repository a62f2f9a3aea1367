/** What a grid shows and how its cells are read: the same for the grid on a desk and the cards on a phone. */

export interface GridRow {
  readonly id: string;
}

/** What a text comes to in a column: a change to any row, or why it is none, in the reader's language. */
export type Settled<R> = { readonly apply: (row: R) => R } | { readonly error: string };
/** Or what only the row it is written to can say, as it is by then. */
export type Written<R> = Settled<R> | { readonly read: (row: R) => Settled<R> };

/** An offer of a column's list. `detail` stands small behind the label. */
export interface LookupOption<R> {
  readonly key: string;
  readonly label: string;
  readonly detail?: string;
  /** The text names others as well, just as exactly: it is taken once somebody has gone to it, never unasked. */
  readonly alike?: boolean;
  readonly apply: (row: R) => R;
}

export interface GridColumn<R extends GridRow> {
  readonly key: string;
  readonly title: string;
  /** What else its texts are called above a pasted block, the surest first. Without it, the title alone. */
  readonly names?: readonly string[];
  /** Pixels at first; people change it. */
  readonly width: number;
  readonly align?: "start" | "end";
  /** `true`: of every row, and left out by Tab and Enter. */
  readonly readOnly?: true | ((row: R) => boolean);
  /** What the cell shows. */
  readonly text: (row: R) => string;
  /** What is edited and copied; without it, `text`. */
  readonly raw?: (row: R) => string;
  /** Reads what was typed or pasted. A column without it and without `lookup` is read-only. */
  readonly write?: (text: string) => Written<R>;
  /** A row whose cell holds a text that could not be read: nothing stands in for it, what was there before neither. */
  readonly emptied?: (row: R) => R;
  /** Reads many texts at once where that takes the device: a block of product codes. */
  readonly writeMany?: (texts: readonly string[]) => Promise<readonly Written<R>[]>;
  /** Takes the value of another row, where a text would not say it all. Without it, `write` reads `raw`. */
  readonly copy?: (from: R, to: R) => R;
  /** Offers while somebody types. */
  readonly lookup?: (text: string) => Promise<readonly LookupOption<R>[]>;
  /** What is wrong with the value as it stands. */
  readonly check?: (row: R) => string | null;
  /** What the foot of the column says. */
  readonly sum?: (rows: readonly R[]) => string;
  /** What one looks for in a row: on a phone it stands at the card's right; several, each with its title. */
  readonly figure?: true;
  readonly inputMode?: "decimal" | "numeric" | "text";
}

/** What is being edited: columns and how rows come to be. */
export interface GridSpec<R extends GridRow> {
  readonly columns: readonly GridColumn<R>[];
  readonly newRow: () => R;
  /** A row that says nothing: no other one is added behind it. */
  readonly isBlank: (row: R) => boolean;
  /** A copy under an id of its own. */
  readonly duplicate: (row: R) => R;
  /** Rows and cells cannot be changed. */
  readonly locked: boolean;
  /** Cells may change, but no rows come or go. */
  readonly fixedRows?: boolean;
  readonly mostRows: number;
  /** What the columns are called, in each language and by other names: a pasted first row of these alone is a header. */
  readonly headings?: readonly string[];
  /** The keys of all columns in their order, where a narrow screen leaves some out that the sheet fills by itself. */
  readonly wholeKeys?: readonly string[];
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** Both ends belong to it. */
export interface Range {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Whether nobody may type into this cell. */
export function isReadOnly<R extends GridRow>(spec: GridSpec<R>, column: GridColumn<R>, row: R | undefined): boolean {
  if (spec.locked || column.readOnly === true || (column.write === undefined && column.writeMany === undefined)) return true;
  return row !== undefined && column.readOnly !== undefined && column.readOnly(row);
}

export function rawText<R extends GridRow>(column: GridColumn<R>, row: R): string {
  return column.raw === undefined ? column.text(row) : column.raw(row);
}
