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

/** `several`: what was found is not one product alone. `alike`: the text is the barcode or name of each of them, so that
 * only a person knows which is meant. */
export type Found = { readonly product: Product } | { readonly several: readonly Product[]; readonly alike: boolean };

/** `alike`: as of Found, for the first of the offers. */
export type Offered = Product & { readonly alike?: true };

const OFFERED = 20;
const BARCODES = /^(barcode|ean|gtin|upc|tiaoma)$/i;

export function productOf(row: Row): Product {
  const text = (field: string) => (typeof row[field] === "string" ? row[field] : "");
  return { id: row.id, name: text("name"), code: text("code"), unit: text("unit"), spec: text("spec"), listPrice: text("listPrice"), currency: text("currency") };
}

/** Products for a text (name, code, pinyin, initials, barcode); for none, those changed last. Several that have one barcode
 * come first, marked. */
export async function offerProducts(device: Device, text: string): Promise<readonly Offered[]> {
  const typed = text.trim();
  const [{ rows }, scanned] = await Promise.all([
    device.list({ collection: "products", limit: OFFERED, ...(typed === "" ? {} : { text: typed }) }),
    typed === "" ? [] : byBarcode(device, [typed]),
  ]);
  const first = new Map(scanned.map(({ row }) => [row.id, row]));
  const exact = first.size > 1 ? (await exactly(device, [typed])).get(typed.toLowerCase()) : undefined; // it may be a code too
  const alike = exact !== undefined && "several" in exact ? new Set(exact.several.map(({ id }) => id)) : new Set<string>();
  return [...first.values(), ...rows.filter((row) => !first.has(row.id))].map((row) => (alike.has(row.id) ? { ...productOf(row), alike: true } : productOf(row)));
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
      found.set(text, only !== undefined && another === undefined ? { product: only } : { several: rows.map(productOf), alike: false });
    }),
  );
  return texts.map((text) => found.get(text.normalize("NFKC").trim()) ?? { several: [], alike: false });
}

/** Codes go before barcodes, barcodes before names. Barcodes and names may stand twice. */
async function exactly(device: Device, texts: readonly string[]): Promise<ReadonlyMap<string, Found>> {
  if (texts.length === 0) return new Map();
  const cased = [...new Set(texts.flatMap((text) => [text, text.toUpperCase(), text.toLowerCase()]))];
  const rowsWith = async (field: string, values: readonly string[]) => (await device.list({ collection: "products", where: [{ field, op: "in", value: values }], limit: 2 * values.length })).rows;
  const [coded, named, scanned] = await Promise.all([rowsWith("code", cased), rowsWith("name", texts), byBarcode(device, texts)]);
  const found = new Map<string, Found>();
  const names = named.map((row) => ({ said: String(row["name"]), row }));
  const barcodes = scanned.map(({ barcode, row }) => ({ said: barcode, row }));
  for (const ways of [names, barcodes]) for (const [said, products] of together(ways)) found.set(said, foundIn(products));
  for (const row of coded) found.set(String(row["code"]).toLowerCase(), { product: productOf(row) });
  return found;
}

/** The products that are called alike; each once, though one text may stand in two of its fields. */
function together(named: readonly { readonly said: string; readonly row: Row }[]): ReadonlyMap<string, readonly Product[]> {
  const groups = new Map<string, Map<string, Product>>();
  for (const { said, row } of named) {
    const key = said.toLowerCase();
    groups.set(key, (groups.get(key) ?? new Map<string, Product>()).set(row.id, productOf(row)));
  }
  return new Map([...groups].map(([key, products]) => [key, [...products.values()]]));
}

function foundIn(products: readonly Product[]): Found {
  const [only, another] = products;
  return only !== undefined && another === undefined ? { product: only } : { several: products, alike: true };
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
