/** Finding products as people name them: by what they type, scan or paste. */
import type { Device, Row } from "~/device/api";

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly unit: string;
  readonly spec: string;
  /** Major units as text; "": none, or hidden from the member. */
  readonly listPrice: string;
  readonly currency: string;
}

/** `several`: what was found is not one product alone. */
export type Found = { readonly product: Product } | { readonly several: readonly Product[] };

const OFFERED = 20;
const BARCODES = /^(barcode|ean|gtin|upc|tiaoma)$/i;

export function productOf(row: Row): Product {
  const text = (field: string) => (typeof row[field] === "string" ? row[field] : "");
  return { id: row.id, name: text("name"), code: text("code"), unit: text("unit"), spec: text("spec"), listPrice: text("listPrice"), currency: text("currency") };
}

/** Products for a text (name, code, pinyin, initials, barcode); for none, those changed last. */
export async function offerProducts(device: Device, text: string): Promise<readonly Product[]> {
  const typed = text.trim();
  const [{ rows }, scanned] = await Promise.all([
    device.list({ collection: "products", limit: OFFERED, ...(typed === "" ? {} : { text: typed }) }),
    typed === "" ? [] : byBarcode(device, [typed]),
  ]);
  const first = scanned.map(({ row }) => row);
  const known = new Set(first.map((row) => row.id));
  return [...first, ...rows.filter((row) => !known.has(row.id))].map(productOf);
}

/** What each text names: its code, barcode or whole name, else the one product that it finds. */
export async function findProducts(device: Device, texts: readonly string[]): Promise<readonly Found[]> {
  const wanted = [...new Set(texts.map((text) => text.normalize("NFKC").trim()).filter((text) => text !== ""))];
  const exact = await exactly(device, wanted);
  const found = new Map<string, Found>();
  await Promise.all(
    wanted.map(async (text) => {
      const hit = exact.get(text.toLowerCase());
      if (hit !== undefined) {
        found.set(text, hit);
        return;
      }
      const { rows } = await device.list({ collection: "products", text, limit: 2 });
      const [only, another] = rows.map(productOf);
      found.set(text, only !== undefined && another === undefined ? { product: only } : { several: rows.map(productOf) });
    }),
  );
  return texts.map((text) => found.get(text.normalize("NFKC").trim()) ?? { several: [] });
}

/** Codes and barcodes go before names, which may stand twice. */
async function exactly(device: Device, texts: readonly string[]): Promise<ReadonlyMap<string, Found>> {
  if (texts.length === 0) return new Map();
  const cased = [...new Set(texts.flatMap((text) => [text, text.toUpperCase(), text.toLowerCase()]))];
  const rowsWith = async (field: string, values: readonly string[]) => (await device.list({ collection: "products", where: [{ field, op: "in", value: values }], limit: 2 * values.length })).rows;
  const [coded, named, scanned] = await Promise.all([rowsWith("code", cased), rowsWith("name", texts), byBarcode(device, texts)]);
  const found = new Map<string, Found>();
  for (const row of named) {
    const name = String(row["name"]).toLowerCase();
    const before = found.get(name);
    found.set(name, before === undefined ? { product: productOf(row) } : { several: [...("product" in before ? [before.product] : before.several), productOf(row)] });
  }
  for (const { barcode, row } of scanned) found.set(barcode.toLowerCase(), { product: productOf(row) });
  for (const row of coded) found.set(String(row["code"]).toLowerCase(), { product: productOf(row) });
  return found;
}

/** Companies keep barcodes in a field of their own, which is called so. */
async function byBarcode(device: Device, texts: readonly string[]): Promise<readonly { readonly barcode: string; readonly row: Row }[]> {
  const { rows } = await device.list({ collection: "customFields", where: [{ field: "entity", op: "eq", value: "catalog.Product" }], limit: 100 });
  const keys = rows.map((row) => String(row["key"])).filter((key) => BARCODES.test(key));
  const found = await Promise.all(
    keys.map(async (key) => {
      const hits = await device.list({ collection: "products", where: [{ field: `custom.${key}`, op: "in", value: texts }], limit: 2 * texts.length });
      return hits.rows.map((row) => ({ barcode: barcodeOf(row, key), row }));
    }),
  );
  return found.flat();
}

function barcodeOf(row: Row, key: string): string {
  const custom = row["custom"];
  const value = typeof custom === "object" && custom !== null && !Array.isArray(custom) ? (custom as Readonly<Record<string, unknown>>)[key] : undefined;
  return typeof value === "string" ? value : "";
}

export async function productsById(device: Device, ids: readonly string[]): Promise<ReadonlyMap<string, Product>> {
  const rows = ids.length === 0 ? [] : await device.rows("products", [...new Set(ids)]);
  return new Map(rows.map((row) => [row.id, productOf(row)]));
}
