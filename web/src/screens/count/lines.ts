/** What was counted, and what the book said at that moment. */
import type { Product } from "~/data/products";
import type { Device } from "~/device/api";
import type { GridRow } from "~/ui/grid/model";
import type { JsonObject } from "~/values/json";
import { shortest } from "~/values/money";
import { differenceOf, sumOf } from "~/values/pricing";
import { uuid7 } from "~/values/uuid7";

/** The balance as this device showed it when `counted` was entered: all of one moment (PROTOCOL.md, 4.3). */
export interface Book {
  /** For which product and count it was read. */
  readonly of: string;
  readonly expected: string;
  /** The last count of the product there, null where there was none. */
  readonly after: string | null;
  /** When that was, RFC 3339. */
  readonly countedAt: string | null;
}

/** Decimals as text; "": not counted yet. */
export interface CountLine extends GridRow {
  readonly product: Product | null;
  readonly counted: string;
  readonly book: Book | null;
}

/** So many lines a command takes; a larger count is posted in several. */
export const AT_ONCE = 1_000;

export function emptyCountLine(): CountLine {
  return { id: uuid7(), product: null, counted: "", book: null };
}

export function isBlankCount(line: CountLine): boolean {
  return line.product === null && line.counted === "";
}

/** A scan: one more of a product that was counted before, else its first one, at the end. `wrong`: lines in which something
 * could not be read; they stay as they are. */
export function scannedOnce(lines: readonly CountLine[], product: Product, wrong: ReadonlySet<string> = new Set()): { readonly lines: readonly CountLine[]; readonly at: number } {
  const at = lines.findIndex((line) => line.product?.id === product.id && !wrong.has(line.id));
  const line = lines[at];
  if (line !== undefined) return { lines: lines.with(at, { ...line, counted: sumOf([line.counted, "1"]) }), at };
  const said = lines.filter((one) => !isBlankCount(one) || wrong.has(one.id));
  return { lines: [...said, { ...emptyCountLine(), product, counted: "1" }], at: said.length };
}

function bookKey(line: CountLine): string {
  return `${line.product?.id} ${line.counted}`;
}

/** Whether what the book says has to be read (again): the count changed since. */
export function needsBook(line: CountLine): boolean {
  return line.product !== null && line.counted !== "" && line.book?.of !== bookKey(line);
}

/** Reads the balances of such lines, all at one moment. */
export async function readBooks(device: Device, warehouseId: string, lines: readonly CountLine[]): Promise<ReadonlyMap<string, Book>> {
  const wanted = lines.filter(needsBook);
  if (wanted.length === 0) return new Map();
  const { rows } = await device.list({
    collection: "stockBalances",
    where: [
      { field: "warehouseId", op: "eq", value: warehouseId },
      { field: "productId", op: "in", value: wanted.map((line) => line.product?.id ?? "") },
    ],
    limit: wanted.length,
  });
  const balances = new Map(rows.map((row) => [row["productId"], row]));
  const counts = await countTimes(device, rows.flatMap((row) => (typeof row["lastCountLineId"] === "string" ? [row["lastCountLineId"]] : [])));
  return new Map(
    wanted.map((line) => {
      const balance = balances.get(line.product?.id ?? "");
      const after = typeof balance?.["lastCountLineId"] === "string" ? balance["lastCountLineId"] : null;
      const expected = typeof balance?.["onHand"] === "string" || typeof balance?.["onHand"] === "number" ? shortest(String(balance["onHand"])) : "0";
      return [line.id, { of: bookKey(line), expected, after, countedAt: after === null ? null : (counts.get(after) ?? null) }];
    }),
  );
}

async function countTimes(device: Device, lineIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (lineIds.length === 0) return new Map();
  const lines = await device.rows("stockCountLines", lineIds);
  const posted = await device.rows("stockCounts", [...new Set(lines.map((line) => String(line["countId"])))]);
  const times = new Map(posted.map((count) => [count.id, String(count["postedAt"] ?? count.createdAt ?? "")]));
  return new Map(lines.map((line) => [line.id, times.get(String(line["countId"])) ?? ""]));
}

/** "": not known yet. */
export function differenceIn(line: CountLine): string {
  return line.book === null || line.counted === "" ? "" : differenceOf(line.counted, line.book.expected);
}

/** The commands that post what was counted. `idOf`: of the count that takes the first lines (0), the next ones (1) …; the
 * same at each attempt. */
export function postCalls(warehouseId: string, lines: readonly CountLine[], idOf: (part: number) => string): readonly { readonly command: string; readonly args: JsonObject }[] {
  const counted = lines.filter((line) => line.product !== null && line.counted !== "" && line.book !== null);
  const calls: { command: string; args: JsonObject }[] = [];
  for (let from = 0; from < counted.length; from += AT_ONCE) {
    const some = counted.slice(from, from + AT_ONCE);
    calls.push({
      command: "inventory.post_stock_count",
      args: {
        id: idOf(from / AT_ONCE),
        warehouseId,
        lines: some.map((line) => ({ id: line.id, productId: line.product?.id ?? "", counted: line.counted, expected: line.book?.expected ?? "0", after: line.book?.after ?? null })),
      },
    });
  }
  return calls;
}

/** Products that stand in several lines: a count takes each once. */
export function countedTwice(lines: readonly CountLine[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { product } of lines) {
    if (product === null) continue;
    if (seen.has(product.id)) twice.add(product.id);
    seen.add(product.id);
  }
  return twice;
}
