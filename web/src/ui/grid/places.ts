/** Which columns of a sheet the columns of a pasted block are meant for. */
import { isReadOnly, type GridColumn, type GridRow, type GridSpec, type Range } from "./model";

/** What a block says about itself, beyond its texts. */
export interface Origin {
  /** Its first row, where that names columns. */
  readonly headings?: readonly string[];
  /** The columns it was copied from in a grid: what `columnsOf` told. */
  readonly columns?: string;
}

/** A column of the sheet and the block's columns that may fill it, best first. -1: one that is not shown now. */
export interface Place {
  readonly column: number;
  readonly from: readonly number[];
}

export interface Places {
  readonly to: readonly Place[];
  /** The block's columns that are missed nowhere: the sheet fills them by itself. */
  readonly facts: ReadonlySet<number>;
}

type Block = readonly (readonly string[])[];
const NONE: ReadonlySet<number> = new Set();

/** By the headings; where there are none, by the columns of the grid it was copied from; else column by column. */
export function placesOf<R extends GridRow>(spec: GridSpec<R>, at: Range, block: Block, { headings, columns }: Origin): Places {
  if (headings !== undefined) return { to: byHeadings(spec, headings), facts: NONE };
  const all = Array.from({ length: width(block) }, (_, from) => from);
  const copied = columns === undefined ? [] : copiedFrom(columns);
  if (copied.length === all.length) return byCopied(spec, at, copied);
  const whole = wholeColumns(spec);
  const first = whole.indexOf(at.left);
  const last = whole.indexOf(at.right);
  // Nothing but gaps in what the sheet fills by itself: laid out as the sheet is, whichever columns it shows now.
  const beneath = whole.slice(first);
  const lastTyped = beneath.findLastIndex((column) => !isFact(spec.columns[column]));
  const filling = all.filter((from) => from < lastTyped && isFact(spec.columns[beneath[from] ?? -1]));
  if (filling.every((from) => block.every((cells) => isEmpty(cells[from])))) return { to: repeated(beneath, last - first + 1, all), facts: NONE };
  return { to: ontoWritable(spec, at, all), facts: NONE };
}

/** Names as people write them into a sheet's first row: "商品 *", "ＳＫＵ". */
export function plainHeading(text: string): string {
  return text.normalize("NFKC").replace(/[\s*]/g, "").toLowerCase();
}

/** What goes with a copied block: its columns, a star at those that the grid fills itself. */
export function columnsOf<R extends GridRow>(columns: readonly GridColumn<R>[]): string {
  return columns.map((column) => (isFact(column) ? `*${column.key}` : column.key)).join(" ");
}

interface Copied {
  readonly key: string;
  readonly fact: boolean;
}

function copiedFrom(told: string): readonly Copied[] {
  return told === "" ? [] : told.split(" ").map((one) => ({ key: one.replace(/^\*/, ""), fact: one.startsWith("*") }));
}

function byHeadings<R extends GridRow>(spec: GridSpec<R>, headings: readonly string[]): readonly Place[] {
  const told = headings.map(plainHeading);
  return spec.columns.flatMap((column, at) => {
    if (isReadOnly(spec, column, undefined)) return [];
    const names = (column.names ?? [column.title]).map(plainHeading);
    const ranked = told.flatMap((name, from) => (names.includes(name) ? [{ from, rank: names.indexOf(name) }] : []));
    ranked.sort((one, other) => one.rank - other.rank);
    return ranked.length === 0 ? [] : [{ column: at, from: ranked.map(({ from }) => from) }];
  });
}

/** Back where it was copied, each column goes to itself; elsewhere, what was typed goes to what can be typed into. */
function byCopied<R extends GridRow>(spec: GridSpec<R>, at: Range, copied: readonly Copied[]): Places {
  const keys = spec.columns.map(({ key }) => key);
  const facts = new Set(copied.flatMap(({ fact }, from) => (fact ? [from] : [])));
  // One column alone may be meant to fill several.
  const one = copied.length === 1 && facts.size === 0;
  const same = !one && keys[at.left] === copied[0]?.key && copied.every(({ key, fact }) => fact || keys.includes(key));
  if (same) return { to: copied.map(({ key }, from) => ({ column: keys.indexOf(key), from: [from] })), facts };
  // A code that was filled in there may be what names the product here.
  if (!isFact(spec.columns[at.left])) facts.delete(0);
  const typed = copied.flatMap((_, from) => (facts.has(from) ? [] : [from]));
  return { to: ontoWritable(spec, at, typed), facts };
}

function ontoWritable<R extends GridRow>(spec: GridSpec<R>, at: Range, from: readonly number[]): readonly Place[] {
  const writable = spec.columns.flatMap((column, place) => (place >= at.left && !isReadOnly(spec, column, undefined) ? [place] : []));
  return repeated(writable, writable.filter((place) => place <= at.right).length, from);
}

/** Once, or as often as it fits into so many selected columns exactly. */
function repeated(columns: readonly number[], selected: number, from: readonly number[]): readonly Place[] {
  return columns.slice(0, filled(selected, from.length)).map((column, at) => ({ column, from: from.slice(at % from.length).slice(0, 1) }));
}

export function filled(selected: number, given: number): number {
  return selected > given && given > 0 && selected % given === 0 ? selected : given;
}

export function width(block: Block): number {
  return Math.max(1, ...block.map((cells) => cells.length));
}

export function isEmpty(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}

function wholeColumns<R extends GridRow>(spec: GridSpec<R>): readonly number[] {
  const keys = spec.columns.map(({ key }) => key);
  return (spec.wholeKeys ?? keys).map((key) => keys.indexOf(key));
}

/** What is filled in by the sheet itself; so is all that a narrow sheet leaves out. */
function isFact<R extends GridRow>(column: GridColumn<R> | undefined): boolean {
  return column === undefined || (column.write === undefined && column.writeMany === undefined);
}
